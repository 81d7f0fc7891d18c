//! The spool: bounded, in order, and whole after any death.

use hitless_model::{CameraId, Utc};
use hitless_schema::spool::Spool;
use hitless_schema::{Change, Stamp, Stamped};
use std::io::Write;
use std::path::Path;

const ROOMY: u64 = 1 << 20;

fn change(number: i64) -> Stamped {
    let camera = CameraId::new(format!("CAMERA_{number}")).expect("valid");
    let change = Change::CameraSeen { camera, enabled: true, at: Utc::from_ns(number) };
    Stamped { stamp: Stamp::from_ns(number), change }
}

fn changes(numbers: std::ops::Range<i64>) -> Vec<Stamped> {
    numbers.map(change).collect()
}

fn open(folder: &Path, limit: u64) -> Spool {
    Spool::open(folder, limit).expect("the spool opens")
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("changes.jsonl")
}

#[test]
fn records_come_back_in_order_and_are_gone_once_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(&folder.path().join("deep/er"), ROOMY);
    spool.push(&changes(0..5)).expect("pushes");
    spool.push(&changes(5..8)).expect("pushes");
    assert_eq!(spool.depth().records, 8);
    assert_eq!(spool.next(6).expect("reads"), changes(0..6));
    assert_eq!(spool.next(6).expect("reads"), changes(0..6), "the same until confirmed");
    spool.confirm().expect("confirms");
    assert_eq!(spool.depth().records, 2);
    // What comes while it is emptied waits behind.
    spool.push(&changes(8..9)).expect("pushes");
    assert_eq!(spool.next(6).expect("reads"), changes(6..9));
    spool.confirm().expect("confirms");
    assert_eq!(spool.depth(), Default::default());
    assert!(spool.next(6).expect("reads").is_empty());
    spool.push(&changes(9..10)).expect("pushes");
    assert_eq!(spool.next(6).expect("reads"), changes(9..10));
}

#[test]
fn another_process_finds_all_that_was_not_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path(), ROOMY);
    spool.push(&changes(0..4)).expect("pushes");
    spool.next(2).expect("reads");
    spool.confirm().expect("confirms");
    drop(spool);
    // Replaying is harmless, losing is not: those confirmed come again.
    let mut spool = open(folder.path(), ROOMY);
    assert_eq!(spool.depth().records, 4);
    assert_eq!(spool.next(9).expect("reads"), changes(0..4));
}

#[test]
fn a_torn_last_line_is_cut_off_at_any_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path(), ROOMY).push(&changes(0..3)).expect("pushes");
    let whole = std::fs::read(file(folder.path())).expect("reads");
    let second = whole.iter().position(|b| *b == b'\n').expect("a line") + 1;
    let third = second + whole[second..].iter().position(|b| *b == b'\n').expect("a line") + 1;
    for end in third..whole.len() {
        std::fs::write(file(folder.path()), &whole[..end]).expect("writes");
        let mut spool = open(folder.path(), ROOMY);
        assert_eq!(spool.depth().records, 2, "cut at {end}");
        spool.push(&changes(7..8)).expect("pushes");
        let read = spool.next(9).expect("reads");
        assert_eq!(read, [change(0), change(1), change(7)], "cut at {end}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_skipped_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path(), ROOMY).push(&changes(0..1)).expect("pushes");
    let mut raw = std::fs::File::options().append(true).open(file(folder.path())).expect("opens");
    raw.write_all(b"{\"stamp\":1,\"change\":{\"from_the_future\":{}}}\n\xff\n").expect("writes");
    let mut spool = open(folder.path(), ROOMY);
    spool.push(&changes(1..2)).expect("pushes");
    assert_eq!(spool.next(1).expect("reads"), changes(0..1));
    spool.confirm().expect("confirms");
    assert_eq!(spool.next(9).expect("reads"), changes(1..2));
    spool.confirm().expect("confirms");
    assert_eq!((spool.unreadable(), spool.depth().records), (2, 0));
}

#[test]
fn a_spool_of_nothing_readable_empties() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(file(folder.path()), "x\ny\nz\n").expect("writes");
    let mut spool = open(folder.path(), ROOMY);
    assert_eq!(spool.depth().records, 3);
    assert!(spool.next(2).expect("reads").is_empty());
    assert_eq!((spool.unreadable(), spool.depth().records), (3, 0));
}

#[test]
fn a_full_spool_keeps_what_it_has_and_counts_what_it_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path(), 300);
    let pushed = spool.push(&changes(0..10)).expect("pushes");
    assert!(pushed.kept > 0 && pushed.dropped > 0, "{pushed:?}");
    assert_eq!(pushed.kept + pushed.dropped, 10);
    assert!(spool.depth().bytes <= 300);
    assert_eq!(spool.push(&changes(10..11)).expect("pushes").dropped, 1);
    let kept = i64::try_from(pushed.kept).expect("small");
    assert_eq!(spool.next(99).expect("reads"), changes(0..kept));
    spool.confirm().expect("confirms");
    assert_eq!(spool.push(&changes(11..12)).expect("pushes").kept, 1, "room again");
}

#[test]
fn what_a_failed_write_left_is_cut_before_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path(), ROOMY);
    spool.push(&changes(0..1)).expect("pushes");
    let mut raw = std::fs::File::options().append(true).open(file(folder.path())).expect("opens");
    raw.write_all(b"{\"stamp\":2,\"cha").expect("writes");
    spool.push(&changes(1..2)).expect("pushes");
    assert_eq!(spool.next(9).expect("reads"), changes(0..2));
}
