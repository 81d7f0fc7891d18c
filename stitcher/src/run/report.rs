//! What a run did, for people and for scripts.

use super::END;
use super::camera::{CameraError, Stitched};
use crate::counted::counted;
use crate::rescan::PickedUp;
use crate::site::{Site, now};
use crate::verdict::Verdict;
use hitless_model::{CameraId, Utc};
use hitless_schema::StoreError;
use hitless_schema::stitch::{Applied, CameraWork};
use hitless_schema::timeline::GapRow;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report.
    Clean,
    /// Gaps, or input that was set aside.
    Findings,
    /// A camera could not be stitched.
    Failed,
}

/// What became of one camera.
#[derive(Debug)]
pub struct CameraReport {
    /// Which.
    pub camera: CameraId,
    /// What was done, or why it could not be.
    pub result: Result<Stitched, CameraError>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct RunReport {
    /// When it began.
    pub started: Utc,
    /// From when on findings count; `None`: from the beginning.
    pub since: Option<Utc>,
    /// Files on disk that the database did not know.
    pub found: PickedUp,
    /// Cameras that were worked on.
    pub cameras: Vec<CameraReport>,
    /// Cameras with nothing new.
    pub unchanged: usize,
    /// Cameras that another run is working on.
    pub elsewhere: Vec<CameraId>,
    /// Gaps in the window, old and new, that nothing has repaired.
    pub gaps: Vec<GapRow>,
}

impl RunReport {
    /// Looks at the window for gaps.
    pub(super) async fn look_back(
        &mut self,
        site: &Site,
        work: &[CameraWork],
    ) -> Result<(), StoreError> {
        let from = self.since.unwrap_or(Utc::from_ns(i64::MIN));
        let gaps = site.store.gaps(None, from, END).await?;
        let going_on = self.going_on(site, work).await?;
        self.gaps = gaps
            .into_iter()
            .filter(|gap| !going_on.iter().any(|open| is_same(open, gap)))
            .chain(going_on.iter().cloned())
            .filter(|gap| gap.repaired.is_none())
            .filter(|gap| gap.cause != hitless_model::Cause::Disabled)
            .filter(|gap| work.iter().any(|one| one.camera == gap.camera))
            .collect();
        Ok(())
    }

    /// Gaps that go on for as long as no recorder runs.
    async fn going_on(&self, site: &Site, work: &[CameraWork]) -> Result<Vec<GapRow>, StoreError> {
        let silent = |one: &&CameraWork| {
            one.state.generation > 0 && one.state.planned_until.is_none() && !one.has_news()
        };
        let silent: BTreeSet<&CameraId> = work.iter().filter(silent).map(|w| &w.camera).collect();
        if silent.is_empty() {
            return Ok(Vec::new());
        }
        let all = site.store.gaps(None, Utc::from_ns(i64::MIN), END).await?;
        let mut last: BTreeMap<CameraId, GapRow> = BTreeMap::new();
        for gap in all.into_iter().filter(|gap| gap.repaired.is_none()) {
            if silent.contains(&gap.camera) {
                last.insert(gap.camera.clone(), gap);
            }
        }
        let now = now();
        for gap in last.values_mut() {
            gap.range.to = gap.range.to.max(now);
        }
        Ok(last.into_values().collect())
    }

    /// How many things a person may want to look at.
    pub fn findings(&self) -> usize {
        let of = |done: &Stitched| {
            done.indexed.quarantined.len()
                + done.indexed.missing.len()
                + done.indexed.put_off.len()
                + done.unreadable.len()
                + done.findings.len()
        };
        let cameras = self.cameras.iter().filter_map(|one| one.result.as_ref().ok()).map(of);
        cameras.sum::<usize>() + self.gaps.len() + self.found.problems.len()
    }

