//! What is kept from run to run, and runs as `stitcher run` makes them.

use super::World;
use hitless_model::{Nanos, OverlapStatus, Utc};
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

    /// Plans everything, window by window: each ends at one of these thousandths
    /// of all that there is, the last one at the horizon.
    pub fn in_windows(world: &World, cuts: &[i64], settings: &Settings) -> Self {
        let begin = world.facts.segments.iter().map(|s| s.start).min().unwrap_or_default();
        let length = world.facts.horizon.since(begin).get();
        let mut cuts: Vec<Option<Utc>> =
            cuts.iter().map(|c| Some(begin.plus(Nanos::new(length / 1000 * c)))).collect();
        cuts.sort();
        cuts.push(None);
        let mut store = Self::default();
        let mut carry = Carry::default();
        for until in cuts {
            carry = store.run(world, &world.facts, (carry, until), settings);
        }
        store
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

/// Windows: what is planned again after a change, and no more.
impl Store {
    /// Plans again what new rows can change, window by window.
    pub fn reopen(
        &mut self,
        world: &World,
        rows: &Facts,
        new: &[&SegmentFacts],
        settings: &Settings,
    ) {
        let mut new = new.to_vec();
        let (mut given, mut windows) = (0, 0);
        while !new.is_empty() {
            let begin = self.before(rows, &new, settings);
            let joint = self.window(world, rows, &begin, &new, settings);
            (given, windows) = (given + self.rows, windows + self.windows);
            match joint {
                Some(joint) => new.retain(|row| !joint.is_behind(of(rows, row), row.number)),
                None => new.clear(),
            }
        }
        (self.rows, self.windows) = (given, windows);
    }

    /// Plans until a joint that is as it was, with the first of the new rows
    /// behind it; `None`: to the horizon.
    fn window(
        &mut self,
        world: &World,
        rows: &Facts,
        begin: &Carry,
        new: &[&SegmentFacts],
        settings: &Settings,
    ) -> Option<Carry> {
        let (mut given, mut windows) = (0, 0);
        let mut until = new.iter().map(|row| super::end_label(row)).min();
        let (mut stride, mut carry) = (settings.checkpoint_every, begin.clone());
        while let Some(at) = until.filter(|at| begin.end.is_some() && *at < rows.horizon) {
            until = Some(at.plus(stride));
            stride = stride.plus(stride);
            let facts = near(rows, &carry, Some(at), settings);
            (given, windows) = (given + facts.segments.len(), windows + 1);
            let Ok((plan, _)) = world.try_plan(&facts, settings) else {
                carry = begin.clone();
                break;
            };
            let joint = plan.carry.clone();
            if plan.checkpoints.last() != Some(&joint) {
                continue;
            }
            let stored = self.checkpoints.contains(&joint);
            self.replace(world, &facts, &carry, &plan);
            carry = joint;
            let is_clear = |row: &&SegmentFacts| {
                let instance = of(rows, row);
                carry.is_behind(instance, row.number) || carry.is_before(instance, row, settings)
            };
            if stored && new.iter().all(is_clear) {
                (self.rows, self.windows) = (given, windows);
                return Some(carry);
            }
        }
        self.run(world, rows, (carry, None), settings);
        (self.rows, self.windows) = (given + self.rows, windows + self.windows);
        None
    }

    /// Puts a plan from joint to joint in the place of what was there.
    fn replace(&mut self, world: &World, facts: &Facts, from: &Carry, plan: &Plan) {
        let to = plan.carry.end;
        let inside = |at: Utc| from.end.is_none_or(|f| f <= at) && to.is_none_or(|to| at < to);
        let first =
            self.entries.iter().take_while(|e| from.end.is_some_and(|f| e.start < f)).count();
        let last = first + self.entries[first..].iter().take_while(|e| inside(e.start)).count();
        self.entries.splice(first..last, plan.entries.iter().copied());
        self.described.splice(first..last, nameless(world, facts, plan));
        self.statuses.extend(statuses(facts, plan));
        self.checkpoints.retain(|c| c.end <= from.end || c.end > to);
        self.checkpoints.extend(plan.checkpoints.iter().cloned());
        self.checkpoints.sort_by_key(|c| c.end);
    }
}

fn of<'f>(rows: &'f Facts, row: &SegmentFacts) -> &'f hitless_model::InstanceId {
    &rows.lineages[row.lineage as usize].instance
}
