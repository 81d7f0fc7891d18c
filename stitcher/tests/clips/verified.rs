//! `verify`, by the program itself: what is right is proven, what is wrong is
//! found.

use crate::files::folder;
use crate::footage::{Shape, run, twice};
use hitless_model::SegmentName;
use serde_json::Value;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A storage with both recordings, indexed and stitched.
pub struct Site {
    pub folder: PathBuf,
}

pub const FROM: &str = "2026-08-11T03:07:47Z";
pub const TO: &str = "2026-08-11T03:07:52Z";

pub fn site(name: &str) -> Site {
    let twice = twice(Shape::Aac);
    let site = Site::new(name);
    site.put("CAM_1_20260811T030747.000000Z_green_000000", &twice.whole);
    for (number, part) in twice.parts.iter().enumerate() {
        let stamp = format!("20260811T0307{:02}.000000Z", 47 + number);
        site.put(&format!("CAM_1_{stamp}_blue_{number:06}"), part);
    }
    site.stitch();
    site
}

impl Site {
    /// A configured folder without footage.
    pub fn new(name: &str) -> Self {
        let site = Self { folder: folder(name) };
        let config = "storage = \"rec\"\ndatabase = \"sqlite://h.db\"\n[recorder]\n\
                      instance = \"blue\"\n[[camera]]\nid = \"CAM_1\"\n\
                      url = \"rtsp://127.0.0.1:1/none\"\n";
        std::fs::write(site.folder.join("hitless.toml"), config).expect("writable");
        site
    }

    /// Indexes and stitches what was put in.
    pub fn stitch(&self) {
        self.stitcher(&["rescan"], &[0]);
        self.stitcher(&["run"], &[0, 1]);
    }

    fn path(&self, name: &str) -> PathBuf {
        let name = SegmentName::parse(&format!("{name}.mp4")).expect("a name");
        self.folder.join("rec").join(name.relative_path())
    }

    pub fn put(&self, name: &str, from: &Path) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::copy(from, path).expect("copied");
    }

    /// What the program answers; its exit status must be one of `expected`.
    pub fn stitcher(&self, args: &[&str], expected: &[i32]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_stitcher"))
            .current_dir(&self.folder)
            .args(args)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let status = output.status.code().expect("not killed");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(expected.contains(&status), "{args:?}: {status}: {said}{answer}");
        answer
    }

    /// What the program says when it could not run.
    pub fn fails(&self, args: &[&str]) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_stitcher"));
        let output = program.current_dir(&self.folder).args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn verify(&self, more: &[&str], expected: i32) -> Value {
        let head = ["verify", "--camera", "CAM_1", "--from", FROM, "--to", TO, "--json"];
        let answer = self.stitcher(&[&head[..], more].concat(), &[expected]);
        serde_json::from_str(&answer).expect("JSON")
    }

    fn truth(&self) -> PathBuf {
        let path = self.folder.join("truth");
        let from = twice(Shape::Aac).whole;
        let from = from.to_str().expect("UTF-8");
        let to = path.to_str().expect("UTF-8");
        let line =
            ["-v", "error", "-y", "-i", from, "-map", "0:v", "-c", "copy", "-f", "framemd5", to];
        run("ffmpeg", &line);
        path
    }
}

fn problems(proof: &Value) -> Vec<&str> {
    let all = proof["problems"].as_array().expect("a list");
    all.iter().map(|p| p["kind"].as_str().expect("a word")).collect()
}

