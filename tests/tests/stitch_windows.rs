//! A run over a part of the time gives what a run over all of it would.
//!
//! With joints every two seconds instead of every hour, so that a few seconds
//! of real footage make many windows.

mod stitched;

use hitless_config::{Config, LoadOptions};
use hitless_model::Nanos;
use hitless_stitcher::compute::Compute;
use hitless_stitcher::run::{Options, run};
use hitless_stitcher::site::Site;
use hitless_tests::Played;
use stitched::{Ground, two_recorders};

async fn open(ground: &Ground) -> Site {
    let file = ground.site.folder().join("stitcher.toml");
    let config = Config::load(&LoadOptions::from_process(Some(file))).expect("a configuration");
    let mut site = Site::open(config).await.expect("opens");
    site.settings.checkpoint_every = Nanos::from_secs(2);
    site
}

fn stitch(ground: &Ground) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let site = open(ground).await;
        let compute = Compute::new(None).expect("threads");
        let report = run(&site, &compute, &Options::default()).await.expect("runs");
        let failed: Vec<_> =
            report.cameras.iter().filter_map(|c| c.result.as_ref().err()).collect();
        assert!(failed.is_empty(), "{failed:?}");
        site.store.close().await;
    });
}

fn names(played: &[Played]) -> Vec<(String, usize, usize, String)> {
    let one = |p: &Played| {
        let file = p.path.file_name().map(|name| name.to_string_lossy().into_owned());
        (file.unwrap_or_default(), p.first, p.samples, p.seam.clone())
    };
    played.iter().map(one).collect()
}

#[test]
fn windows_that_are_opened_again_and_again_give_the_same_timeline() {
    let (site, setup) = two_recorders();
    let whole = Ground::copy_of(&site, &setup, None);
    stitch(&whole);
    let expected = names(&whole.played());
    stitched::assert_whole(&whole.site.all_segments(), &whole.played());

    let seed = std::env::var("HITLESS_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("HITLESS_TEST_SEED={seed}");
    let mut lot = fastrand::Rng::with_seed(seed);
    for round in 0..4 {
        let ground = Ground::empty(&setup, None);
        let mut segments = site.all_segments();
        match round {
            // as they were recorded: the usual day
            0 => segments.sort_by_key(|s| (s.name.start, s.number())),
            // one instance weeks late
            1 => segments.sort_by_key(|s| (s.name.instance.clone(), s.number())),
            _ => lot.shuffle(&mut segments),
        }
        for segment in &segments {
            ground.add(segment);
            stitch(&ground);
        }
        assert_eq!(names(&ground.played()), expected, "round {round}");
    }
}
