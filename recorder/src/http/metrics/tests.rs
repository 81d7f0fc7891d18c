//! What is printed is what Prometheus takes and what the pages promise.

use super::*;
use crate::http::sample::{alarm, away, down, view};
use crate::http::timings::Timings;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

fn full() -> String {
    let mut view = view();
    away(&mut view);
    alarm(&mut view, 5);
    down(&mut view.cameras[1]);
    let http = HttpCounters::new();
    http.answered("/health", "GET", 200, Duration::from_micros(300));
    http.failed("not_found");
    let _held = (http.connection(), http.event_client());
    let timings = Timings::new();
    timings.ready(Duration::from_millis(250));
    timings.recovered(Duration::from_millis(500));
    timings.closed(&view.cameras[0].id, Duration::from_millis(20));
    with_more(&view, &http, timings.registry().gather())
}

/// Judged by the tool that comes with Prometheus; what it says.
fn promtool(arguments: &[&str], input: &str) -> String {
    let mut tool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed by tools/setup");
    let mut stdin = tool.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("promtool reads");
    drop(stdin);
    let said = tool.wait_with_output().expect("promtool ends");
    let text = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{text}");
    text.into_owned()
}

#[test]
fn promtool_has_nothing_to_say() {
    assert_eq!(promtool(&["check", "metrics"], &full()), "");
}

/// The alerts of the page are rules that Prometheus takes, about metrics that
/// there are, and each has its meaning below.
#[test]
fn every_alert_of_the_page_works_and_has_a_meaning() {
    let page = include_str!("../../../../docs/operations.md");
    let rules = page.split("```yaml\n").find(|part| part.starts_with("groups:"));
    let rules = rules.and_then(|part| part.split("```").next()).expect("the page has rules");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), rules).expect("a file");
    promtool(&["check", "rules", file.path().to_str().expect("a path")], "");
    let text = full();
    let exists = |metric: &str| {
        text.contains(&format!("{metric} ")) || text.contains(&format!("{metric}{{"))
    };
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for metric in words.filter(|word| word.starts_with("hitless_recorder_")) {
        assert!(exists(metric), "{metric} is not among the metrics");
    }
    let alerts: Vec<_> = rules.lines().filter_map(|l| l.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        assert!(page.contains(&format!("| `{alert}` |")), "{alert} has no meaning");
    }
}

#[test]
fn values() {
    let text = full();
    for line in [
        r#"hitless_recorder_status{status="degraded"} 1"#,
        r#"hitless_recorder_status{status="healthy"} 0"#,
        "hitless_recorder_ready 0",
        "hitless_recorder_database_up 0",
        "hitless_recorder_spool_changes 12",
        "hitless_recorder_memory_bytes 44040192",
        "hitless_recorder_last_alarm_timestamp_seconds 1786417662.123456",
        r#"hitless_recorder_camera_samples_total{camera="CAMERA_1"} 1500"#,
        r#"hitless_recorder_camera_reconnects_total{camera="front-door"} 4"#,
        r#"hitless_recorder_camera_up{camera="CAMERA_1"} 1"#,
        r#"hitless_recorder_camera_first_sample_after_seconds{camera="CAMERA_1"} 1.5"#,
        r#"hitless_recorder_segment_close_seconds_bucket{camera="CAMERA_1",le="0.05"} 1"#,
        "hitless_recorder_handover_last_overlap_ratio 0.75",
        "hitless_recorder_handovers_seconds_total 4.6",
        "hitless_recorder_ready_after_seconds 0.25",
        "hitless_recorder_recovered_segments_total 1",
        "hitless_recorder_recovery_seconds_total 0.5",
        r#"hitless_recorder_camera_up{camera="front-door"} 0"#,
        r#"hitless_recorder_camera_state{camera="front-door",state="backing_off"} 1"#,
        r#"hitless_recorder_camera_state{camera="front-door",state="recording"} 0"#,
        r#"hitless_recorder_http_requests_total{method="GET",path="/health",status="200"} 1"#,
        r#"hitless_recorder_http_errors_total{reason="not_found"} 1"#,
        r#"hitless_recorder_http_errors_total{reason="overloaded"} 0"#,
        r#"hitless_recorder_http_request_duration_seconds_bucket{path="/health",le="0.0005"} 1"#,
        "hitless_recorder_http_connections 1",
        "hitless_recorder_http_event_clients 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}

/// The page names every family, and only those that exist.
#[test]
fn every_family_is_documented() {
    let page = include_str!("../../../../docs/health.md");
    let documented: Vec<_> = page
        .lines()
        .skip_while(|line| *line != "## `/metrics`")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0))
        .collect();
    let text = full();
    let found: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(found.len() > 40, "{found:?}");
    assert_eq!(documented, found);
}

#[test]
fn without_cameras_no_family_is_empty() {
    let mut view = view();
    view.cameras.clear();
    let text = metrics(&view, &HttpCounters::new());
    assert!(text.contains("hitless_recorder_cameras 0"), "{text}");
    assert!(!text.contains("camera="), "{text}");
}