#[test]
fn what_is_right_is_proven() {
    let site = site("verify-right");
    let truth = site.truth();
    let proof = site.verify(&["--truth", truth.to_str().expect("UTF-8")], 0);
    assert_eq!(proof["clean"], true);
    assert_eq!(proof["samples"], 125);
    assert_eq!(proof["truth"]["equal"], 125);
    let overlaps: u64 = proof["overlaps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|o| o["equal"].as_u64().expect("a number"))
        .sum();
    assert_eq!(overlaps, 125, "{proof}");
}

#[test]
fn a_frame_that_the_truth_has_and_the_timeline_not_is_found() {
    let site = site("verify-truth");
    let truth = site.truth();
    let text = std::fs::read_to_string(&truth).expect("there");
    let mut lines: Vec<&str> = text.lines().collect();
    let doubled =
        lines[60].replace(", ", ",").replacen(&lines[60][lines[60].len() - 4..], "0000", 1);
    lines.insert(60, &doubled);
    std::fs::write(&truth, lines.join("\n")).expect("written");
    let proof = site.verify(&["--truth", truth.to_str().expect("UTF-8")], 1);
    assert_eq!(problems(&proof), ["not_the_truth"]);
    assert_eq!(proof["truth"]["missing_in_first"], 1);
}

#[test]
fn a_changed_picture_a_short_file_and_a_lost_one_are_found() {
    let site = site("verify-wrong");
    let part = site.path("CAM_1_20260811T030749.000000Z_blue_000002");
    let movie = hitless_media::mp4::Movie::open(&part).expect("readable");
    let sample = movie.video().expect("pictures").samples.get(12).expect("there");
    let file = std::fs::File::options().write(true).open(&part).expect("writable");
    let middle = sample.offset + u64::from(sample.size) / 2;
    file.write_all_at(b"not what was recorded", middle).expect("written");
    let proof = site.verify(&[], 1);
    assert_eq!(problems(&proof), ["differing_frames"]);

    let whole = site.path("CAM_1_20260811T030747.000000Z_green_000000");
    let played =
        site.stitcher(&["timeline", "--camera", "CAM_1", "--from", FROM, "--to", TO], &[0]);
    let played = if played.contains("green") { whole } else { part };
    std::fs::remove_file(&played).expect("removed");
    let proof = site.verify(&[], 1);
    assert!(problems(&proof).contains(&"unreadable"), "{proof}");
}

#[test]
fn a_clip_that_was_changed_is_found_and_an_honest_one_is_not() {
    let site = site("verify-clip");
    let clip = ["--camera", "CAM_1", "--from", FROM, "--to", TO, "-o", "clip.mp4"];
    site.stitcher(&[&["export"], &clip[..]].concat(), &[0]);
    let check = ["verify", "--file", "clip.mp4", "--json"];
    let proof: Value = serde_json::from_str(&site.stitcher(&check, &[0])).expect("JSON");
    assert_eq!((&proof["second_reader"], &proof["manifest"]), (&true.into(), &true.into()));
    let path = site.folder.join("clip.mp4");
    let size = path.metadata().expect("there").len();
    let file = std::fs::File::options().write(true).open(&path).expect("writable");
    file.write_all_at(b"changed", size / 2).expect("written");
    let proof: Value = serde_json::from_str(&site.stitcher(&check, &[1])).expect("JSON");
    assert_eq!(proof["manifest"], false);
}

/// The camera's clock is set an hour forward while it is recorded: its rows go
/// with it, its timeline does not.
#[test]
fn a_clock_that_was_set_is_no_problem() {
    let site = Site::new("clock-set");
    for (number, part) in (0_i64..).zip(&twice(Shape::Aac).parts) {
        let hour = if number < 2 { 3 } else { 4 };
        let name = format!("CAM_1_20260811T{hour:02}07{}.000000Z_blue_{number:06}", 47 + number);
        site.put(&name, part);
        let utc = (1_786_417_667 + number + (hour - 3) * 3_600) * 1_000_000_000;
        // the files themselves count in other ticks
        let media = number * 90_000;
        let meta = format!(
            "{{\"kind\":\"opened\",\"run\":\"01a1ffed4f257118860961d047bc0e3a\",\"strand\":0,\
             \"rtp_start\":{media},\"timescale\":90000,\"reorder_depth\":0,\"frame\":3600,\
             \"version\":\"0.1.0\"}}\n{{\"kind\":\"clock\",\"media\":{media},\"utc\":{utc},\
             \"source\":\"sender_report\",\"error\":50000000}}\n"
        );
        std::fs::write(site.path(&name).with_extension("meta"), meta).expect("writable");
    }
    site.stitch();
    let proof = site.verify(&[], 0);
    assert_eq!(proof["problems"], serde_json::json!([]));
    assert_eq!(proof["samples"], 125);
}
