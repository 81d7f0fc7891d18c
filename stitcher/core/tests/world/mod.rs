//! A simulated world for the planner: cameras, recorders, faults, and the
//! files that evidence is read from.
#![allow(dead_code, reason = "every test binary uses its own part of it")]

pub mod camera;
pub mod oracle;
pub mod recorder;
pub mod script;
pub mod store;

use camera::{Frame, Habits, SCALE, film};
use hitless_model::{CameraId, ClockStep, InstanceId, MediaSpan, Nanos, Run, RunId, Utc};
use hitless_stitcher_core::{
    Carry, Entry, Evidence, Facts, Fingerprint, GopTable, Lineage, Needs, Plan, SegmentRef,
    Settings, What, plan,
};
use recorder::{Recorded, Take, record};
use std::collections::BTreeMap;

/// What there is to plan, and the truth.
#[derive(Debug, Clone)]
pub struct World {
    pub habits: Habits,
    /// What clocks say that they may be off.
    pub error_ms: i64,
    pub film: Vec<Frame>,
    pub takes: Vec<Take>,
    pub segments: Vec<Recorded>,
    /// Which take each segment is of.
    pub take_of: Vec<usize>,
    pub facts: Facts,
}

/// What was read to make a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    pub rounds: usize,
    pub tables: usize,
    pub samples: usize,
    pub prints: usize,
}

/// The instant of the film's tick 0.
pub fn begin() -> Utc {
    Utc::parse("2026-08-11T03:00:00Z").expect("valid")
}

impl World {
    /// Records every take, in the order of their numbers.
    pub fn new(
        habits: &Habits,
        frames: usize,
        lineages: &[(&str, &str)],
        takes: Vec<Take>,
    ) -> Self {
        let error_ms = takes.first().map_or(0, |t| t.error.get() / 1_000_000);
        let film = film(habits, frames);
        let lineages: Vec<Lineage> = lineages
            .iter()
            .map(|(instance, run)| Lineage {
                instance: InstanceId::new(*instance).expect("valid"),
                run: Some(RunId::new(*run).expect("valid")),
            })
            .collect();
        let mut numbers: BTreeMap<InstanceId, u64> = BTreeMap::new();
        let (mut segments, mut take_of) = (Vec::new(), Vec::new());
        for (at, take) in takes.iter().enumerate() {
            let instance = lineages[take.lineage as usize].instance.clone();
            let number = numbers.entry(instance).or_insert(1);
            // a strand that lost a number would look like one that lost a file
            let recorded = record(&film, take, begin(), number);
            take_of.extend(recorded.iter().map(|_| at));
            segments.extend(recorded);
        }
        let facts = Facts {
            camera: CameraId::new("CAMERA_1").expect("valid"),
            lineages,
            segments: segments.iter().map(|s: &Recorded| s.facts.clone()).collect(),
            runs: Vec::new(),
            events: Vec::new(),
            clock_steps: Vec::new(),
            expired: Vec::new(),
            begins: None,
            horizon: segments.iter().map(|s| end_label(&s.facts)).max().unwrap_or_else(begin),
            until: None,
            carry: Carry::default(),
        };
        Self { habits: habits.clone(), error_ms, film, takes, segments, take_of, facts }
    }

    /// Ticks from picture to picture.
    pub fn habits_step(&self) -> i64 {
        self.habits.step
    }

    /// Reads what is needed from the "files" until the plan is final.
    pub fn plan(&self) -> (Plan, Reads) {
        self.plan_of(&self.facts, &Settings::default(), Evidence::default())
    }

    pub fn plan_of(
        &self,
        facts: &Facts,
        settings: &Settings,
        mut evidence: Evidence,
    ) -> (Plan, Reads) {
        let mut reads = Reads::default();
        loop {
            match plan(facts, settings, &evidence) {
                Ok(plan) => return (plan, reads),
                Err(needs) => self.read(facts, &needs, &mut evidence, &mut reads),
            }
            reads.rounds += 1;
            assert!(reads.rounds < 60, "no end of needs");
        }
    }

    /// Plans a window; says from when on if it has to begin earlier.
    pub fn try_plan(&self, facts: &Facts, settings: &Settings) -> Result<(Plan, Reads), Utc> {
        let mut reads = Reads::default();
        let mut evidence = Evidence::default();
        loop {
            match plan(facts, settings, &evidence) {
                Ok(plan) => return Ok((plan, reads)),
                Err(Needs { earlier: Some(earlier), .. }) => return Err(earlier),
                Err(needs) => self.read(facts, &needs, &mut evidence, &mut reads),
            }
            reads.rounds += 1;
            assert!(reads.rounds < 60, "no end of needs");
        }
    }

