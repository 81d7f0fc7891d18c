//! Users, passwords, certificates and wrong addresses: who is let in is
//! recorded, who is not is told why, and a password is seen nowhere.

mod verdict;

use hitless_fixtures::camera::Auth;
use hitless_fixtures::{CameraSpec, Cameras, spawn};
use hitless_tests::{CameraSetup, Setup, Site, program};
use std::path::{Path, PathBuf};
use std::process::Command;
use verdict::{SOON, Watch, camera, wait_reason};

const REFUSED: &str = "the camera refuses the user or password (401)";
const NOT_GIVEN: &str = "the camera wants a user and a password, and none are configured (401)";

/// Cameras that let the recorder in, by id.
const RIGHT: &[&str] = &[
    "good",
    "basic-right",
    "digest-right",
    "digest-right-gst",
    "from-file",
    "trusted",
    "insecure",
];
/// Those that do not, with what is said.
const WRONG: &[(&str, &str)] = &[
    ("basic-wrong", REFUSED),
    ("digest-wrong", REFUSED),
    ("basic-wrong-gst", REFUSED),
    ("digest-wrong-gst", REFUSED),
    ("not-given", NOT_GIVEN),
    ("not-given-gst", NOT_GIVEN),
    ("untrusted", "a certificate of your own needs tls_ca_file"),
    ("wrong-port", "no connection to 127.0.0.1:"),
    ("wrong-port-gst", "no connection to 127.0.0.1:"),
    ("wrong-path", "the camera has nothing at /nowhere (404); look at the path in the url"),
    ("wrong-path-gst", "the camera has nothing at /nowhere (404); look at the path in the url"),
    ("in-path", "the camera has nothing at /good/user=joe&password=*** (404)"),
    ("in-path-gst", "the camera has nothing at /good/user=joe&password=*** (404)"),
    ("busy", "the camera takes no further session now (503)"),
    ("busy-gst", "the camera takes no further session now (503)"),
];
/// The passwords, right and wrong, and how Basic shows them.
const SECRETS: &[&str] =
    &["open-sesame", "guessed", "a2VlcGVyOm9wZW4tc2VzYW1l", "a2VlcGVyOmd1ZXNzZWQ"];

#[test]
fn who_is_let_in_is_recorded_who_is_not_is_told_why_and_no_password_is_seen() {
    let (site, cameras) = (Site::new(), spawn_cameras());
    let setup = setup(&site, &cameras);
    let mut recorder = site.launch("blue", &setup).env("HITLESS_LOG", "trace").start();
    recorder.wait_recording(RIGHT, SOON);
    let watch = Watch::begin(&cameras, "good");
    for (camera, why) in WRONG {
        wait_reason(&recorder, camera, why, SOON);
        let line = recorder.wait_log(&format!("camera {camera} is backing_off: "), SOON);
        assert!(line.contains(why), "{camera} is said to be away because of: {line}");
    }
    let metrics = verdict::checked_metrics(&recorder);
    let (_, ready) = recorder.get("/ready").expect("it answers");
    let health = recorder.health().to_string();
    let check = check(&site);
    let stopped = verdict::stop(&mut recorder, &cameras);
    watch.assert_whole(&site, &stopped, "good");
    assert_no_secret("the metrics", &metrics);
    assert_no_secret("readiness", &ready);
    assert_no_secret("health", &health);
    assert_no_secret("the check", &check);
    assert_no_secret("the log", &recorder.log());
    assert_no_secret_in_files(site.storage());
}

/// `recorder check` says of each camera what the service says.
fn check(site: &Site) -> String {
    let output = Command::new(program("recorder"))
        .args(["check", "--config"])
        .arg(site.folder().join("blue.toml"))
        .output()
        .expect("the check runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for camera in RIGHT {
        let line = format!("ok      camera {camera}: H264, no sound, read by ");
        assert!(said.contains(&line), "{camera}: {said}");
    }
    for (camera, why) in WRONG {
        let found = said.lines().find(|l| l.starts_with(&format!("AWAY    camera {camera}: ")));
        assert!(found.is_some_and(|line| line.contains(why)), "{camera}: {said}");
    }
    said + &String::from_utf8_lossy(&output.stderr)
}

