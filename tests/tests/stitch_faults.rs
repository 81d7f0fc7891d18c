//! Stitching among broken files, killed at any moment, and twice at once.

mod stitched;

use hitless_tests::{Played, SegmentFile, Stitcher, until};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use stitched::{CAMERA, Ground, assert_whole, two_recorders};

type Name = (String, usize, usize, String);

fn names(played: &[Played]) -> Vec<Name> {
    let one = |p: &Played| {
        let file = p.path.file_name().map(|name| name.to_string_lossy().into_owned());
        (file.unwrap_or_default(), p.first, p.samples, p.seam.clone())
    };
    played.iter().map(one).collect()
}

#[test]
fn stitching_survives_broken_files_kills_and_company() {
    let (site, setup) = two_recorders();
    let whole = Ground::copy_of(&site, &setup, None);
    assert!(whole.stitcher.run(&["run"]).status < 2);
    let expected = names(&whole.played());

    broken_files_are_set_aside_and_the_others_are_stitched(&Ground::copy_of(&site, &setup, None));
    killed_at_any_moment_it_leaves_a_whole_timeline(
        &Ground::copy_of(&site, &setup, None),
        &expected,
    );
    two_at_once_do_not_disturb_each_other(&Ground::copy_of(&site, &setup, None), &expected);
    what_is_gone_is_missing_and_an_empty_storage_is_refused(&whole);
}

fn broken_files_are_set_aside_and_the_others_are_stitched(ground: &Ground) {
    let green = ground.site.segments(CAMERA, "green");
    let blue = ground.site.segments(CAMERA, "blue");
    let whole = std::fs::read(&blue[1].path).expect("reads");
    let broken: [(&SegmentFile, Vec<u8>); 4] = [
        (&green[green.len() - 2], Vec::new()),
        (&green[1], b"no movie".repeat(100)),
        (&blue[1], whole[..40].to_vec()),
        (&blue[3], [&0xFFFF_FFFF_u32.to_be_bytes()[..], b"moov", &[0; 64]].concat()),
    ];
    for (segment, bytes) in &broken {
        std::fs::write(&segment.path, bytes).expect("writes");
    }
    let run = ground.stitcher.json(&["run"], 1);
    let problems = run["problems"].to_string();
    for (segment, _) in &broken {
        assert!(problems.contains(&segment.name.to_string()), "{}: {run:#}", segment.name);
    }
    let good: Vec<SegmentFile> = ground
        .site
        .all_segments()
        .into_iter()
        .filter(|segment| broken.iter().all(|(bad, _)| bad.name != segment.name))
        .collect();
    let played = ground.played();
    let used: BTreeSet<_> = played.iter().map(|p| p.path.clone()).collect();
    assert!(used.iter().all(|path| good.iter().any(|segment| segment.path == *path)));
    let ours = hitless_tests::spans::checksums(&played);
    let mut recorded = BTreeSet::new();
    for file in &good {
        recorded.extend(hitless_tests::spans::framemd5(&file.path));
    }
    assert_eq!(ours.len(), recorded.len(), "every frame of the good files is played once");
    let missing = |e: &serde_json::Value| e["kind"] == "gap" || e["kind"] == "hole";
    let missing: Vec<_> = ground.entries().into_iter().filter(missing).collect();
    assert!(missing.iter().any(|one| one["cause"] == "corrupt"), "{missing:?}");
}

fn killed_at_any_moment_it_leaves_a_whole_timeline(ground: &Ground, expected: &[Name]) {
    // how long a run takes when nobody kills it
    let begun = Instant::now();
    assert!(ground.stitcher.run(&["run", "--dry-run"]).status < 2);
    let usual = u64::try_from(begun.elapsed().as_millis()).unwrap_or(1000).max(50);
    let mut states = BTreeSet::new();
    for _ in 0..25 {
        let mut child = ground.stitcher.command(&["run"]).spawn().expect("starts");
        let moment = Duration::from_millis(fastrand::u64(0..usual * 2));
        let deadline = Instant::now() + moment;
        while Instant::now() < deadline && child.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        let now = read(&ground.stitcher);
        assert!(now.is_empty() || now == expected, "{now:?}");
        states.insert(now.len());
        if now == expected && states.len() > 1 {
            break;
        }
    }
    let run = ground.stitcher.run(&["run"]);
    assert!(run.status < 2 && !run.out.contains("another run"), "{}{}", run.out, run.err);
    assert_eq!(read(&ground.stitcher), expected);
}

/// The timeline as far as there is one.
fn read(stitcher: &Stitcher) -> Vec<Name> {
    let range = ["--from", "2020-01-01", "--to", "2100-01-01", "--json"];
    let answer = stitcher.run(&[&["timeline", "--camera", CAMERA][..], &range].concat());
    match serde_json::from_str(&answer.out) {
        Ok(timeline) => names(&stitcher.played(&timeline)),
        Err(_) => Vec::new(),
    }
}

fn two_at_once_do_not_disturb_each_other(ground: &Ground, expected: &[Name]) {
    let mut runs: Vec<_> = (0..4)
        .map(|_| ground.stitcher.command(&["run", "--json"]).spawn().expect("starts"))
        .collect();
    until("all runs end", Duration::from_secs(60), || {
        runs.iter_mut().all(|run| run.try_wait().expect("a child").is_some())
    });
    for mut run in runs {
        let status = run.wait().expect("ended").code();
        assert!(matches!(status, Some(0 | 1)), "{status:?}");
    }
    assert!(ground.stitcher.run(&["run"]).status < 2);
    assert_eq!(read(&ground.stitcher), expected);
    assert_whole(&ground.site.all_segments(), &ground.played());
}

fn what_is_gone_is_missing_and_an_empty_storage_is_refused(ground: &Ground) {
    let storage = ground.site.storage();
    let camera = storage.join(CAMERA);
    let away = storage.join(".away");
    std::fs::rename(&camera, &away).expect("moves");
    let before = ground.dump();
    let refused = ground.stitcher.run(&["rescan"]);
    assert_eq!(refused.status, 2, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("mounted"), "{}", refused.err);
    let refused = ground.stitcher.run(&["run"]);
    assert_eq!(refused.status, 2, "{}{}", refused.out, refused.err);
    assert_eq!(ground.dump(), before);
    std::fs::rename(&away, &camera).expect("moves back");
    let lost = &ground.site.segments(CAMERA, "green")[5];
    std::fs::remove_file(&lost.path).expect("removes");
    let rescanned = ground.stitcher.json(&["rescan"], 1);
    assert_eq!(rescanned["missing"], 1, "{rescanned:#}");
    assert!(ground.stitcher.run(&["run"]).status < 2);
    assert!(ground.played().iter().all(|span| span.path != lost.path));
}
