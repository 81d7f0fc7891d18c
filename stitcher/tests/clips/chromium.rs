//! Chromium without a window, driven over WebDriver (W3C): a few requests of
//! JSON, so no crate for it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    // a page beside a clip may look at its pictures
    "--allow-file-access-from-files",
    "--window-size=1280,900",
    "--force-device-scale-factor=1",
];
/// A page that hangs fails its test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser. It ends with this value.
pub struct Chromium {
    driver: Child,
    session: String,
    agent: ureq::Agent,
}

impl Chromium {
    /// Starts it with an empty profile in `folder`; `None` where it is not
    /// installed.
    pub fn start(folder: &Path) -> Option<Self> {
        let installed = |program: &str| Path::new("/usr/bin").join(program).exists();
        if !installed("chromium") || !installed("chromedriver") {
            eprintln!("NOTE: chromium and chromium-driver are not installed; nothing was tested");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver runs");
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line));
        // nobody reads on: it must not wait for us
        std::thread::spawn(move || lines.count());
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(PATIENCE)).build().into();
        let port = port.expect("chromedriver says its port");
        let url = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, session: url, agent };
        let profile = folder.join("profile");
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let options = json!({ "args": flags, "binary": "/usr/bin/chromium" });
        let wanted = json!({ "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64 },
        }});
        let begun = browser.post("", json!({ "capabilities": wanted }));
        let id = begun["sessionId"].as_str().expect("a session");
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    /// Opens an address.
    pub fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    /// What a script on the page answers: the body of an asynchronous function.
    #[track_caller]
    pub fn ask(&self, script: &str, arguments: &[Value]) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async (...given) => {{ {script} }})(...arguments)
               .then(value => done({{ value }}), error => done({{ error: String(error) }}));"
        );
        let answer = self.post("/execute/async", json!({ "script": script, "args": arguments }));
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["value"].clone()
    }

    /// What the page complained of since it was last asked.
    pub fn complaints(&self) -> Vec<String> {
        let said = self.post("/se/log", json!({ "type": "browser" }));
        let lines = said.as_array().expect("a list").iter();
        lines.map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let asked = self.agent.post(format!("{}{path}", self.session));
        let asked = asked.header("content-type", "application/json");
        let mut answer = asked.send(body.to_string()).expect("chromedriver answers");
        let text = answer.body_mut().read_to_string().expect("text");
        let mut found: Value = serde_json::from_str(&text).expect("JSON");
        assert!(found["value"]["error"].is_null(), "{path}: {found}");
        found["value"].take()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Asked to, it ends the browser; what goes wrong here is nobody's test.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("successfully on port ")?;
    rest.trim_end_matches('.').trim().parse().ok()
}
