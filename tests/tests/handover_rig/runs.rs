//! What each run of a recorder has of a camera, and what they have together.

use hitless_fixtures::Tally;
use hitless_tests::{SegmentFile, Site, boxes, footage};
use std::collections::BTreeSet;

/// What one run recorded of a camera.
pub struct RunFootage {
    pub instance: String,
    pub files: Vec<SegmentFile>,
    /// Frame numbers in decode order.
    pub numbers: Vec<u64>,
    /// The numbers of key frames.
    pub keys: BTreeSet<u64>,
}

impl RunFootage {
    pub fn tally(&self) -> Tally {
        Tally::of(&self.numbers)
    }

    pub fn common_key_frames(&self, other: &Self) -> usize {
        self.keys.intersection(&other.keys).count()
    }
}

/// The runs that recorded a camera, in order of their first frame.
#[track_caller]
pub fn runs(site: &Site, camera: &str) -> Vec<RunFootage> {
    let mut runs = Vec::new();
    let mut instances: Vec<_> =
        site.all_segments().into_iter().map(|s| s.name.instance.to_string()).collect();
    instances.sort();
    instances.dedup();
    for instance in instances {
        let files = site.segments(camera, &instance);
        for files in files.chunk_by(|a, b| run_of(a) == run_of(b)) {
            runs.extend(footage_of(&instance, files));
        }
    }
    runs.sort_by_key(|run| run.numbers.first().copied());
    runs
}

/// The run that a segment's `.meta` file names.
fn run_of(file: &SegmentFile) -> Option<String> {
    let meta = std::fs::read_to_string(file.path.with_extension("meta")).ok()?;
    let (_, rest) = meta.split_once("\"run\":\"")?;
    Some(rest.split('"').next()?.to_owned())
}

/// Nothing if a kill left nothing to be read.
#[track_caller]
fn footage_of(instance: &str, files: &[SegmentFile]) -> Option<RunFootage> {
    let readable = |file: &&SegmentFile| boxes::outermost(&file.path).contains(&"moov".to_owned());
    let files: Vec<SegmentFile> = files.iter().filter(readable).cloned().collect();
    if files.is_empty() {
        return None;
    }
    let units = footage::units_of_killed(&hitless_tests::paths(&files));
    let numbers = footage::numbers_of(&units);
    let keys = units.iter().filter(|u| u.key).filter_map(|u| Some(u.mark?.number)).collect();
    Some(RunFootage { instance: instance.to_owned(), files, numbers, keys })
}

/// Each run with the one after it.
pub fn overlaps(runs: &[RunFootage]) -> impl Iterator<Item = (&RunFootage, &RunFootage)> {
    runs.iter().zip(runs.iter().skip(1))
}

/// Every frame number that any of them has.
pub fn union(runs: &[RunFootage]) -> BTreeSet<u64> {
    runs.iter().flat_map(|run| run.numbers.iter().copied()).collect()
}

/// Numbers between the first and the last that nobody has.
pub fn lost(runs: &[RunFootage]) -> Vec<u64> {
    let all = union(runs);
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return vec![0] };
    (*first..=*last).filter(|number| !all.contains(number)).collect()
}
