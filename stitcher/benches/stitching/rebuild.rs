//! Everything from nothing: a fleet whose segments are indexed and not yet
//! stitched, by one run of the program.

use crate::fleet::{Fleet, OVERLAPS};
use crate::floor;
use crate::program::{Ran, stitch, sum};
use crate::rows::{Rows, seconds};
use std::time::Duration;

const MOST: f64 = 3.0;
const MEMORY: u64 = 1 << 30;

pub fn measure(most: usize, rows: &mut Rows) {
    let sizes: Vec<usize> =
        [10, 100, 1000].into_iter().filter(|n| *n < most).chain([most]).collect();
    let mut per_segment = Vec::new();
    for cameras in sizes {
        let (took, segments) = one(cameras, cameras == most, rows);
        per_segment.push(took.as_secs_f64() / segments as f64);
    }
    // the first one is mostly the start of the program
    if let [.., before, last] = per_segment[..] {
        let grown = last / before;
        rows.held(
            "a segment's time, last against the one before",
            format!("{grown:.2} x"),
            "linear: at most 1.3 x",
            grown <= 1.3,
        );
    }
}

fn one(cameras: usize, is_last: bool, rows: &mut Rows) -> (Duration, usize) {
    let fleet = Fleet::make(cameras);
    let segments = fleet.segments;
    let what = format!("{cameras} cameras, {segments} segments");
    // neither waits for what making the fleet, or the other, has left to write
    rustix::fs::sync();
    let took = floor::rebuild(&mut fleet.bare());
    rustix::fs::sync();
    if is_last {
        let of = |step: &str| format!("{what}: {step}");
        rows.floor(of("read with a plain driver"), took.read, "0.27 s for 1.44 M");
        rows.floor(of("sort and sweep"), took.sort, "0.1 s");
        rows.floor(of("write an entry a row"), took.write, "about 1.1 s of 1.5 s");
    }
    let ran = stitch(&fleet.config(), 0);
    check(&fleet, &ran);
    rows.ratio(
        format!("{what}: stitched / bare loop of {}", seconds(took.all())),
        ran.took,
        took.all(),
        MOST,
    );
    let peak = format!("{} MiB", ran.peak_bytes >> 20);
    rows.held(format!("{what}: most memory"), peak, "under 1 GiB", ran.peak_bytes < MEMORY);
    (ran.took, segments)
}

/// Was the work done that was to be measured?
fn check(fleet: &Fleet, ran: &Ran) {
    assert_eq!(ran.answer["outcome"], "clean", "{}", ran.answer);
    assert_eq!(sum(ran, "entries_added"), fleet.segments as u64, "every segment is played");
    assert_eq!(sum(ran, "segments_marked"), fleet.segments as u64, "and has its status");
    let count =
        |sql: &str| -> i64 { fleet.bare().query_row(sql, [], |row| row.get(0)).expect("counts") };
    let exact = count("SELECT COUNT(*) FROM strand_alignments WHERE evidence = 'exact'");
    assert_eq!(exact, OVERLAPS * fleet.cameras as i64, "every overlap is proven by pictures");
    let pending = count("SELECT COUNT(*) FROM video_segments WHERE overlap_status = 'pending'");
    assert_eq!(pending, 0);
}
