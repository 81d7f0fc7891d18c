//! What is kept from run to run, and runs as `stitcher run` makes them.

use super::World;
use hitless_model::{OverlapStatus, Utc};
use hitless_stitcher_core::{Carry, Entry, Facts, Plan, SegmentFacts, Settings, What};
use std::collections::BTreeMap;

/// Entries in terms of takes and numbers, whatever rows and names are.
pub fn nameless(world: &World, facts: &Facts, plan: &Plan) -> Vec<(Utc, Utc, String)> {
    let describe = |e: &Entry| match e.what {
        What::Span(span) => {
            let found = world.find(facts, span.segment);
            let frame = found.frames[span.first_sample as usize];
            let run = &facts.lineages[facts.segments[span.segment.place()].lineage as usize].run;
            format!("{run:?} {frame} {} {:?}", span.samples, span.seam)
        }
        other => format!("{other:?}"),
    };
    plan.entries.iter().map(|e| (e.start, e.end, describe(e))).collect()
}

pub fn statuses(facts: &Facts, plan: &Plan) -> BTreeMap<(String, u64), OverlapStatus> {
    plan.statuses
        .iter()
        .map(|(segment, status)| {
            let row = &facts.segments[segment.place()];
            let run = facts.lineages[row.lineage as usize].run.clone().expect("ours");
            ((run.to_string(), row.number.get()), *status)
        })
        .collect()
}

/// Only the rows that a window needs, as the carry says.
pub fn near(facts: &Facts, carry: &Carry, until: Option<Utc>, settings: &Settings) -> Facts {
    let mut part = facts.clone();
    part.until = until;
    part.carry = carry.clone();
    part.segments.retain(|row| {
        let instance = &facts.lineages[row.lineage as usize].instance;
        carry.rows_from(instance).is_none_or(|from| row.number >= from)
            && until.is_none_or(|until| row.start <= until.plus(settings.lookahead()))
    });
    part
}

/// What is kept from run to run.
#[derive(Default)]
pub struct Store {
    pub entries: Vec<Entry>,
    pub described: Vec<(Utc, Utc, String)>,
    pub statuses: BTreeMap<(String, u64), OverlapStatus>,
    pub checkpoints: Vec<Carry>,
    /// Rows that the last run was given, all its windows together.
    pub rows: usize,
    /// Windows that it tried.
    pub windows: usize,
}

impl Store {
    /// Forgets what is not before a carry.
    pub fn cut(&mut self, carry: &Carry) {
        let kept = match carry.end {
            Some(end) => self.entries.iter().take_while(|e| e.start < end).count(),
            None => 0,
        };
        self.entries.truncate(kept);
        self.described.truncate(kept);
        self.checkpoints.retain(|c| c.end <= carry.end);
    }

    /// The last checkpoint that a test allows.
    pub fn latest(&self, is: impl Fn(&Carry) -> bool) -> Carry {
        self.checkpoints.iter().rfind(|c| is(c)).cloned().unwrap_or_default()
    }

    /// The last checkpoint before everything that is new.
    pub fn before(&self, rows: &Facts, new: &[&SegmentFacts], settings: &Settings) -> Carry {
        self.latest(|carry| {
            new.iter().all(|row| {
                let instance = &rows.lineages[row.lineage as usize].instance;
                carry.is_before(instance, row, settings)
            })
        })
    }

    /// Plans a window from a carry, earlier if it must, and keeps the outcome;
    /// says where it went on from.
    pub fn run(
        &mut self,
        world: &World,
        rows: &Facts,
        (carry, until): (Carry, Option<Utc>),
        settings: &Settings,
    ) -> Carry {
        let mut carry = carry;
        (self.rows, self.windows) = (0, 0);
        loop {
            let facts = near(rows, &carry, until, settings);
            self.rows += facts.segments.len();
            self.windows += 1;
            match world.try_plan(&facts, settings) {
                Ok((plan, _)) => {
                    self.cut(&carry);
                    self.entries.extend(plan.entries.iter().copied());
                    self.described.extend(nameless(world, &facts, &plan));
                    self.statuses.extend(statuses(&facts, &plan));
                    self.checkpoints.extend(plan.checkpoints.iter().cloned());
                    return plan.carry;
                }
                Err(earlier) => {
                    let before = carry.end.expect("nothing is earlier than nothing");
                    assert!(earlier < before, "{earlier} is not before {before}");
                    carry = self.latest(|c| c.end.is_some_and(|end| end <= earlier));
                }
            }
        }
    }
}
