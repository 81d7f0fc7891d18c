//! What is read of the media: nothing but overlaps.

use crate::fleet::{Fleet, OVERLAPS};
use crate::program::{stitch, sum};
use crate::rows::Rows;

/// Seconds that both recorders have at a handover.
const SECONDS: u64 = (crate::footage::EARLY - crate::footage::LATE_FROM).unsigned_abs();

pub fn measure(rows: &mut Rows) {
    let fleet = Fleet::make(1);
    let all: i64 = fleet
        .bare()
        .query_row("SELECT SUM(video_bytes) FROM video_segments", [], |row| row.get(0))
        .expect("sums");
    let second = all.unsigned_abs() / (24 * 3600);
    let overlaps = 2 * SECONDS * second * OVERLAPS.unsigned_abs();
    rows.told("media of a day of one camera", format!("{} MB", all / 1_000_000));
    rows.told(
        format!("of it in {OVERLAPS} overlaps of {SECONDS} s, both copies"),
        format!("{} KB", overlaps / 1000),
    );
    // files that no overlap touches are not even there
    let ran = stitch(&fleet.config(), 0);
    let read = sum(&ran, "media_bytes_read");
    assert!(read > 0, "pictures were compared");
    let share = read as f64 / all as f64 * 100.0;
    rows.held(
        "media read to stitch the day",
        format!("{} KB = {share:.3} %", read / 1000),
        "no more than the overlaps",
        read <= overlaps,
    );
}
