//! Two real recorders on one camera, stitched: every frame is played once.

mod stitched;

use hitless_schema::testing::{Durability, EphemeralPostgres};
use hitless_tests::{Setup, Site, Stitcher};
use stitched::{CAMERA, Ground, assert_whole, two_recorders};

#[test]
fn a_handover_is_stitched_without_a_lost_or_doubled_frame() {
    let (site, setup) = two_recorders();
    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run", "--since", "1d"]);
    assert!(run.status < 2, "{}{}", run.out, run.err);
    let shown = stitcher.run(&["timeline", "--camera", CAMERA, "--from", "1d", "--to", "now"]);
    eprintln!("{}", shown.out);
    let played = stitcher.played(&stitcher.timeline(CAMERA, shown.status));
    assert_whole(&site.all_segments(), &played);
    let exact = played.iter().filter(|span| span.seam == "exact").count();
    assert_eq!(exact, 1, "one switch from blue to green: {played:#?}");
    assert!(played.iter().all(|span| span.seam != "clock" && span.seam != "gap"));

    let postgres = tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let postgres = EphemeralPostgres::start(Durability::Fast).await.expect("PostgreSQL");
        for _ in 0..2 {
            postgres.database().await;
        }
        postgres
    });
    for database in [None, Some(0)] {
        let url = database.map(|n| postgres.url("hitless", &format!("test_{n}")));
        let ground = Ground::copy_of(&site, &setup, url.as_deref());
        a_lost_database_is_rebuilt_from_the_files(&site, &ground, &played);
        a_second_run_changes_nothing(&ground);
    }
    for database in [None, Some(1)] {
        let url = database.map(|n| postgres.url("hitless", &format!("test_{n}")));
        what_comes_late_in_any_order_is_stitched_as_if_it_had_been_there(
            &site,
            &Ground::empty(&setup, url.as_deref()),
            &played,
        );
    }
    a_dry_run_writes_nothing(&site, &setup);
}

fn a_lost_database_is_rebuilt_from_the_files(
    site: &Site,
    ground: &Ground,
    played: &[hitless_tests::Played],
) {
    let rescanned = ground.stitcher.json(&["rescan"], 0);
    assert_eq!(rescanned["files"], site.all_segments().len(), "{rescanned:#}");
    assert_eq!(rescanned["rows_changed"], rescanned["files"]);
    assert!(ground.stitcher.run(&["run"]).status < 2);
    let rebuilt = ground.played();
    assert_eq!(rebuilt.len(), played.len());
    for (now, was) in rebuilt.iter().zip(played) {
        assert_eq!((now.path.file_name(), now.first), (was.path.file_name(), was.first));
        assert_eq!((now.samples, &now.seam), (was.samples, &was.seam));
    }
    let again = ground.stitcher.json(&["rescan"], 0);
    assert_eq!((&again["read"], &again["rows_changed"]), (&0.into(), &0.into()));
}

fn a_second_run_changes_nothing(ground: &Ground) {
    let before = loop {
        let before = ground.dump();
        let answer = ground.stitcher.run(&["run"]);
        assert!(answer.status < 2, "{}", answer.err);
        // without a recorder the last gap is written when it is long enough
        if answer.out.contains("nothing new") {
            break before;
        }
    };
    let answer = ground.stitcher.run(&["run", "--since", "3d"]);
    assert!(answer.out.contains("nothing new"), "{}", answer.out);
    assert_eq!(ground.dump(), before);
}

/// One segment after the other is added, in an order drawn by lot, and after
/// each a run stitches what there is.
fn what_comes_late_in_any_order_is_stitched_as_if_it_had_been_there(
    site: &Site,
    ground: &Ground,
    played: &[hitless_tests::Played],
) {
    let seed = std::env::var("HITLESS_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("HITLESS_TEST_SEED={seed}");
    let mut lot = fastrand::Rng::with_seed(seed);
    let mut segments = site.all_segments();
    lot.shuffle(&mut segments);
    for segment in &segments {
        ground.add(segment);
        let run = ground.stitcher.run(&["run"]);
        assert!(run.status < 2, "{}{}", run.out, run.err);
    }
    let late: Vec<_> = ground.played();
    let names = |all: &[hitless_tests::Played]| -> Vec<_> {
        let one = |p: &hitless_tests::Played| {
            (p.path.file_name().map(ToOwned::to_owned), p.first, p.samples, p.seam.clone())
        };
        all.iter().map(one).collect()
    };
    assert_eq!(names(&late), names(played));
}

fn a_dry_run_writes_nothing(site: &Site, setup: &Setup) {
    let ground = Ground::copy_of(site, setup, None);
    ground.stitcher.json(&["rescan"], 0);
    let before = ground.dump();
    let answer = ground.stitcher.run(&["run", "--dry-run"]);
    assert!(answer.status < 2, "{}", answer.err);
    assert!(answer.out.contains("exact"), "{}", answer.out);
    assert_eq!(ground.dump(), before);
}
