//! Only what has changed: a fleet that is stitched, and then a few rows more.

use crate::fleet::{Fleet, Taken};
use crate::floor;
use crate::program::{stitch, sum};
use crate::rows::Rows;
use std::time::Duration;

const MOST: f64 = 2.0;

pub fn measure(cameras: usize, rows: &mut Rows) {
    let fleet = Fleet::make(cameras);
    let newest = fleet.take_away(fleet.minute(1439), 1);
    assert_eq!(newest.segments, cameras);
    let late = fleet.take_away(fleet.minute(700), 100);
    assert_eq!(late.segments, cameras.div_ceil(100));
    let missing = late.segments;
    let first = stitch(&fleet.config(), 1);
    assert_eq!(first.answer["gaps"].as_array().map(Vec::len), Some(missing));

    let (read, sort) = floor::read_and_sort(&fleet.bare());
    rows.floor(format!("one SELECT of {} rows, plain driver", fleet.segments), read, "0.27 s");
    rows.floor("sort and sweep", sort, "0.1 s; both 0.4 s");
    let what = format!("{missing} cameras with one segment twelve hours late");
    again(&fleet, &late, &what, read + sort, rows);
    let what = format!("{cameras} cameras with one new segment");
    again(&fleet, &newest, &what, read + sort, rows);

    fleet.forget();
    stitch(&fleet.config(), 0);
    let differing = fleet.differing_hours();
    let measured = format!("{differing} hours differ");
    rows.held("timelines against those of a full rebuild", measured, "none", differing == 0);
}

/// Brings rows back and stitches what they change.
fn again(fleet: &Fleet, taken: &Taken, what: &str, floor: Duration, rows: &mut Rows) {
    fleet.bring_back(taken);
    let ran = stitch(&fleet.config(), 0);
    let touched = ran.answer["cameras"].as_array().map_or(0, Vec::len);
    assert_eq!(touched, taken.segments, "one of each");
    let each = sum(&ran, "segments") as f64 / taken.segments as f64;
    rows.told(format!("{what}: segments planned again, of 1,444"), format!("{each:.0} a camera"));
    rows.ratio(what, ran.took, floor, MOST);
}
