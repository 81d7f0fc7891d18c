//! When the successor has every camera. Pure.
//!
//! A camera that the predecessor records is there once the successor has a key
//! frame on disk that the predecessor has recorded too. Where the camera sends
//! each of them other bytes, or loss spoils every comparison, time must do: the
//! successor has had key frames on disk for a while. A camera that the
//! predecessor does not record is not waited for; one that the successor is not
//! to record neither.

use super::message::CameraReport;
use hitless_model::CameraId;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// So many key frames on disk, none of them known here, are another stream.
const STRANGERS: usize = 5;

/// What the predecessor has of one camera now.
#[derive(Debug, Clone)]
pub struct Own {
    /// Which.
    pub camera: CameraId,
    /// It is being recorded.
    pub recording: bool,
    /// Both must record it at once before one may leave.
    pub required: bool,
    /// Fingerprints of its last key frames.
    pub keys: Vec<u64>,
}

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For an equal key frame, where there are others.
    pub(super) exact: Duration,
    /// For a camera whose overlap is not required.
    pub(super) best_effort: Duration,
}

/// How it is known that the successor has a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// An equal key frame.
    Exact,
    /// It has recorded for long enough.
    Clock,
    /// Not at all: its overlap is not required.
    Waived,
}

/// The successor's cameras, as far as it told.
#[derive(Debug, Default)]
pub(super) struct Proof {
    cameras: BTreeMap<CameraId, Theirs>,
    best_effort: Vec<CameraId>,
    judged: BTreeMap<CameraId, Evidence>,
}

#[derive(Debug, Default)]
struct Theirs {
    recording: bool,
    standing: String,
    since: Option<Duration>,
    keys: HashSet<u64>,
}

impl Proof {
    /// For a successor that is to record these, some of them as well as it can.
    pub(super) fn new(cameras: Vec<CameraId>, best_effort: Vec<CameraId>) -> Self {
        let cameras = cameras.into_iter().map(|camera| (camera, Theirs::default())).collect();
        Self { cameras, best_effort, judged: BTreeMap::new() }
    }

    /// The successor told of a camera, `at` so long after the begin.
    pub(super) fn on(&mut self, report: CameraReport, at: Duration) {
        if let Some(theirs) = self.cameras.get_mut(&report.camera) {
            theirs.since = if report.recording { theirs.since.or(Some(at)) } else { None };
            theirs.recording = report.recording;
            theirs.standing = report.standing;
            theirs.keys.extend(report.keys);
        }
    }

    /// What is still missing after `waited`, one sentence each.
    pub(super) fn missing(
        &mut self,
        own: &[Own],
        waited: Duration,
        patience: Patience,
    ) -> Vec<String> {
        let mut missing = Vec::new();
        for own in own.iter().filter(|own| own.recording) {
            let Some(theirs) = self.cameras.get(&own.camera) else { continue };
            let required = own.required && !self.best_effort.contains(&own.camera);
            match theirs.evidence(own, required, waited, patience) {
                Some(evidence) => {
                    // What is proven stays proven by its best evidence.
                    let judged = self.judged.entry(own.camera.clone()).or_insert(evidence);
                    if evidence == Evidence::Exact {
                        *judged = evidence;
                    }
                }
                None => missing.push(format!("camera {}: {}", own.camera, theirs.sentence())),
            }
        }
        missing
    }

    /// Since when the successor has recorded each camera.
    pub(super) fn recorded_since(&self) -> BTreeMap<CameraId, Duration> {
        let since = |(camera, theirs): (&CameraId, &Theirs)| Some((camera.clone(), theirs.since?));
        self.cameras.iter().filter_map(since).collect()
    }

    /// How each camera was judged.
    pub(super) fn judged(&self) -> &BTreeMap<CameraId, Evidence> {
        &self.judged
    }
}

impl Theirs {
    fn evidence(
        &self,
        own: &Own,
        required: bool,
        waited: Duration,
        patience: Patience,
    ) -> Option<Evidence> {
        let common = self.recording && own.keys.iter().any(|key| self.keys.contains(key));
        let strangers = self.recording && self.keys.len() >= STRANGERS && waited >= patience.exact;
        if common {
            Some(Evidence::Exact)
        } else if strangers {
            Some(Evidence::Clock)
        } else if !required && waited >= patience.best_effort {
            Some(Evidence::Waived)
        } else {
            None
        }
    }

