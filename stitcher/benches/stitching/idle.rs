//! The usual minute: nothing is new.

use crate::fleet::Fleet;
use crate::program::stitch;
use crate::rows::{Rows, median, seconds};
use std::time::{Duration, Instant};

const RUNS: usize = 15;
const MOST: Duration = Duration::from_millis(100);

pub fn measure(cameras: usize, rows: &mut Rows) {
    let fleet = Fleet::make(cameras);
    let first = stitch(&fleet.config(), 0);
    rows.told(format!("{} segments stitched, once", fleet.segments), seconds(first.took));
    // folders that changed a moment ago are looked into once more
    std::thread::sleep(Duration::from_secs(3));
    stitch(&fleet.config(), 0);
    let floor = median((0..RUNS).map(|_| start()).collect());
    rows.floor("starting the program, --version", floor, "not measured");
    let times = (0..RUNS).map(|_| {
        let ran = stitch(&fleet.config(), 0);
        assert_eq!(ran.answer["unchanged"], cameras, "{}", ran.answer);
        ran.took
    });
    let took = median(times.collect());
    let what = format!("a run with nothing new, {} segments, whole process", fleet.segments);
    rows.held(what, seconds(took), "under 100 ms", took < MOST);
}

fn start() -> Duration {
    let begun = Instant::now();
    let program = env!("CARGO_BIN_EXE_stitcher");
    std::process::Command::new(program).arg("--version").output().expect("it starts");
    begun.elapsed()
}
