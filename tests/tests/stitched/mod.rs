//! What the stories about stitching have in common: a recording by two
//! instances, copies of it to do things to, and what a database says.
#![allow(dead_code, reason = "each story takes what it needs")]

use hitless_fixtures::{CameraSpec, Cameras, Tally, spawn};
use hitless_model::{CameraId, Utc};
use hitless_schema::read::ChangeSeq;
use hitless_schema::{DatabaseUrl, Store};
use hitless_tests::{Played, SegmentFile, Setup, Site, Stitcher, spans, until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

pub const CAMERA: &str = "CAM_1";
const SOON: Duration = Duration::from_secs(60);

/// Waits until an instance has so many segments on disk.
pub fn segments(site: &Site, instance: &str, count: usize) {
    let what = format!("{count} segments of {instance}");
    until(&what, SOON, || site.segments(CAMERA, instance).len() >= count);
}

pub fn setup(cameras: &Cameras) -> Setup {
    Setup::new().table("recorder", "heartbeat_seconds", 1).camera(CAMERA, cameras.url("cam1"))
}

/// Blue records, green joins it, blue leaves, green goes on.
pub fn two_recorders() -> (Site, Setup) {
    let cameras = spawn(&[CameraSpec::named("cam1")]).expect("cameras");
    let site = Site::new();
    let setup = setup(&cameras);
    let mut blue = site.start("blue", &setup);
    segments(&site, "blue", 3);
    let mut green = site.start("green", &setup);
    segments(&site, "green", 4);
    assert!(blue.terminate().success());
    let more = site.segments(CAMERA, "green").len() + 3;
    segments(&site, "green", more);
    assert!(green.terminate().success());
    (site, setup)
}

/// A site of its own with an empty database.
pub struct Ground {
    pub site: Site,
    pub stitcher: Stitcher,
    pub url: DatabaseUrl,
}

impl Ground {
    /// Without footage; `database` as in a configuration, or SQLite.
    pub fn empty(setup: &Setup, database: Option<&str>) -> Self {
        let site = Site::new();
        let text = match database {
            Some(text) => text.to_owned(),
            None => format!("sqlite://{}", site.folder().join("index.db").display()),
        };
        let stitcher = Stitcher::new(&site, &setup.clone().key("database", text.as_str()));
        let url = DatabaseUrl::parse(&text).expect("a database");
        Self { site, stitcher, url }
    }

    /// With a copy of all footage.
    pub fn copy_of(site: &Site, setup: &Setup, database: Option<&str>) -> Self {
        let ground = Self::empty(setup, database);
        for segment in site.all_segments() {
            ground.add(&segment);
        }
        ground
    }

    /// A copy of one segment, its `.meta` file first.
    pub fn add(&self, segment: &SegmentFile) {
        let to = self.site.storage().join(segment.name.relative_path());
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let meta = segment.path.with_extension("meta");
        if meta.exists() {
            std::fs::copy(meta, to.with_extension("meta")).expect("copies");
        }
        std::fs::copy(&segment.path, to).expect("copies");
    }

    /// The entries of the timeline, which may have gaps.
    pub fn entries(&self) -> Vec<Value> {
        let range = ["--from", "2020-01-01", "--to", "2100-01-01"];
        let answer =
            self.stitcher.run(&[&["timeline", "--camera", CAMERA, "--json"][..], &range].concat());
        assert!(answer.status < 2, "{}", answer.err);
        let timeline: Value = serde_json::from_str(&answer.out).expect("JSON");
        timeline["entries"].as_array().expect("entries").clone()
    }

    pub fn played(&self) -> Vec<Played> {
        self.stitcher.played(&serde_json::json!({ "entries": self.entries() }))
    }

    /// All that stitching has stored.
    pub fn dump(&self) -> String {
        dump(&self.url)
    }
}

/// All that stitching has stored of the camera, but the log of its runs.
pub fn dump(url: &DatabaseUrl) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let store = Store::open(url).await.expect("the database opens");
        let camera = CameraId::new(CAMERA).expect("valid");
        let (first, last) = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
        let entries = store.timeline(&camera, first, last).await.expect("entries");
        let gaps = store.gaps(None, first, last).await.expect("gaps");
        let alignments = store.alignments(&camera, first, last).await.expect("alignments");
        let findings = store.findings(&camera, first, last).await.expect("findings");
        let carries = store.carries(&camera, first, last).await.expect("carries");
        let segments =
            store.segments_changed_since(ChangeSeq::START, u32::MAX >> 1).await.expect("segments");
        let state = store.stitch_state(&camera).await.expect("the state");
        store.close().await;
        format!(
            "{entries:#?}\n{gaps:#?}\n{alignments:#?}\n{findings:#?}\n{carries:?}\n{segments:#?}\n{state:#?}"
        )
    })
}

/// Every frame that any recorder has is played once, in order.
#[track_caller]
pub fn assert_whole(storage: &[SegmentFile], played: &[Played]) {
    let numbers = spans::numbers(played);
    let tally = Tally::of(&numbers);
    assert!(tally.is_whole(), "{tally}");
    let ours = spans::checksums(played);
    let distinct: BTreeSet<&String> = ours.iter().collect();
    assert_eq!(distinct.len(), ours.len(), "a frame is played twice");
    let mut recorded = BTreeSet::new();
    for file in storage {
        recorded.extend(spans::framemd5(&file.path));
    }
    assert_eq!(distinct.len(), recorded.len(), "a frame that was recorded is not played");
    assert!(recorded.iter().all(|sum| distinct.contains(sum)));
}

/// The folder that a segment lies in.
pub fn folder(segment: &SegmentFile) -> &Path {
    segment.path.parent().expect("a segment lies in a folder")
}