    fn sentence(&self) -> String {
        match (self.recording, self.keys.len()) {
            (false, _) if self.standing.is_empty() => {
                "the successor has not begun to record it".to_owned()
            }
            (false, _) => format!("the successor does not record it: {}", self.standing),
            (true, 0) => "the successor has no key frame of it on disk".to_owned(),
            (true, keys) => format!(
                "none of the {keys} key frames that the successor has on disk was recorded here too"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { exact: Duration::from_secs(30), best_effort: Duration::from_secs(10) };
    const SOON: Duration = Duration::from_secs(1);
    const LATE: Duration = Duration::from_secs(31);

    fn id(name: &str) -> CameraId {
        CameraId::new(name).expect("valid")
    }

    fn own(name: &str, keys: &[u64]) -> Own {
        Own { camera: id(name), recording: true, required: true, keys: keys.to_vec() }
    }

    fn report(name: &str, recording: bool, keys: &[u64]) -> CameraReport {
        let standing = if recording { "recording" } else { "backing_off: refused" };
        CameraReport {
            camera: id(name),
            recording,
            standing: standing.to_owned(),
            keys: keys.to_vec(),
        }
    }

    #[test]
    fn a_camera_is_there_with_a_key_frame_that_both_have() {
        let mut proof = Proof::new(vec![id("a"), id("b")], Vec::new());
        let both = [own("a", &[1, 2, 3]), own("b", &[7])];
        assert_eq!(proof.missing(&both, SOON, PATIENCE).len(), 2);
        proof.on(report("a", true, &[3]), SOON);
        proof.on(report("b", true, &[8]), SOON);
        let missing = proof.missing(&both, SOON, PATIENCE);
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(missing[0].contains("camera b"), "{missing:?}");
        proof.on(report("b", true, &[7]), SOON);
        assert!(proof.missing(&both, SOON, PATIENCE).is_empty());
        assert!(proof.judged().values().all(|e| *e == Evidence::Exact));
    }

    #[test]
    fn a_camera_that_is_away_for_both_or_removed_blocks_nothing() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        let mut away = own("a", &[]);
        away.recording = false;
        assert!(proof.missing(&[away, own("removed", &[1])], SOON, PATIENCE).is_empty());
    }

    #[test]
    fn a_session_that_broke_again_proves_nothing() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        proof.on(report("a", true, &[1]), SOON);
        proof.on(report("a", false, &[]), SOON);
        let missing = proof.missing(&[own("a", &[1])], LATE, PATIENCE);
        assert!(missing[0].contains("refused"), "{missing:?}");
    }

    #[test]
    fn other_bytes_are_taken_by_the_clock_in_the_end() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        proof.on(report("a", true, &[11, 12, 13, 14, 15]), SOON);
        assert!(!proof.missing(&[own("a", &[1, 2])], SOON, PATIENCE).is_empty());
        assert!(proof.missing(&[own("a", &[1, 2])], LATE, PATIENCE).is_empty());
        assert_eq!(proof.judged()[&id("a")], Evidence::Clock);
    }

    fn judged(proof: &mut Proof, keys: &[u64], at: Duration) -> Option<Evidence> {
        proof.missing(&[own("a", keys)], at, PATIENCE);
        proof.judged().get(&id("a")).copied()
    }

    #[test]
    fn the_best_evidence_stays() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        proof.on(report("a", true, &[11, 12, 13, 14]), SOON);
        assert_eq!(judged(&mut proof, &[1, 2], LATE), None, "four may be a bad start");
        proof.on(report("a", true, &[15]), SOON);
        assert_eq!(judged(&mut proof, &[1, 2], LATE), Some(Evidence::Clock));
        proof.on(report("a", true, &[2]), SOON);
        assert_eq!(judged(&mut proof, &[1, 2], LATE), Some(Evidence::Exact));
        // Only the last key frames are kept here.
        assert_eq!(judged(&mut proof, &[98, 99], LATE), Some(Evidence::Exact));
    }

    #[test]
    fn key_frames_of_a_session_that_broke_are_no_evidence() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        proof.on(report("a", true, &[11, 12, 13, 14, 15]), SOON);
        proof.on(report("a", false, &[]), SOON);
        assert_eq!(judged(&mut proof, &[1, 2], LATE), None);
    }

    #[test]
    fn a_camera_is_recorded_since_its_session_began() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        let seconds = Duration::from_secs;
        for (at, recording, since) in
            [(1, true, Some(1)), (2, true, Some(1)), (3, false, None), (4, true, Some(4))]
        {
            proof.on(report("a", recording, &[]), seconds(at));
            let found = proof.recorded_since().get(&id("a")).copied();
            assert_eq!(found, since.map(seconds), "after {at} s");
        }
    }

    #[test]
    fn only_best_effort_goes_on_without_a_camera() {
        let mut proof = Proof::new(vec![id("a")], Vec::new());
        proof.on(report("a", false, &[]), SOON);
        let mut a = own("a", &[1]);
        assert!(!proof.missing(std::slice::from_ref(&a), LATE, PATIENCE).is_empty());
        a.required = false;
        assert!(!proof.missing(std::slice::from_ref(&a), SOON, PATIENCE).is_empty());
        assert!(proof.missing(&[a], PATIENCE.best_effort, PATIENCE).is_empty());
        assert_eq!(proof.judged()[&id("a")], Evidence::Waived);
    }

    #[test]
    fn the_configuration_of_the_successor_may_waive_too() {
        let mut proof = Proof::new(vec![id("a")], vec![id("a")]);
        assert!(proof.missing(&[own("a", &[1])], LATE, PATIENCE).is_empty());
    }
}
