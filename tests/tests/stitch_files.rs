//! Files that retention removes, that must stay, and that others wrote.

mod stitched;

use hitless_tests::{Setup, Site};
use std::path::Path;
use std::time::{Duration, SystemTime};
use stitched::{CAMERA, Ground, two_recorders};

#[test]
fn files_are_removed_kept_and_brought_in() {
    let (site, setup) = two_recorders();
    let ground = Ground::copy_of(&site, &setup, None);
    assert!(ground.stitcher.run(&["run"]).status < 2);
    duplicates_go_and_nothing_is_lost(&ground);
    what_is_protected_stays_and_the_rest_is_expired(&ground);
    recordings_of_others_are_brought_in(&site, &setup);
}

fn duplicates_go_and_nothing_is_lost(ground: &Ground) {
    let before = ground.played();
    let all = ground.site.all_segments().len();
    let shown = ground.stitcher.json(&["prune", "--duplicates", "now"], 0);
    let chosen = shown["segments"].as_array().expect("a list").clone();
    assert!(!chosen.is_empty(), "{shown:#}");
    assert!(chosen.iter().all(|one| one["duplicate"] == true));
    let dry = ["prune", "--duplicates", "now", "--dry-run"];
    assert_eq!(ground.stitcher.json(&dry, 0), shown);
    let both = ground.stitcher.run(&[&dry[..], &["--yes"]].concat());
    assert!(both.status == 2 && both.err.contains("cannot be used with"), "{}", both.err);
    assert_eq!(ground.site.all_segments().len(), all, "only shown");
    let done = ground.stitcher.json(&["prune", "--duplicates", "now", "--yes"], 0);
    assert_eq!(done["removed"], chosen.len(), "{done:#}");
    assert_eq!(ground.site.all_segments().len(), all - chosen.len());
    assert_eq!(metas(ground.site.storage()), all - chosen.len(), ".meta files go too");
    assert!(ground.stitcher.run(&["run"]).status < 2);
    assert_eq!(ground.played(), before, "what is played is the same");
    stitched::assert_whole(&ground.site.all_segments(), &before);
}

fn what_is_protected_stays_and_the_rest_is_expired(ground: &Ground) {
    let entries = ground.entries();
    let spans: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "span").collect();
    let kept = spans[spans.len() / 2];
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (from, to) = (text(&kept["start"]), text(&kept["end"]));
    let protect =
        ["protect", "--camera", CAMERA, "--from", &from, "--to", &to, "--reason", "court"];
    assert_eq!(ground.stitcher.run(&protect).status, 0);
    let mirror = ground.site.storage().join(".hitless/protections.json");
    assert!(std::fs::read_to_string(&mirror).expect("a mirror").contains("court"));
    let listed = ground.stitcher.json(&["protect", "--list"], 0);
    assert_eq!(listed["protections"][0]["reason"], "court");
    let all = ground.site.all_segments();
    // seconds around a protected range are protected with it
    let none = ground.stitcher.json(&["prune", "--before", "now", "--yes"], 0);
    assert_eq!((&none["removed"], ground.site.all_segments().len()), (&0.into(), all.len()));
    let lift = ["protect", "--remove", "--camera", CAMERA, "--from", &from, "--to", &to];
    assert_eq!(ground.stitcher.run(&lift).status, 0);
    assert!(!std::fs::read_to_string(&mirror).expect("a mirror").contains("court"));
    assert_eq!(ground.stitcher.run(&lift).status, 1, "there is none any more");

    let done = ground.stitcher.json(&["prune", "--before", &from, "--yes"], 0);
    assert!(done["removed"].as_u64().is_some_and(|n| n > 0), "{done:#}");
    let left = ground.site.all_segments();
    assert!(left.iter().any(|segment| kept["segment"] == segment.name.to_string()), "{left:?}");
    assert!(ground.stitcher.run(&["run"]).status < 2);
    let now = ground.entries();
    assert_eq!(now[0]["kind"], "expired", "{now:#?}");
    assert_eq!(now[0]["start"], entries[0]["start"], "expired footage is no gap: {now:#?}");
    // once more changes nothing, also when the rows are folded away
    assert!(ground.stitcher.run(&["run"]).status < 2);
    let same = |all: &[serde_json::Value]| -> Vec<_> {
        let at_the_end = |e: &&serde_json::Value| e["kind"] != "gap" && e["kind"] != "hole";
        all.iter().filter(at_the_end).cloned().collect()
    };
    assert_eq!(same(&ground.entries()), same(&now));
}

fn metas(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    let count = |path: std::path::PathBuf| match path.is_dir() {
        true => metas(&path),
        false => usize::from(path.extension().is_some_and(|e| e == "meta")),
    };
    entries.map(|entry| count(entry.path())).sum()
}

/// The same footage under the names that Frigate, `MediaMTX` and a plain
/// recorder give, without our `.meta` files.
fn recordings_of_others_are_brought_in(site: &Site, setup: &Setup) {
    let patterns = vec![
        "frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4",
        "mediamtx: %path/%Y-%m-%d_%H-%M-%S-%f.mp4",
        "{camera}_{YYYYMMDD}_{HHMMSS}.mp4",
    ];
    let setup = setup.clone().table("stitcher", "foreign", patterns);
    let ground = Ground::empty(&setup, None);
    let green = site.segments(CAMERA, "green");
    let storage = ground.site.storage();
    for (segment, place) in green.iter().zip([
        "2026-08-11/03/front/07.47.mp4",
        "yard/2026-08-11_03-07-48-123456.mp4",
        "gate_20260811_030749.mp4",
    ]) {
        let place = storage.join(place);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&segment.path, &place).expect("copies");
        let file = std::fs::File::options().write(true).open(&place).expect("opens");
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("an old file");
    }
    let rescanned = ground.stitcher.json(&["rescan"], 0);
    assert_eq!((&rescanned["linked"], &rescanned["files"]), (&3.into(), &3.into()));
    assert!(ground.stitcher.run(&["run"]).status < 2);
    for (camera, instance, start) in [
        ("front", "frigate", "2026-08-11T03:07:47.000000Z"),
        ("yard", "mediamtx", "2026-08-11T03:07:48.123456Z"),
        ("gate", "foreign", "2026-08-11T03:07:49.000000Z"),
    ] {
        let timeline = ground.stitcher.timeline(camera, 1);
        let span = &timeline["entries"][0];
        assert_eq!((&span["instance"], &span["start"]), (&instance.into(), &start.into()));
        assert_eq!(span["run"], serde_json::Value::Null);
        let played = ground.stitcher.played(&timeline);
        assert_eq!(hitless_tests::spans::numbers(&played).len(), played[0].samples);
    }
    let again = ground.stitcher.json(&["rescan"], 0);
    assert_eq!((&again["linked"], &again["rows_changed"]), (&0.into(), &0.into()));
}
