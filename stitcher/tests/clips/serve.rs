//! `stitcher serve`, by the program itself, asked over HTTP.

use crate::footage::run;
use crate::judge::pictures;
use crate::verified::{FROM, Site, TO, site};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

pub struct Served {
    child: Child,
    pub url: String,
    agent: ureq::Agent,
}

impl Served {
    pub fn start(site: &Site, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stitcher"))
            .current_dir(&site.folder)
            .args(["serve", "--bind", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("it says where");
        let url = line.trim().trim_end_matches('/').to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { child, url, agent: config.into() }
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> ureq::http::Response<ureq::Body> {
        let mut ask = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            ask = ask.header(*name, *value);
        }
        ask.call().expect("an answer")
    }

    fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
        let mut answer = self.get(path, headers);
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut bytes).expect("a body");
        (answer.status().as_u16(), bytes)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_clip_is_the_same_in_one_go_and_by_ranges() {
    let site = site("serve-clip");
    let served = Served::start(&site, &[]);
    let clip = format!("/api/clip?camera=CAM_1&from={FROM}&to={TO}");
    let (status, whole) = served.bytes(&clip, &[]);
    assert_eq!(status, 200);
    let path = site.folder.join("served.mp4");
    std::fs::write(&path, &whole).expect("written");
    assert_eq!(pictures(&path).len(), 125);
    let mut parts = Vec::new();
    while parts.len() < whole.len() {
        let range = format!("bytes={}-{}", parts.len(), parts.len() + 70_000);
        let answer = served.get(&clip, &[("range", &range)]);
        assert_eq!(answer.status(), 206);
        let told = answer.headers()["content-range"].to_str().expect("text").to_owned();
        assert!(told.ends_with(&format!("/{}", whole.len())), "{told}");
        parts.extend(answer.into_body().read_to_vec().expect("a body"));
    }
    assert!(parts == whole);
    assert_eq!(served.bytes(&clip, &[("range", "bytes=999999999-")]).0, 416);
    let head = [("range", "bytes=0-9"), ("if-range", "\"another\"")];
    assert_eq!(served.bytes(&clip, &head).0, 200, "a part of another clip is no use");
}

/// The same frames in fragments, packet by packet, as another player reads
/// them from the list.
#[test]
fn a_stream_of_fragments_has_the_same_frames() {
    let site = site("serve-fragments");
    let served = Served::start(&site, &[]);
    let asked = format!("camera=CAM_1&from={FROM}&to={TO}");
    let path = site.folder.join("served.mp4");
    std::fs::write(&path, served.bytes(&format!("/api/clip?{asked}"), &[]).1).expect("written");
    let list = format!("{}/api/hls/list.m3u8?{asked}", served.url);
    for (what, stream) in [("pictures", "0:v:0"), ("sound", "0:a:0")] {
        let packets = |file: &str| {
            let head = ["-v", "error", "-i", file, "-map", stream];
            let tail = ["-c", "copy", "-f", "framemd5", "-"];
            let text = String::from_utf8(run("ffmpeg", &[&head[..], &tail[..]].concat()));
            let text = text.expect("text");
            let lines = text.lines().filter(|l| !l.starts_with('#'));
            let hash = |l: &str| l.split(',').nth(5).expect("a hash").trim().to_owned();
            lines.map(hash).collect::<Vec<String>>()
        };
        let clip = packets(path.to_str().expect("UTF-8"));
        assert_eq!(packets(&list), clip, "{what}");
    }
    assert_eq!(served.bytes(&format!("/api/hls/part.m4s?{asked}&n=99"), &[]).0, 404);
    assert_eq!(served.bytes(&format!("/api/hls/init.mp4?{asked}&entry=7"), &[]).0, 404);
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_reason() {
    let site = site("serve-refused");
    let served = Served::start(&site, &[]);
    for (path, status) in [
        ("/", 200),
        ("/api/cameras", 200),
        (&*format!("/api/timeline?camera=CAM_1&from={FROM}&to={TO}"), 200),
        ("/api/timeline?camera=CAM_9&from=1h&to=now", 404),
        ("/api/timeline?camera=CAM_1&from=now&to=1h", 400),
        ("/api/timeline?camera=..%2F..&from=1h&to=now", 400),
        ("/api/clip?camera=CAM_1&from=1h", 400),
        ("/api/clip?camera=CAM_1&from=2001-01-01&to=2001-01-02", 404),
        ("/api/clip?camera=CAM_1&from=2001-01-01&to=2026-01-02", 400),
        ("/etc/passwd", 404),
    ] {
        assert_eq!(served.bytes(path, &[]).0, status, "{path}");
    }
    assert_eq!(served.bytes("/api/cameras", &[("host", "evil.example")]).0, 403);
}

#[test]
fn with_a_token_nobody_is_answered_without() {
    let site = site("serve-token");
    std::fs::write(site.folder.join("token"), "open-sesame\n").expect("written");
    let config = site.folder.join("hitless.toml");
    let text = std::fs::read_to_string(&config).expect("there");
    let text = format!("{text}[stitcher]\ntoken_file = \"token\"\n");
    std::fs::write(&config, text).expect("written");
    let served = Served::start(&site, &[]);
    for (path, headers, status) in [
        ("/", vec![], 401),
        ("/api/cameras", vec![("authorization", "Bearer wrong")], 401),
        ("/api/cameras", vec![("authorization", "Bearer open-sesame")], 200),
        ("/api/cameras?token=open-sesame", vec![], 200),
        ("/api/cameras?token=open-sesam", vec![], 401),
        ("/?token=open-sesame", vec![], 200),
    ] {
        assert_eq!(served.bytes(path, &headers).0, status, "{path}");
    }
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let site = site("serve-open");
    let said = site.fails(&["serve", "--bind", "0.0.0.0:0"]);
    assert!(said.contains("token_file"), "{said}");
}
