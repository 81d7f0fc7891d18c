//! The half of `tools/bench` on clips and reports that has to be a program of
//! ours: `tools/bench.d/clips.py` drives it and measures it from outside.
//!
//! ```text
//! clips export CONFIG CAMERA FROM TO OUT [manifest]   as `stitcher export`, but not synced
//! clips merge OUT IN...                               by the crate mp4-merge
//! clips day CONFIG CAMERA FROM TO                     rows about a virtual MP4
//! clips month CONFIG CAMERAS DAYS                     fills a database to be reported on
//! ```

mod clip;
mod day;
mod month;

use hitless_model::{CameraId, Utc};
use hitless_stitcher::site::{Site, load};
use std::path::{Path, PathBuf};

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    match arguments.as_slice() {
        ["merge", out, from @ ..] => merge(Path::new(out), from),
        ["export", config, camera, from, to, out, rest @ ..] => {
            let manifest = rest == ["manifest"];
            let (site, camera) = (runtime.block_on(site(config)), id(camera));
            let order = clip::Wanted { camera, from: at(from), to: at(to), manifest };
            runtime.block_on(clip::export(&site, &order, Path::new(out)));
        }
        ["day", config, camera, from, to] => {
            let site = runtime.block_on(site(config));
            runtime.block_on(day::measure(&site, &id(camera), at(from), at(to)));
        }
        ["month", config, cameras, days] => {
            let (cameras, days) = (cameras.parse(), days.parse());
            let site = runtime.block_on(site(config));
            runtime.block_on(month::fill(
                &site.store,
                cameras.expect("a number"),
                days.expect("a number"),
            ));
        }
        // `cargo bench` of everything: tools/bench has the figures.
        _ => println!("run tools/bench export, or see the head of {}", file!()),
    }
}

async fn site(config: &str) -> Site {
    let config = load(Some(PathBuf::from(config))).expect("a configuration");
    Site::open(config).await.expect("a database")
}

fn id(camera: &str) -> CameraId {
    CameraId::new(camera).expect("an id")
}

fn at(instant: &str) -> Utc {
    Utc::parse(instant).expect("an instant")
}

fn merge(out: &Path, from: &[&str]) {
    let files: Vec<&Path> = from.iter().map(Path::new).collect();
    mp4_merge::join_files(&files, &out, |_| {}).expect("merged");
}
