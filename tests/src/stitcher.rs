//! The `stitcher` program on a site, and its answers.

use crate::{Setup, Site, program};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

/// The program with a configuration.
#[derive(Debug, Clone)]
pub struct Stitcher {
    config: PathBuf,
    storage: PathBuf,
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A stretch of samples that a timeline plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The segment's file.
    pub path: PathBuf,
    /// Its instance.
    pub instance: String,
    /// How it follows what is before.
    pub seam: String,
    /// Number of its first sample, in decode order.
    pub first: usize,
    /// How many.
    pub samples: usize,
}

impl Stitcher {
    /// On a site, with a configuration of its own.
    pub fn new(site: &Site, setup: &Setup) -> Self {
        let config = site.write_config("stitcher", setup, "127.0.0.1:0");
        Self { config, storage: site.storage().to_owned() }
    }

    /// The command, to be run in a way of one's own.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("stitcher"));
        command.args(arguments).arg("--config").arg(&self.config).env("NO_COLOR", "1");
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Answer {
        let Output { status, stdout, stderr } =
            self.command(arguments).output().expect("the stitcher runs");
        Answer {
            status: status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Runs a command that ends with this status; what it answered in JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str], status: i32) -> Value {
        let answer = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(answer.status, status, "{arguments:?}: {}\n{}", answer.out, answer.err);
        serde_json::from_str(&answer.out).expect("JSON")
    }

    /// A camera's whole timeline, which ends with this status.
    #[track_caller]
    pub fn timeline(&self, camera: &str, status: i32) -> Value {
        let range = ["--from", "2020-01-01", "--to", "2100-01-01"];
        let timeline = self.json(&[&["timeline", "--camera", camera][..], &range].concat(), status);
        assert_eq!(timeline["schema_version"], 1);
        let entries = timeline["entries"].as_array().expect("entries");
        for pair in entries.windows(2) {
            assert_eq!(pair[0]["end"], pair[1]["start"], "{pair:?}");
        }
        timeline
    }

    /// What a timeline plays, in order.
    #[track_caller]
    pub fn played(&self, timeline: &Value) -> Vec<Played> {
        let spans = timeline["entries"].as_array().expect("entries").iter();
        let text = |v: &Value| v.as_str().expect("a text").to_owned();
        let number = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok()).expect("number");
        spans
            .filter(|entry| entry["kind"] == "span")
            .map(|span| Played {
                path: self.storage.join(text(&span["path"])),
                instance: text(&span["instance"]),
                seam: text(&span["seam"]),
                first: number(&span["first_sample"]),
                samples: number(&span["samples"]),
            })
            .collect()
    }
}
