//! An installed recorder, releases to deploy on it, and the tools that do it.

use crate::handover_rig::{Relay, lost, runs, union};
use hitless_fixtures::codec::VideoCodec;
use hitless_fixtures::{CameraSpec, Cameras, Tally, spawn};
use hitless_tests::{Setup, Site, Stitcher, program, spans};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const CAMERAS: [&str; 2] = ["CAM_1", "CAM_2"];
/// Set from the start, and heard by the release that hears it only.
pub const HEARD_BY_THE_DEAF: &str = "HITLEST_CAMERA__1__ENABLED";

/// A recorder that runs from a folder as after an installation, H.264 and H.265.
pub struct Installation {
    pub relay: Relay,
    pub site: Site,
    pub setup: Setup,
    pub installed: PathBuf,
    _cameras: Cameras,
}

/// What a tool did.
pub struct Done {
    pub status: i32,
    pub said: String,
    /// What the alert hook was told.
    pub alert: String,
}

impl Installation {
    pub fn new() -> Self {
        let named = |name: &str| CameraSpec { gop: 30, ..CameraSpec::named(name) };
        let h265 = CameraSpec { codec: VideoCodec::H265, ..named("CAM_2") };
        let cameras = spawn(&[named("CAM_1"), h265]).expect("cameras");
        let setup = Setup::new().table("handover", "max_seconds", 15);
        let setup = CAMERAS.iter().fold(setup, |s, c| s.camera(c, cameras.url(c)));
        let site = Site::new();
        let folder = site.folder().join("bin");
        std::fs::create_dir(&folder).expect("a folder");
        let installed = folder.join("recorder");
        std::fs::copy(program("recorder"), &installed).expect("installs");
        std::fs::copy(program("stitcher"), folder.join("stitcher")).expect("installs");
        let run = format!("shift; exec '{}' \"$@\"", installed.display());
        let launch = site.launch("blue", &setup).through(&["/bin/sh", "-c", &run, "sh"]);
        let relay = Relay::of(launch.env(HEARD_BY_THE_DEAF, "false"), &site, "blue");
        relay.wait_recording(&CAMERAS);
        Self { relay, site, setup, installed, _cameras: cameras }
    }

    /// `tools/{tool}` on it, to be started.
    pub fn tool(&self, tool: &str) -> Command {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools");
        let mut command = Command::new(tools.join(tool));
        command.arg("--config").arg(self.relay.config()).args(["--settle", "3"]);
        command.arg("--alert-hook").arg(format!("cat > '{}'", self.alert().display()));
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, tool: &str, arguments: &[&str]) -> Done {
        self.done(&self.tool(tool).args(arguments).output().expect("python3 is there"))
    }

    pub fn done(&self, output: &Output) -> Done {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = text(&output.stdout) + &text(&output.stderr);
        eprintln!("{said}");
        let alert = std::fs::read_to_string(self.alert()).unwrap_or_default();
        Done { status: output.status.code().unwrap_or(-1), said, alert }
    }

    fn alert(&self) -> PathBuf {
        self.site.folder().join("alert")
    }

    /// What lies beside the installed program.
    pub fn beside(&self, role: &str) -> PathBuf {
        self.installed.with_file_name(format!("recorder.{role}"))
    }

    /// A release: the program under test, changed.
    pub fn release(&self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let bytes = std::fs::read(program("recorder")).expect("the program");
        self.write(name, &change(bytes))
    }

    /// A release that is a script around the program under test.
    pub fn script(&self, name: &str, as_successor: &str) -> String {
        let good = program("recorder");
        let text = format!(
            "#!/bin/sh\n[ -z \"$HITLESS_HANDOVER_ROLE\" ] || {{ {as_successor}; }}\nexec '{}' \"$@\"\n",
            good.display()
        );
        self.write(name, text.as_bytes())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.site.folder().join(name);
        std::fs::write(&path, bytes).expect("a release");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("a program");
        path.to_str().expect("a path").to_owned()
    }

    /// Whether the recorder that answers runs what is under this path now.
    pub fn runs(&self, path: &Path) -> bool {
        let running = std::fs::read(format!("/proc/{}/exe", self.relay.pid())).expect("it runs");
        std::fs::read(path).expect("it is there") == running
    }

    /// Ends the recorder; every frame of a camera was recorded by somebody and
    /// is played exactly once.
    #[track_caller]
    pub fn assert_whole(&mut self, cameras: &[&str]) {
        self.relay.terminate();
        let stitcher = Stitcher::new(&self.site, &self.setup);
        let run = stitcher.run(&["run"]);
        assert!(run.status < 2, "{}", run.err);
        for camera in cameras {
            let runs = runs(&self.site, camera);
            assert!(lost(&runs).is_empty(), "{camera} lost {:?}", lost(&runs));
            let asked = ["timeline", "--camera", camera, "--from", "1d", "--to", "now", "--json"];
            let answer = stitcher.run(&asked);
            let timeline = serde_json::from_str(&answer.out).expect("JSON");
            let played = spans::numbers(&stitcher.played(&timeline));
            let recorded = union(&runs);
            let ends = |numbers: &[u64]| (numbers.first().copied(), numbers.last().copied());
            let all = (recorded.first().copied(), recorded.last().copied());
            assert_eq!(ends(&played), all, "{camera}");
            assert!(Tally::of(&played).is_whole(), "{camera}: {}", Tally::of(&played));
        }
    }
}

/// Each occurrence of some bytes replaced by as many others, but not where
/// `followed` comes next.
pub fn replace(mut bytes: Vec<u8>, what: &[u8], by: &[u8], followed: Option<&[u8]>) -> Vec<u8> {
    assert_eq!(what.len(), by.len());
    let stays = |rest: &[u8]| followed.is_some_and(|next| rest.starts_with(next));
    let found = bytes.windows(what.len()).enumerate().filter(|(_, window)| *window == what);
    let places: Vec<usize> =
        found.map(|(at, _)| at).filter(|at| !stays(&bytes[at + what.len()..])).collect();
    assert!(!places.is_empty(), "the program has no {:?}", String::from_utf8_lossy(what));
    for at in places {
        bytes[at..at + by.len()].copy_from_slice(by);
    }
    bytes
}
