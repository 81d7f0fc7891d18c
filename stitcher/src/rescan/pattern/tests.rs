//! What others write, and what nobody can.

use super::*;
use proptest::prelude::*;

fn read(pattern: &str, path: &str) -> Option<(String, String)> {
    let matched = Pattern::parse(pattern).expect("a pattern").matches(path)?;
    Some((matched.camera.to_string(), matched.start.to_string()))
}

#[test]
fn what_others_write_is_read() {
    for (pattern, path, camera, start) in [
        (
            "frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4",
            "2026-08-11/03/front_door/07.47.mp4",
            "front_door",
            "2026-08-11T03:07:47.000000Z",
        ),
        (
            "%path/%Y-%m-%d_%H-%M-%S-%f.mp4",
            "yard/cam1/2026-08-11_03-07-47-123456.mp4",
            "yard_cam1",
            "2026-08-11T03:07:47.123456Z",
        ),
        (
            "{camera}_{YYYYMMDD}_{HHMMSS}.mp4",
            "CAMERA_1_20260811_030747.mp4",
            "CAMERA_1",
            "2026-08-11T03:07:47.000000Z",
        ),
        (
            "nvr: {camera}/*/YYYYMMDDHH.mp4",
            "a/x y/2026081103.mp4",
            "a",
            "2026-08-11T03:00:00.000000Z",
        ),
    ] {
        assert_eq!(read(pattern, path), Some((camera.into(), start.into())), "{pattern}");
    }
    assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "a_20261311_030747.mp4"), None);
    assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "a/b_20260811_030747.mp4"), None);
    assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "_20260811_030747.mp4"), None);
    assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "a b_20260811_030747.mp4"), None);
    assert_eq!(read("{camera}/*/YYYYMMDDHH.mp4", "a/b/c/2026081103.mp4"), None);
}

#[test]
fn a_fraction_is_cut_to_nanoseconds() {
    let found = read("%path/%Y-%m-%d_%H-%M-%S-%f.mp4", "cam/2026-08-11_03-07-47-1234567891.mp4");
    assert_eq!(found, None, "what is behind nine digits is none of it");
    let found = read("%path/%Y-%m-%d_%H-%M-%S-%f.mp4", "cam/2026-08-11_03-07-47-5.mp4");
    assert_eq!(found, Some(("cam".into(), "2026-08-11T03:07:47.500000Z".into())));
}

#[test]
fn files_are_looked_for_as_deep_as_a_pattern_says() {
    let depth = |pattern| Pattern::parse(pattern).expect("a pattern").depth();
    assert_eq!(depth("{camera}_{YYYYMMDD}_{HHMMSS}.mp4"), 0);
    assert_eq!(depth("YYYY-MM-DD/HH/{camera}/MM.SS.mp4"), 3);
    assert_eq!(depth("%path/%Y-%m-%d_%H-%M-%S-%f.mp4"), 5);
}

#[test]
fn a_pattern_that_cannot_work_is_refused() {
    for text in
        ["", "*.mp4", "{camera}.mp4", "YYYYMMDDHH.mp4", "{camera}{what}.mp4", "%q", "a b: {camera}"]
    {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(pattern in ".{0,30}", path in ".{0,30}") {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            let _ = pattern.matches(&path);
        }
        let known = Pattern::parse("%path/*%Y-%m-%d_%H-%M-%S-%f.mp4").expect("valid");
        let _ = known.matches(&path);
    }
}
