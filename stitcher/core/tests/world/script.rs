//! Generated worlds: cameras, recorders and faults, as values that shrink.

use super::World;
use super::camera::{Habits, Order, Scene};
use super::recorder::{Loss, Take};
use hitless_model::{ClockSource, Nanos};
use proptest::prelude::*;

/// One life of a recorder on the camera, before it is made to fit.
#[derive(Debug, Clone)]
pub struct Life {
    pub instance: usize,
    /// Where it begins, in thousandths of the film.
    pub begin: usize,
    /// How long it lasts, in thousandths of the film.
    pub length: usize,
    pub crashed: bool,
    pub same_run: bool,
    pub segment_gops: usize,
    /// Cuts segments where the others do.
    pub common_borders: bool,
    pub clock_off_ms: i64,
    /// Where in it frames are damaged (in thousandths), how many, in part.
    pub losses: Vec<(usize, usize, bool)>,
    pub drift_ppb: i64,
    /// Where in it (in thousandths) its clock is set, by how many milliseconds.
    pub step: Option<(usize, i64)>,
}

impl Life {
    /// Without faults, in segments of one GOP.
    pub fn plain(instance: usize, begin: usize, length: usize) -> Self {
        Self {
            instance,
            begin,
            length,
            crashed: false,
            same_run: false,
            segment_gops: 1,
            common_borders: false,
            clock_off_ms: 0,
            losses: Vec::new(),
            drift_ppb: 0,
            step: None,
        }
    }
}

/// A world to build.
#[derive(Debug, Clone)]
pub struct Script {
    pub habits: Habits,
    pub frames: usize,
    pub error_ms: i64,
    pub lives: Vec<Life>,
    /// Where the camera begins to send other parameters on another clock, in
    /// thousandths of the film.
    pub changes: Option<usize>,
    /// No recorder notices what it loses.
    pub unnoticed: bool,
    /// All that is lost is lost near here, in thousandths of the film.
    pub focus: Option<usize>,
}

/// How bad it gets.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    pub instances: usize,
    pub lives: usize,
    pub losses: usize,
    pub error_ms: i64,
    pub frozen: bool,
    /// Every life lasts as long as the film.
    pub forever: bool,
    /// Clocks drift and are set.
    pub wild_clocks: bool,
    /// How often the camera sends nothing for a while.
    pub stalls: usize,
    /// Recorders lose pictures of the same GOPs.
    pub focus: bool,
}

/// Nothing special.
pub const FAIR: Weather = Weather {
    instances: 3,
    lives: 6,
    losses: 0,
    error_ms: 80,
    frozen: false,
    forever: false,
    wild_clocks: false,
    stalls: 0,
    focus: false,
};

fn habits(frozen: bool) -> impl Strategy<Value = Habits> {
    let order = prop_oneof![
        3 => Just(Order::Plain),
        1 => Just(Order::BFrames),
        1 => Just(Order::OpenGop),
    ];
    let step = prop_oneof![Just(3_000_i64), Just(3_600), Just(4_286), Just(9_000)];
    (step, prop_oneof![Just(0_i64), Just(60)], 4_usize..14, 0_u64..5, order, any::<u64>()).prop_map(
        move |(step, jitter, gop, gop_more, order, seed)| Habits {
            step,
            jitter,
            gop,
            gop_more,
            order,
            scene: if frozen { Scene::Frozen } else { Scene::Moving },
            stalls: Vec::new(),
            seed,
        },
    )
}

fn life(weather: Weather) -> impl Strategy<Value = Life> {
    let losses = prop::collection::vec(
        (0_usize..1000, prop_oneof![4 => 1_usize..4, 1 => 20_usize..60], any::<bool>()),
        0..=weather.losses,
    );
    let (begins, lengths) =
        if weather.forever { (0..1, 1000..1001) } else { (0_usize..950, 100_usize..1000) };
    let (drifts, steps) = clocks(weather);
    (
        (0..weather.instances, begins, lengths, any::<bool>(), any::<bool>()),
        (1_usize..5, any::<bool>(), -weather.error_ms..=weather.error_ms, losses),
        (drifts, steps),
    )
        .prop_map(|((instance, begin, length, crashed, same_run), rest, (drift_ppb, step))| {
            let (gops, common, off, losses) = rest;
            Life {
                instance,
                begin,
                length,
                crashed,
                same_run,
                segment_gops: gops,
                common_borders: common,
                clock_off_ms: off,
                losses,
                drift_ppb,
                step,
            }
        })
}

/// Where in the film, in thousandths, and for how many ticks.
fn stalls(weather: Weather) -> BoxedStrategy<Vec<(usize, i64)>> {
    match weather.stalls {
        0 => Just(Vec::new()).boxed(),
        most => prop::collection::vec((1_usize..1000, 70_000_i64..600_000), 1..=most).boxed(),
    }
}

type Step = Option<(usize, i64)>;