    pub fn read(&self, facts: &Facts, needs: &Needs, evidence: &mut Evidence, reads: &mut Reads) {
        assert!(!needs.is_empty());
        let find = |segment: SegmentRef| self.find(facts, segment);
        for segment in &needs.tables {
            reads.tables += 1;
            evidence.add_table(*segment, GopTable::of(&find(*segment).samples));
        }
        for segment in &needs.samples {
            reads.samples += 1;
            evidence.add_samples(*segment, find(*segment).samples.clone());
        }
        for (segment, samples) in &needs.prints {
            for sample in samples {
                reads.prints += 1;
                let found = find(*segment);
                let frame = found.frames[*sample as usize];
                let damaged = found.samples[*sample as usize].damaged;
                let spoilt = if damaged { 0xBAD + frame as u64 + number(found) } else { 0 };
                let print = Fingerprint(self.film[frame].print ^ spoilt);
                evidence.add_print(*segment, *sample, print);
            }
        }
    }

    /// The clock of a recorder's host was set by this much, at an instant.
    pub fn clock_set(&mut self, lineage: usize, at: Utc, step: Nanos) {
        let owner = &self.facts.lineages[lineage];
        let (instance, run) = (owner.instance.clone(), owner.run.clone().expect("ours"));
        self.facts.clock_steps.push(ClockStep { instance, run, camera: None, at, step });
    }

    /// Where a recorder ran, as long as the film.
    pub fn on_host(&mut self, lineage: usize, host: &str) {
        let owner = &self.facts.lineages[lineage];
        self.facts.runs.push(Run {
            run: owner.run.clone().expect("ours"),
            instance: owner.instance.clone(),
            host: host.into(),
            pid: 1,
            version: "1".into(),
            started: begin(),
            ready: None,
            draining: None,
            stopped: None,
            heartbeat: begin(),
        });
    }

    /// Every run numbers its segments from 1.
    pub fn number_anew(&mut self) {
        let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
        for (recorded, row) in self.segments.iter_mut().zip(&mut self.facts.segments) {
            let next = numbers.entry(row.lineage).or_insert(1);
            recorded.facts.number = hitless_model::SegmentNumber::new(*next);
            row.number = recorded.facts.number;
            *next += 1;
        }
    }

    /// A crash has left only the first few samples of a file.
    pub fn cut_short(&mut self, place: usize, keep: usize) {
        let recorded = &mut self.segments[place];
        recorded.samples.truncate(keep);
        recorded.frames.truncate(keep);
        let row = &mut recorded.facts;
        let start = row.media_start;
        let end = recorded.samples.iter().map(|s| s.presentation.plus(s.duration)).max();
        row.media_length = end.unwrap_or(start).since(start);
        row.samples = u32::try_from(recorded.samples.len()).expect("small");
        let damaged = recorded.samples.iter().filter(|s| s.damaged).count();
        row.damaged = u32::try_from(damaged).expect("small");
        row.state = hitless_model::SegmentState::Recovered;
        self.facts.segments[place] = recorded.facts.clone();
    }

    /// The recorded segment behind a row, wherever the row stands.
    pub fn find(&self, facts: &Facts, segment: SegmentRef) -> &Recorded {
        let row = &facts.segments[segment.place()];
        self.segments
            .iter()
            .find(|s| {
                s.facts.number == row.number
                    && self.facts.lineages[s.facts.lineage as usize].run
                        == facts.lineages[row.lineage as usize].run
            })
            .expect("every row was recorded")
    }

    /// The frames that entries play, each with whether it is damaged.
    pub fn played(&self, facts: &Facts, entries: &[Entry]) -> Vec<(usize, bool)> {
        let mut frames = Vec::new();
        for entry in entries {
            if let What::Span(span) = entry.what {
                let found = self.find(facts, span.segment);
                for sample in span.first_sample..span.first_sample + span.samples {
                    let at = sample as usize;
                    frames.push((found.frames[at], found.samples[at].damaged));
                }
            }
        }
        frames
    }

    /// How far a span stands behind where its earliest frame was shown in truth.
    pub fn seconds_off(&self, span: &Entry) -> f64 {
        let own = self.played(&self.facts, std::slice::from_ref(span));
        let shown = own.iter().map(|(n, _)| self.film[*n].shown).min().unwrap_or_default();
        let truth = begin().plus(MediaSpan::new(shown).to_nanos(SCALE));
        span.start.since(truth).as_secs_f64()
    }
}

fn number(recorded: &Recorded) -> u64 {
    recorded.facts.number.get() ^ (u64::from(recorded.facts.lineage) << 32)
}

/// Where a row's footage ends by its own clock.
pub fn end_label(facts: &hitless_stitcher_core::SegmentFacts) -> Utc {
    facts.start.plus(facts.media_length.to_nanos(facts.timescale))
}
