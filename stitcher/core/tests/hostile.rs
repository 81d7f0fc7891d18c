//! Facts and evidence that nobody should believe: nothing may panic, hang or
//! ask without end.

mod world;

use hitless_model::{
    CameraEvent, CameraId, CameraState, Cause, ClockSource, ClockStep, InstanceId, MediaSpan,
    MediaTime, Nanos, Run, RunId, SegmentNumber, SegmentState, Utc,
};
use hitless_stitcher_core::{
    AudioStretch, Carry, Evidence, Facts, Fingerprint, GopTable, KeyKind, Lineage, Pause, Plan,
    Sample, SegmentFacts, SegmentRef, Settings, Stretch, What, diff, plan, render,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::World;
use world::camera::Noise;
use world::script::{FAIR, Weather, config, scripts};

/// Numbers around zero, around now, and at the ends.
fn number() -> impl Strategy<Value = i64> {
    const NOW: i64 = 1_786_000_000_000_000_000;
    prop_oneof![
        3 => -5_i64..5,
        3 => -2_000_000_i64..2_000_000,
        3 => NOW - 60_000_000_000..NOW + 60_000_000_000,
        1 => any::<i64>(),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(i64::MAX - 1), Just(i64::MIN + 1)],
    ]
}

fn counter() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..40, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

fn timescale() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(90_000_u32), 1 => Just(0), 1 => Just(1), 1 => Just(u32::MAX), 1 => any::<u32>()]
}

fn state() -> impl Strategy<Value = SegmentState> {
    prop_oneof![
        6 => Just(SegmentState::Complete),
        2 => Just(SegmentState::Recovered),
        1 => Just(SegmentState::Recording),
        1 => Just(SegmentState::Corrupt),
        1 => Just(SegmentState::Missing),
        1 => Just(SegmentState::Expired),
    ]
}

fn pause() -> impl Strategy<Value = Pause> {
    (counter(), number(), number(), number()).prop_map(|(sample, until, frame, length)| Pause {
        sample,
        until: MediaTime::new(until),
        frame: MediaSpan::new(frame),
        length: MediaSpan::new(length),
    })
}

prop_compose! {
    fn row()(
        (lineage, strand) in (0_u32..3, 0_u32..2),
        count_up in prop_oneof![4 => 0_u64..12, 1 => any::<u64>()],
        state in state(),
        (start, error, drift) in (number(), number(), number()),
        (media, length) in (number(), number()),
        timescale in timescale(),
        (samples, damaged) in (counter(), counter()),
        (parameters, audio) in (0_u64..2, any::<bool>()),
        pauses in prop::collection::vec(pause(), 0..4),
    ) -> SegmentFacts {
        SegmentFacts {
            lineage,
            strand,
            number: SegmentNumber::new(count_up),
            state,
            start: Utc::from_ns(start),
            error: Nanos::new(error),
            source: ClockSource::FileName,
            drift_ppb: drift,
            timescale,
            media_start: MediaTime::new(media),
            media_length: MediaSpan::new(length),
            samples,
            damaged,
            parameters,
            audio,
            pauses,
        }
    }
}

fn stretch() -> impl Strategy<Value = Stretch> {
    (number(), number())
        .prop_map(|(from, to)| Stretch { from: Utc::from_ns(from), to: Utc::from_ns(to) })
}

fn lineages() -> Vec<Lineage> {
    [("blue", Some("run-1")), ("green", Some("run-2")), ("nvr", None)]
        .into_iter()
        .map(|(instance, run)| Lineage {
            instance: InstanceId::new(instance).expect("valid"),
            run: run.map(|r| RunId::new(r).expect("valid")),
        })
        .collect()
}

fn run(started: i64, heartbeat: i64, stopped: Option<i64>) -> Run {
    Run {
        run: RunId::new("run-1").expect("valid"),
        instance: InstanceId::new("blue").expect("valid"),
        host: String::new(),
        pid: 0,
        version: String::new(),
        started: Utc::from_ns(started),
        ready: None,
        draining: None,
        stopped: stopped.map(Utc::from_ns),
        heartbeat: Utc::from_ns(heartbeat),
    }
}

