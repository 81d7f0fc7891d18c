//! Files of our own names without a `.meta` file, put upon one media clock.
//!
//! Such a file does not say what it continues. Where numbers follow each other
//! and a name puts a file to where the one before ends, within half a picture,
//! no picture can be missing between them: they are one strand, and each begins
//! on its media clock where the one before ends, whatever the names' clock
//! drifts. All others stay strands of their own, and are joined by pictures or
//! by their clocks.

use crate::index::Place;
use crate::site::{Site, now};
use hitless_model::{CameraId, Nanos, Segment, Utc};
use hitless_schema::{Stamper, StoreError};
use std::collections::BTreeMap;

/// Rows that begin this long before one that is new may lead to it.
const BEFORE: Nanos = Nanos::from_secs(7200);
/// Rows written at a time.
const BATCH: usize = 1000;

/// The cameras of rows that do not say what they continue, with the earliest
/// start of each.
pub fn unchained<'r>(rows: impl IntoIterator<Item = &'r Segment>) -> BTreeMap<CameraId, Utc> {
    let mut found: BTreeMap<CameraId, Utc> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.run.is_none()) {
        let first = found.entry(row.name.camera.clone()).or_insert(row.start);
        *first = row.start.min(*first);
    }
    found
}

/// Chains what of these cameras begins there or later; how many rows changed.
pub async fn chain(site: &Site, cameras: BTreeMap<CameraId, Utc>) -> Result<u64, StoreError> {
    let mut changed = 0;
    for (camera, first) in cameras {
        let from = first.plus(Nanos::ZERO.minus(BEFORE));
        let rows = site.store.segments_between(&camera, from, Utc::from_ns(i64::MAX)).await?;
        for part in moved(rows).chunks(BATCH) {
            changed += site.store.put_found(part, Stamper::new().next(now())).await?;
        }
    }
    Ok(changed)
}

/// The rows that lie elsewhere than they say. The first one of each recorder
/// stays where it is.
fn moved(mut rows: Vec<Segment>) -> Vec<Segment> {
    rows.retain(|row| row.run.is_none() && row.video.is_some());
    let order = |row: &Segment| (row.name.instance.clone(), row.name.number, row.name.start);
    rows.sort_by_key(order);
    let mut changed = Vec::new();
    let mut before: Option<Segment> = None;
    for mut row in rows {
        let place = before.as_ref().map_or_else(|| Place::of(&row), |before| after(before, &row));
        if place != Place::of(&row) {
            place.put(&mut row);
            changed.push(row.clone());
        }
        before = Some(row);
    }
    changed
}

/// Where a row lies, its recorder's row before it being known.
fn after(before: &Segment, row: &Segment) -> Place {
    let alone = Place::alone(&row.name);
    let (Some(video), Some(own)) = (&before.video, &row.video) else { return alone };
    let follows = before.name.instance == row.name.instance
        && before.name.number.next() == row.name.number
        && video.timescale == own.timescale;
    let picture = before.duration.get() / i64::try_from(video.samples.max(1)).unwrap_or(i64::MAX);
    let between = row.start.since(before.start.plus(before.duration));
    if !follows || between.abs().get() > picture / 2 {
        return alone;
    }
    Place { strand: before.strand, media_start: before.media_start.plus(before.media_length) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{MediaTime, RunId, SegmentState};
    use hitless_schema::testing;

    /// Six seconds of 25 pictures a second each, at these instants.
    fn rows(starts: &[(u64, i64)]) -> Vec<Segment> {
        starts.iter().map(|(number, millis)| row(*number, *millis)).collect()
    }

    fn row(number: u64, millis: i64) -> Segment {
        let start = Utc::parse("2026-09-14T10:00:00Z").expect("an instant");
        let mut row = testing::segment(&testing::Facts {
            camera: "CAM",
            instance: "blue",
            run: "0123456789abcdef",
            number,
            start: start.plus(Nanos::from_millis(millis)),
            duration: Nanos::from_secs(6),
            state: SegmentState::Complete,
        });
        row.run = None;
        Place::alone(&row.name).put(&mut row);
        row
    }

    fn places(rows: Vec<Segment>) -> Vec<(u64, u32, i64)> {
        let mut all = rows.clone();
        for found in moved(rows) {
            let at = all.iter().position(|row| row.name == found.name).expect("one of them");
            all[at] = found;
        }
        all.iter().map(|r| (r.name.number.get(), r.strand, r.media_start.ticks())).collect()
    }

    #[test]
    fn files_that_meet_are_one_strand() {
        let found = places(rows(&[(3, 0), (4, 6000), (5, 12_000)]));
        assert_eq!(found, [(3, 3, 0), (4, 3, 540_000), (5, 3, 1_080_000)]);
    }

    #[test]
    fn a_clock_that_drifts_moves_no_picture() {
        let found = places(rows(&[(3, 0), (4, 6010), (5, 12_019)]));
        assert_eq!(found, [(3, 3, 0), (4, 3, 540_000), (5, 3, 1_080_000)]);
    }

    #[test]
    fn files_apart_or_with_a_number_between_are_strands_of_their_own() {
        let found = places(rows(&[(3, 0), (4, 6040), (6, 12_040)]));
        assert_eq!(found, [(3, 3, 0), (4, 4, 0), (6, 6, 0)]);
    }

    /// The order in which files are found changes nothing.
    #[test]
    fn a_file_that_comes_late_joins_what_it_lies_between() {
        let late = places(rows(&[(3, 0), (5, 12_000)]));
        assert_eq!(late, [(3, 3, 0), (5, 5, 0)]);
        let mut all = rows(&[(3, 0), (4, 6000), (5, 12_000)]);
        all.rotate_left(1);
        let mut found = places(all);
        found.sort_unstable();
        assert_eq!(found, [(3, 3, 0), (4, 3, 540_000), (5, 3, 1_080_000)]);
    }

    #[test]
    fn what_says_itself_what_it_continues_is_left_alone() {
        let mut all = rows(&[(3, 0), (4, 6000)]);
        all[1].run = Some(RunId::new("0123456789abcdef").expect("a run id"));
        all[1].media_start = MediaTime::new(77);
        assert_eq!(moved(all), []);
    }
}