fn clocks(weather: Weather) -> (BoxedStrategy<i64>, BoxedStrategy<Step>) {
    if !weather.wild_clocks {
        return (Just(0).boxed(), Just(None).boxed());
    }
    let drifts = prop_oneof![Just(0_i64), -20_000_000_i64..20_000_000];
    let steps = prop::option::of((0_usize..1000, prop_oneof![-1500_i64..1500, -4000_i64..4000]));
    (drifts.boxed(), steps.boxed())
}

/// Worlds in this weather.
pub fn scripts(weather: Weather) -> impl Strategy<Value = Script> {
    let lives = prop::collection::vec(life(weather), 1..=weather.lives);
    let changes = prop::option::weighted(0.2, 100_usize..900);
    let focus = (200_usize..800).prop_map(move |at| weather.focus.then_some(at));
    (habits(weather.frozen), 60_usize..420, lives, changes, stalls(weather), focus).prop_map(
        move |(mut habits, frames, lives, changes, stalls, focus)| {
            habits.stalls = stalls.into_iter().map(|(at, by)| (at * frames / 1000, by)).collect();
            let error_ms = weather.error_ms;
            Script { habits, frames, error_ms, lives, changes, unnoticed: false, focus }
        },
    )
}

/// Losses with a focus lie within so many frames.
const NEAR: usize = 16;

const NAMES: [&str; 4] = ["blue", "green", "nvr-1", "a"];

impl Script {
    /// Builds it: lives of one instance follow each other.
    pub fn build(&self) -> World {
        self.build_named(&NAMES)
    }

    /// Builds it with other names for the instances.
    pub fn build_named(&self, names: &[&str]) -> World {
        let mut lives: Vec<&Life> = self.lives.iter().collect();
        lives.sort_by_key(|l| (l.instance, l.begin));
        let mut lineages: Vec<(String, String)> = Vec::new();
        let mut takes: Vec<Take> = Vec::new();
        let mut last: Option<(usize, usize)> = None;
        for (at, life) in lives.iter().enumerate() {
            let mut from = life.begin * self.frames / 1000;
            let again = last.is_some_and(|(instance, _)| instance == life.instance);
            if let Some((_, to)) = last.filter(|_| again) {
                from = from.max(to);
            }
            let to = (from + life.length * self.frames / 1000).min(self.frames);
            if to <= from + 2 {
                continue;
            }
            let goes_on = again && life.same_run;
            if !goes_on {
                lineages.push((names[life.instance].to_owned(), format!("run-{at:03}")));
            }
            let strand = match takes.last() {
                Some(take) if goes_on => take.strand + 1,
                _ => 0,
            };
            let take = self.take(life, lineages.len() - 1, strand, from, to);
            takes.extend(self.changed(take));
            last = Some((life.instance, to));
        }
        let named: Vec<(&str, &str)> =
            lineages.iter().map(|(i, r)| (i.as_str(), r.as_str())).collect();
        World::new(&self.habits, self.frames, &named, takes)
    }

    /// What the camera sends after a change is another strand.
    fn changed(&self, take: Take) -> Vec<Take> {
        let at = self.changes.map_or(0, |c| c * self.frames / 1000);
        if at <= take.from || at >= take.to {
            let parameters = if self.changes.is_some() && take.from >= at { 2 } else { 1 };
            return vec![Take { parameters, ..take }];
        }
        let after = Take { from: at, strand: take.strand + 1, parameters: 2, ..take.clone() };
        vec![Take { to: at, ..take }, after]
    }

    fn take(&self, life: &Life, lineage: usize, strand: u32, from: usize, to: usize) -> Take {
        let place = |at: usize| match self.focus {
            Some(focus) => focus * self.frames / 1000 + at % NEAR,
            None => from + at * (to - from) / 1000,
        };
        let losses = life.losses.iter().map(|(at, frames, partial)| Loss {
            at: place(*at),
            frames: *frames,
            partial: *partial && *frames < 4,
        });
        Take {
            lineage: u32::try_from(lineage).expect("few"),
            strand,
            from,
            to,
            losses: losses.collect(),
            unnoticed: self.unnoticed,
            foreign: false,
            crashed: life.crashed,
            // every three GOPs of the film
            segment_gops: if life.common_borders { 3 } else { life.segment_gops },
            common_borders: life.common_borders,
            clock_off: Nanos::from_millis(life.clock_off_ms),
            error: Nanos::from_millis(self.error_ms),
            drift_ppb: life.drift_ppb,
            drift_admitted: true,
            step: life
                .step
                .map(|(at, ms)| (from + at * (to - from) / 1000, Nanos::from_millis(ms))),
            parameters: 1,
            source: ClockSource::SenderReport,
        }
    }
}

/// How many worlds a property is tried on; seeds of failures are kept.
pub fn config(cases: u32) -> ProptestConfig {
    let seeds = proptest::test_runner::FileFailurePersistence::WithSource("seeds");
    let more = std::env::var("HITLESS_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    ProptestConfig {
        cases: cases * more,
        max_shrink_iters: std::env::var("HITLESS_TEST_SHRINK")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(2_000),
        max_global_rejects: 20 * cases * more,
        failure_persistence: Some(Box::new(seeds)),
        ..ProptestConfig::default()
    }
}