fn event(at: i64, state: CameraState, cause: Option<Cause>) -> CameraEvent {
    CameraEvent {
        camera: CameraId::new("CAMERA_1").expect("valid"),
        instance: InstanceId::new("blue").expect("valid"),
        run: RunId::new("run-1").expect("valid"),
        at: Utc::from_ns(at),
        state,
        cause,
        detail: String::new(),
    }
}

fn clock_step(at: i64, by: i64) -> ClockStep {
    ClockStep {
        instance: InstanceId::new("blue").expect("valid"),
        run: RunId::new("run-1").expect("valid"),
        camera: None,
        at: Utc::from_ns(at),
        step: Nanos::new(by),
    }
}

prop_compose! {
    fn hostile()(
        segments in prop::collection::vec(row(), 0..14),
        runs in prop::collection::vec((number(), number(), prop::option::of(number())), 0..3),
        events in prop::collection::vec((number(), any::<prop::sample::Index>()), 0..5),
        clock_steps in prop::collection::vec((number(), number()), 0..3),
        expired in prop::collection::vec(stretch(), 0..3),
        begins in prop::option::of(number()),
        horizon in number(),
        until in prop::option::of(number()),
    ) -> Facts {
        let states = CameraState::ALL;
        Facts {
            camera: CameraId::new("CAMERA_1").expect("valid"),
            lineages: lineages(),
            segments,
            runs: runs.into_iter().map(|(a, b, c)| run(a, b, c)).collect(),
            events: events
                .into_iter()
                .map(|(at, n)| event(at, *n.get(states), Some(*n.get(Cause::ALL))))
                .collect(),
            clock_steps: clock_steps.into_iter().map(|(at, by)| clock_step(at, by)).collect(),
            expired,
            begins: begins.map(Utc::from_ns),
            horizon: Utc::from_ns(horizon),
            until: until.map(Utc::from_ns),
            carry: Carry::default(),
        }
    }
}

/// Anything at all, most of it near to each other.
fn samples(noise: &mut Noise) -> Vec<Sample> {
    let count = noise.next() % 30;
    let odd = noise.next().is_multiple_of(6);
    (0..count)
        .map(|n| {
            let near = i64::try_from(n).expect("small") * 3_000 + noise.within(2_000);
            let wild = i64::from_ne_bytes(noise.next().to_ne_bytes());
            let time = if odd && noise.next().is_multiple_of(4) { wild } else { near };
            Sample {
                decode: MediaTime::new(time),
                presentation: MediaTime::new(time.saturating_add(noise.within(6_000))),
                duration: MediaSpan::new(if odd { wild } else { noise.within(3_000) }),
                key: match noise.next() % 8 {
                    0 => Some(KeyKind::Closed),
                    1 => Some(KeyKind::Open),
                    _ => None,
                },
                damaged: noise.next().is_multiple_of(9),
            }
        })
        .collect()
}

fn sound(noise: &mut Noise) -> Vec<AudioStretch> {
    (0..noise.next() % 3)
        .map(|_| AudioStretch {
            start: MediaTime::new(noise.within(i64::MAX / 4)),
            frames: u32::try_from(noise.next() % 2_000).expect("small"),
            length: MediaSpan::new(noise.within(i64::MAX / 4)),
        })
        .collect()
}

/// Plans with evidence that does not fit the rows, nor itself.
fn plan_with_lies(facts: &Facts, settings: &Settings, seed: u64) -> Result<Plan, TestCaseError> {
    let mut noise = Noise::new(seed);
    let mut evidence = Evidence::default();
    for _ in 0..100 {
        let needs = match plan(facts, settings, &evidence) {
            Ok(plan) => return Ok(plan),
            Err(needs) => needs,
        };
        prop_assert!(!needs.is_empty());
        prop_assert!(needs.earlier.is_none(), "nothing is earlier than everything");
        let tables = needs.tables.iter().map(|s| (*s, 0));
        let others = needs.samples.iter().map(|s| (*s, 1));
        for (segment, what) in tables.chain(others) {
            if noise.next().is_multiple_of(8) {
                evidence.give_up(segment);
            } else if what == 0 {
                let mut table = GopTable::of(&samples(&mut noise));
                table.audio = sound(&mut noise);
                evidence.add_table(segment, table);
            } else {
                evidence.add_samples(segment, samples(&mut noise));
            }
        }
        for (segment, numbers) in &needs.prints {
            for sample in numbers {
                evidence.add_print(*segment, *sample, Fingerprint(noise.next() % 12));
            }
            if noise.next().is_multiple_of(8) {
                evidence.give_up(*segment);
            }
        }
    }
    Err(TestCaseError::fail("no end of needs"))
}

