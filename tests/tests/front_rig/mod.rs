//! Two recorders on fixed addresses, the proxies of tools/front before them, and
//! wrk as the load.

use hitless_fixtures::{CameraSpec, Cameras, spawn};
use hitless_tests::{Recorder, Setup, Site, until};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
const CAMERA: &str = "CAM_1";
/// Nobody has a camera there.
const NOBODY: &str = "rtsp://127.0.0.1:1/nobody";

/// Blue and green on one storage.
pub struct Pair {
    running: BTreeMap<&'static str, Recorder>,
    site: Site,
    cameras: Cameras,
    addresses: [String; 3],
}

impl Pair {
    pub fn new() -> Self {
        let spec = CameraSpec { gop: 30, ..CameraSpec::named(CAMERA) };
        let cameras = spawn(&[spec]).expect("cameras");
        // Held together, so that they differ.
        let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let addresses = held.map(|l| l.local_addr().expect("an address").to_string());
        Self { running: BTreeMap::new(), site: Site::new(), cameras, addresses }
    }

    /// As in the examples: the proxy, blue, green.
    fn replaced(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (port, address) in ["8080", "8081", "8082"].iter().zip(&self.addresses) {
            assert!(text.contains(&format!("127.0.0.1:{port}")));
            let own = address.rsplit(':').next().expect("a port");
            // Also where the dots are escaped.
            text = text.replace(&format!("1:{port}"), &format!("1:{own}"));
        }
        text
    }

    #[track_caller]
    pub fn start(&mut self, instance: &'static str) {
        self.launch(instance, &self.cameras.url(CAMERA));
        let recorder = &self.running[instance];
        until("it is ready", SOON, || recorder.get("/ready").is_some_and(|a| a.0 == 200));
    }

    /// It answers, and is never ready.
    #[track_caller]
    pub fn start_without_cameras(&mut self, instance: &'static str) {
        self.launch(instance, NOBODY);
    }

    fn launch(&mut self, instance: &'static str, url: &str) {
        let own = self.addresses[if instance == "blue" { 1 } else { 2 }].clone();
        let setup = Setup::new().camera(CAMERA, url);
        let recorder = self.site.launch_at(instance, &setup, &own).start();
        self.running.insert(instance, recorder);
    }

    #[track_caller]
    pub fn terminate(&mut self, instance: &str) {
        let mut recorder = self.running.remove(instance).expect("it runs");
        assert!(recorder.terminate().success());
    }

    #[track_caller]
    pub fn kill(&mut self, instance: &str) {
        self.running.remove(instance).expect("it runs").kill();
    }
}

/// A proxy. Ended when dropped.
pub struct Front {
    child: Child,
    address: String,
    asks_always: bool,
}

impl Front {
    pub fn nginx(pair: &Pair) -> Self {
        let folder = pair.site.folder().join("nginx");
        std::fs::create_dir(&folder).expect("a folder");
        let example = write(pair, &folder, "hitless.conf", "nginx.conf");
        let temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {what};\n"));
        let around = format!(
            "daemon off; pid nginx.pid; worker_processes 1; error_log stderr warn;\n\
             events {{}}\nhttp {{\naccess_log off;\n{}include {};\n}}\n",
            temps.concat(),
            example.display()
        );
        let around = if rustix::process::geteuid().is_root() {
            format!("user root;\n{around}")
        } else {
            around
        };
        std::fs::write(folder.join("nginx.conf"), around).expect("a configuration");
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "stderr"]);
        Self::start(pair, &mut command, true)
    }

    pub fn haproxy(pair: &Pair) -> Self {
        let example = write(pair, pair.site.folder(), "haproxy.cfg", "haproxy.cfg");
        let mut command = Command::new("/usr/sbin/haproxy");
        command.arg("-db").arg("-f").arg(example);
        Self::start(pair, &mut command, false)
    }

    fn start(pair: &Pair, command: &mut Command, asks_always: bool) -> Self {
        let log = File::create(pair.site.folder().join("proxy.log")).expect("a file");
        let command = command.stdin(Stdio::null()).stderr(log);
        let child = command.spawn().expect("tools/setup installs it");
        Self { child, address: pair.addresses[0].clone(), asks_always }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The answer; status 0 if there was none.
    pub fn get(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = agent.timeout_global(Some(Duration::from_secs(10))).build().new_agent();
        match agent.get(format!("http://{}{path}", self.address)).call() {
            Ok(mut answer) => {
                let body = answer.body_mut().read_to_string().unwrap_or_default();
                (answer.status().as_u16(), body)
            }
            Err(_) => (0, String::new()),
        }
    }

    #[track_caller]
    pub fn until_status(&self, path: &str, status: u16) {
        until(&format!("{path} answers {status}"), SOON, || self.get(path).0 == status);
    }

    /// Waits until the proxy knows that so many are ready. nginx asks anew for each
    /// request, so that it always does.
    #[track_caller]
    pub fn until_ready(&self, count: usize) {
        self.until_status("/ready", 200);
        let told = format!("{count}\n");
        if !self.asks_always {
            until("the proxy knows", SOON, || self.get("/.hitless-ready").1 == told);
        }
    }

    /// Who answers.
    #[track_caller]
    pub fn instance(&self) -> String {
        let (status, body) = self.get("/health");
        assert_eq!(status, 200, "{body}");
        let health: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        health["instance_id"].as_str().expect("an instance").to_owned()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // At once for both, with their workers.
        stop(&self.child, Signal::TERM);
        let _ = self.child.wait();
    }
}

fn write(pair: &Pair, folder: &Path, name: &str, example: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/front").join(example);
    let text = std::fs::read_to_string(from).expect("the example");
    let path = folder.join(name);
    std::fs::write(&path, pair.replaced(&text)).expect("a configuration");
    path
}

fn stop(child: &Child, signal: Signal) {
    // An error: it is gone.
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Eight connections that ask all the time, at a pace that leaves the machine to
/// the recorders.
pub struct Wrk {
    child: Child,
    _script: tempfile::NamedTempFile,
}

impl Wrk {
    pub fn start(address: &str, path: &str) -> Self {
        let script = tempfile::Builder::new().suffix(".lua").tempfile().expect("a file");
        std::fs::write(script.path(), "function delay() return 10 end\n").expect("a script");
        let mut command = Command::new("/usr/bin/wrk");
        command.args(["-t1", "-c8", "-d1h", "--latency", "-s"]).arg(script.path());
        command.arg(format!("http://{address}{path}")).stdout(Stdio::piped());
        let child = command.spawn().expect("tools/setup installs it");
        Self { child, _script: script }
    }

    /// Ends it; its summary.
    pub fn stop(mut self) -> String {
        stop(&self.child, Signal::INT);
        let mut said = String::new();
        let mut out = self.child.stdout.take().expect("it is piped");
        out.read_to_string(&mut said).expect("text");
        said
    }

    pub fn requests(said: &str) -> u64 {
        let line = said.lines().find(|line| line.contains("requests in"));
        let count = line.and_then(|line| line.split_whitespace().next());
        count.and_then(|count| count.parse().ok()).unwrap_or_default()
    }
}

impl Drop for Wrk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