    /// Has it nothing to tell?
    pub fn is_quiet(&self) -> bool {
        self.findings() == 0 && self.cameras.is_empty()
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        if self.cameras.iter().any(|one| one.result.is_err()) {
            Outcome::Failed
        } else if self.findings() > 0 {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }

    /// The exit status; `None`: it failed.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.outcome() {
            Outcome::Failed => None,
            outcome => Some(Verdict::of(outcome == Outcome::Findings)),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for problem in &self.found.problems {
            let _ = writeln!(text, "{problem}");
        }
        if self.found.rows > 0 {
            let _ = writeln!(text, "{} files on disk were not in the database", self.found.rows);
        }
        for one in &self.cameras {
            match &one.result {
                Ok(done) => describe(&mut text, &one.camera, done),
                Err(problem) => {
                    let _ = writeln!(text, "{}: not stitched: {problem}", one.camera);
                }
            }
        }
        for camera in &self.elsewhere {
            let _ = writeln!(text, "{camera}: another run is working on it");
        }
        for gap in &self.gaps {
            let (from, to) = (gap.range.from, gap.range.to);
            let seconds = to.since(from).as_secs_f64();
            let _ = writeln!(
                text,
                "{}: gap of {seconds:.3} s from {from} to {to}: {}",
                gap.camera, gap.cause
            );
        }
        if self.cameras.is_empty() {
            let left = if self.elsewhere.is_empty() { "nothing new" } else { "nothing left to do" };
            let _ =
                writeln!(text, "{left} ({} unchanged)", counted(self.unchanged as u64, "camera"));
        }
        text
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        let outcome = match self.outcome() {
            Outcome::Clean => "clean",
            Outcome::Findings => "findings",
            Outcome::Failed => "failed",
        };
        json!({
            "schema_version": 1,
            "outcome": outcome,
            "started": self.started.to_string(),
            "since": self.since.map(|at| at.to_string()),
            "picked_up": self.found.rows,
            "problems": self.found.problems,
            "cameras": self.cameras.iter().map(camera_json).collect::<Vec<_>>(),
            "unchanged": self.unchanged,
            "elsewhere": self.elsewhere.iter().map(CameraId::as_str).collect::<Vec<_>>(),
            "gaps": self.gaps.iter().map(gap_json).collect::<Vec<_>>(),
        })
    }
}

fn is_same(one: &GapRow, other: &GapRow) -> bool {
    one.camera == other.camera && one.range.from == other.range.from
}

fn describe(text: &mut String, camera: &CameraId, done: &Stitched) {
    if let Some(plan) = &done.text {
        let _ = writeln!(text, "{plan}");
        return;
    }
    let what = match &done.applied {
        Some(Applied::Written { entries_added, entries_removed, gaps_repaired, .. }) => {
            let repaired = match gaps_repaired {
                0 => String::new(),
                n => format!(", {} repaired", counted(*n, "gap")),
            };
            format!("{entries_added} entries added, {entries_removed} removed{repaired}")
        }
        Some(Applied::Unchanged { .. }) => "unchanged".to_owned(),
        Some(Applied::Conflict { .. }) => "changed by another run meanwhile; left alone".to_owned(),
        None => "nothing written".to_owned(),
    };
    let (planned, read) = (done.segments, counted(done.indexed.read as u64, "segment"));
    let _ = writeln!(text, "{camera}: {what} ({read} indexed, {planned} planned)");
    for (name, reason) in done.indexed.quarantined.iter().chain(&done.unreadable) {
        let _ = writeln!(text, "{camera}: {name} is set aside: {reason}");
    }
    for (name, reason) in &done.indexed.put_off {
        let _ = writeln!(text, "{camera}: {name} could not be read, tried again later: {reason}");
    }
    for name in &done.indexed.missing {
        let _ = writeln!(text, "{camera}: {name} is gone");
    }
    for finding in &done.findings {
        let _ = writeln!(text, "{camera}: {finding}");
    }
}

fn camera_json(one: &CameraReport) -> Value {
    let done = match &one.result {
        Ok(done) => done,
        Err(problem) => {
            return json!({ "camera": one.camera.as_str(), "state": "failed",
                "error": problem.to_string() });
        }
    };
    let aside = |all: &[(hitless_model::SegmentName, String)]| -> Vec<Value> {
        let one = |(name, reason): &(hitless_model::SegmentName, String)| json!({ "segment": name.to_string(), "reason": reason });
        all.iter().map(one).collect()
    };
    let mut value = json!({
        "camera": one.camera.as_str(),
        "state": "planned",
        "segments": done.segments,
        "indexed": done.indexed.read,
        "corrected": done.indexed.corrected,
        "quarantined": aside(&done.indexed.quarantined),
        "put_off": aside(&done.indexed.put_off),
        "unreadable": aside(&done.unreadable),
        "missing": done.indexed.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings": done.findings,
        "media_bytes_read": done.media_bytes,
    });
    if let Some(plan) = &done.text {
        value["plan"] = json!(plan);
    }
    match &done.applied {
        Some(Applied::Written {
            entries_added,
            entries_removed,
            gaps_opened,
            gaps_repaired,
            marked,
            ..
        }) => {
            value["state"] = json!("stitched");
            value["entries_added"] = json!(entries_added);
            value["entries_removed"] = json!(entries_removed);
            value["gaps_opened"] = json!(gaps_opened);
            value["gaps_repaired"] = json!(gaps_repaired);
            value["segments_marked"] = json!(marked);
        }
        Some(Applied::Unchanged { .. }) => value["state"] = json!("unchanged"),
        Some(Applied::Conflict { .. }) => value["state"] = json!("conflict"),
        None => {}
    }
    value
}

fn gap_json(gap: &GapRow) -> Value {
    json!({
        "camera": gap.camera.as_str(),
        "start": gap.range.from.to_string(),
        "end": gap.range.to.to_string(),
        "seconds": gap.range.to.since(gap.range.from).as_secs_f64(),
        "cause": gap.cause.as_str(),
        "noticed": gap.noticed.to_string(),
    })
}