/// A world with some of its numbers replaced by absurd ones.
fn spoilt(world: &World, seed: u64) -> Facts {
    let mut noise = Noise::new(seed);
    let mut facts = world.facts.clone();
    let absurd = |noise: &mut Noise| match noise.next() % 4 {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => 0,
        _ => i64::from_ne_bytes(noise.next().to_ne_bytes()),
    };
    for row in &mut facts.segments {
        if !noise.next().is_multiple_of(6) {
            continue;
        }
        let value = absurd(&mut noise);
        match noise.next() % 9 {
            0 => row.start = Utc::from_ns(value),
            1 => row.error = Nanos::new(value),
            2 => row.drift_ppb = value,
            3 => row.timescale = u32::try_from(value.unsigned_abs() % 5).expect("small"),
            4 => row.media_start = MediaTime::new(value),
            5 => row.media_length = MediaSpan::new(value),
            6 => row.samples = u32::try_from(value.unsigned_abs() % 5).expect("small"),
            7 => row.damaged = u32::MAX,
            _ => row.number = SegmentNumber::new(value.unsigned_abs() % 4),
        }
    }
    facts
}

const ROUGH: Weather = Weather { losses: 2, wild_clocks: true, ..FAIR };

proptest! {
    #![proptest_config(config(1200))]

    /// I13.
    #[test]
    fn hostile_facts_do_no_harm(facts in hostile(), seed in any::<u64>()) {
        let plan = plan_with_lies(&facts, &Settings::default(), seed)?;
        let _ = render(&facts, &plan);
        let marks: BTreeMap<SegmentRef, _> = plan.statuses.iter().copied().collect();
        let changes = diff(&plan.entries, |s| marks[&s], &plan);
        prop_assert!(changes.is_empty());
        let again = plan_with_lies(&facts, &Settings::default(), seed)?;
        prop_assert_eq!(plan, again);
    }

    /// I13: a row that lies spoils no more than what it is about.
    #[test]
    fn absurd_numbers_do_no_harm(script in scripts(ROUGH), seed in any::<u64>()) {
        let world = script.build();
        let facts = spoilt(&world, seed);
        let plan = plan_with_lies(&facts, &Settings::default(), seed)?;
        let _ = render(&facts, &plan);
        for carry in &plan.checkpoints {
            let facts = Facts { carry: carry.clone(), ..facts.clone() };
            let _ = hitless_stitcher_core::plan(&facts, &Settings::default(), &Evidence::default());
        }
    }

    /// I13: what cannot be read is played by its row; all else is not touched.
    #[test]
    fn unreadable_files_do_no_harm(script in scripts(ROUGH), seed in any::<u64>()) {
        let world = script.build();
        let mut noise = Noise::new(seed);
        let bad: Vec<SegmentRef> = (0..world.facts.segments.len())
            .filter(|_| noise.next().is_multiple_of(4))
            .map(|at| SegmentRef::new(u32::try_from(at).expect("small")))
            .collect();
        let mut evidence = Evidence::default();
        for segment in &bad {
            evidence.give_up(*segment);
        }
        let (plan, _) = world.plan_of(&world.facts, &Settings::default(), evidence);
        for pair in plan.entries.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
        }
        for entry in &plan.entries {
            if let What::Span(span) = entry.what {
                let row = &world.facts.segments[span.segment.place()];
                prop_assert!(span.first_sample + span.samples <= row.samples);
            }
        }
    }
}