fn spawn_cameras() -> Cameras {
    let guarded = |name: &str, digest| CameraSpec {
        auth: Some(Auth { user: "keeper".into(), password: "open-sesame".into(), digest }),
        ..camera(name)
    };
    spawn(&[
        camera("good"),
        guarded("basic", false),
        guarded("digest", true),
        CameraSpec { tls: true, ..camera("secret") },
        CameraSpec { max_sessions: Some(0), ..camera("busy") },
    ])
    .expect("cameras")
}

fn setup(site: &Site, cameras: &Cameras) -> Setup {
    let with = |camera: &str, who: &str| {
        cameras.url(camera).replacen("rtsp://", &format!("rtsp://{who}@"), 1)
    };
    let plain = |id: &str, url: String| CameraSetup::new(id, url);
    let gst = |id: &str, url: String| CameraSetup::new(id, url).gstreamer("tcp");
    let (good, wrong) = (|c| with(c, "keeper:open-sesame"), |c| with(c, "keeper:guessed"));
    let password = file(site, "password", "open-sesame\n");
    let authority = file(site, "ca.pem", &certificate(cameras));
    let elsewhere = cameras.url("good").replace("/good", "/nowhere");
    let nobody = format!("rtsp://127.0.0.1:{}/good", closed_port());
    let list = [
        plain("good", cameras.url("good")),
        plain("basic-right", good("basic")),
        plain("basic-wrong", wrong("basic")),
        gst("basic-wrong-gst", wrong("basic")),
        plain("digest-right", good("digest")),
        gst("digest-right-gst", good("digest")),
        plain("digest-wrong", wrong("digest")),
        gst("digest-wrong-gst", wrong("digest")),
        plain("from-file", cameras.url("digest"))
            .key("user", "keeper")
            .key("password_file", password.to_string_lossy().into_owned()),
        plain("not-given", cameras.url("digest")),
        gst("not-given-gst", cameras.url("digest")),
        plain("trusted", cameras.url("secret"))
            .key("tls_ca_file", authority.to_string_lossy().into_owned()),
        plain("insecure", cameras.url("secret")).key("tls_insecure", true),
        plain("untrusted", cameras.url("secret")),
        plain("wrong-port", nobody.clone()),
        gst("wrong-port-gst", nobody),
        plain("wrong-path", elsewhere.clone()),
        gst("wrong-path-gst", elsewhere),
        plain("in-path", format!("{}/user=joe&password=guessed", cameras.url("good"))),
        gst("in-path-gst", format!("{}/user=joe&password=guessed", cameras.url("good"))),
        plain("busy", cameras.url("busy")),
        gst("busy-gst", cameras.url("busy")),
    ];
    let setup = Setup::new().table("recorder", "backoff_max_seconds", 2);
    list.into_iter().fold(setup, Setup::with)
}

fn certificate(cameras: &Cameras) -> String {
    let all = cameras.cameras().iter();
    all.filter_map(|c| c.certificate.clone()).next().expect("a camera with a certificate")
}

fn file(site: &Site, name: &str, text: &str) -> PathBuf {
    let path = site.folder().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// A port that nobody listens on.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

#[track_caller]
fn assert_no_secret(place: &str, text: &str) {
    for secret in SECRETS {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{place} shows {secret:?}: {line:?}");
    }
}

/// Database, spool and whatever else lies in the storage.
fn assert_no_secret_in_files(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            assert_no_secret_in_files(&path);
        } else if path.extension().is_none_or(|e| e != "mp4") {
            let bytes = std::fs::read(&path).expect("a file that can be read");
            assert_no_secret(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
    }
}
