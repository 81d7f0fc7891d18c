//! What is created, listed, taken back and refused.

use super::*;
use hitless_model::{CameraId, SegmentNumber, Utc};

fn name(instance: &str) -> SegmentName {
    SegmentName {
        camera: CameraId::new("cam").expect("valid"),
        start: Utc::from_ns(1_780_000_000_000_000_000),
        instance: InstanceId::new(instance).expect("valid"),
        number: SegmentNumber::new(1),
    }
}

#[test]
fn nothing_is_opened_twice_and_what_is_left_open_is_known() {
    let root = tempfile::tempdir().expect("temp dir");
    let blue = InstanceId::new("blue").expect("valid");
    let storage = Storage::open(root.path(), &blue).expect("opens");
    let path = storage.create(&name("blue")).expect("creates");
    fs::write(&path, b"footage").expect("writes");
    assert!(storage.create(&name("blue")).is_err());
    assert_eq!(fs::read(&path).expect("reads"), b"footage");
    assert_eq!(storage.left_open().expect("reads"), [name("blue")]);
    storage.closed(&name("blue")).expect("removes");
    assert!(storage.left_open().expect("reads").is_empty());
}

#[test]
fn only_a_segment_without_footage_is_taken_back() {
    let root = tempfile::tempdir().expect("temp dir");
    let blue = InstanceId::new("blue").expect("valid");
    let storage = Storage::open(root.path(), &blue).expect("opens");
    let path = storage.create(&name("blue")).expect("creates");
    fs::write(&path, b"footage").expect("writes");
    storage.discard(&name("blue")).expect("leaves it alone");
    assert!(path.exists());
    assert_eq!(storage.left_open().expect("reads"), [name("blue")]);
    fs::write(&path, b"").expect("writes");
    fs::write(path.with_extension("meta"), b"{").expect("writes");
    storage.discard(&name("blue")).expect("removes");
    assert!(!path.exists() && !path.with_extension("meta").exists());
    assert!(storage.left_open().expect("reads").is_empty());
}

#[test]
fn a_second_process_of_the_instance_is_refused_and_a_dead_one_is_not_in_the_way() {
    let root = tempfile::tempdir().expect("temp dir");
    let (blue, green) =
        (InstanceId::new("blue").expect("valid"), InstanceId::new("green").expect("valid"));
    let first = Storage::open(root.path(), &blue).expect("opens");
    let refused = Storage::open(root.path(), &blue).expect_err("locked");
    assert!(matches!(refused, StorageError::InUse { .. }), "{refused}");
    let other = Storage::open(root.path(), &green).expect("opens");
    first.create(&name("blue")).expect("creates");
    assert!(other.left_open().expect("reads").is_empty(), "blue lives");
    drop(first);
    assert_eq!(other.left_open().expect("reads"), [name("blue")]);
    Storage::open(root.path(), &blue).expect("free again");
}

#[test]
fn an_unmounted_root_is_not_written_to() {
    let root = tempfile::tempdir().expect("temp dir");
    let storage =
        Storage::open(root.path(), &InstanceId::new("blue").expect("valid")).expect("opens");
    fs::remove_dir_all(root.path().join(".hitless")).expect("removes");
    let refused = storage.create(&name("blue")).expect_err("vanished");
    assert!(matches!(refused, StorageError::Vanished { .. }), "{refused}");
    assert!(!root.path().join("cam").exists());
}

#[test]
fn the_spools_of_others_are_found() {
    let root = tempfile::tempdir().expect("temp dir");
    let id = |name: &str| InstanceId::new(name).expect("valid");
    let storage = Storage::open(root.path(), &id("blue")).expect("opens");
    for name in ["blue", "green", "no instance"] {
        fs::create_dir_all(root.path().join(".hitless/spool").join(name)).expect("a folder");
    }
    let others = storage.other_spools().expect("reads");
    assert_eq!(others, [(id("green"), root.path().join(".hitless/spool/green"))]);
}

#[test]
fn a_full_disk_or_quota_is_told_from_other_failures() {
    let failed =
        |kind: io::ErrorKind| StorageError::io("cannot write", Path::new("/x"), kind.into());
    assert!(failed(io::ErrorKind::StorageFull).is_full());
    assert!(failed(io::ErrorKind::QuotaExceeded).is_full());
    assert!(!failed(io::ErrorKind::PermissionDenied).is_full());
    assert!(!StorageError::Vanished { root: "/x".into() }.is_full());
}
