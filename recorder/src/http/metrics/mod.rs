//! `/metrics`: a view in the text format of Prometheus.

#[cfg(test)]
mod tests;

use super::VERSION;
use super::counters::HttpCounters;
use super::families::{Families, Labelled};
use super::handovers;
use super::health::{health, state_of};
use super::status::Status;
use super::troubles::is_running;
use crate::camera::stats::CameraSnapshot;
use crate::service::view::{CameraView, View};
use hitless_model::{CameraState, Utc};
use hitless_schema::writer::LinkState;
use prometheus::proto::MetricFamily;

/// All metrics of a view and of the server itself.
pub fn metrics(view: &View, http: &HttpCounters) -> String {
    with_more(view, http, Vec::new())
}

/// The same with further families, for instance of the service.
pub(super) fn with_more(view: &View, http: &HttpCounters, more: Vec<MetricFamily>) -> String {
    let mut families = Families::default();
    service(&mut families, view);
    process(&mut families, view);
    database(&mut families, view);
    storage(&mut families, view);
    cameras(&mut families, view);
    camera_counters(&mut families, view);
    handovers::families(&mut families, view);
    let mut rest = http.gather();
    rest.extend(more);
    families.into_text(rest)
}

fn service(f: &mut Families, view: &View) {
    let (instance, run) = (view.instance.as_str(), view.run.to_string());
    let info = vec![("instance", instance), ("run", run.as_str()), ("version", VERSION)];
    f.gauges("info", "Who answers; always 1.", [(info, 1.0)]);
    let health = health(view);
    f.gauges(
        "status",
        "1 for the status that /health tells, 0 for the others.",
        Status::ALL.map(|s| (vec![("status", s.as_str())], flag(s == health.status))),
    );
    f.gauge("ready", "1 while /ready says yes.", flag(health.ready));
    f.gauge("draining", "1 while the recorder is leaving.", flag(view.draining));
    f.gauge("uptime_seconds", "Since the process began.", view.uptime.as_secs_f64());
    if let Some(since) = view.ready_since {
        f.gauge("ready_since_timestamp_seconds", "When the recorder was ready.", unix(since));
    }
    f.gauge("alarms", "Alarms remembered.", view.alarms.len() as f64);
    if let Some((at, _)) = view.alarms.last() {
        f.gauge("last_alarm_timestamp_seconds", "When an alarm was last told.", unix(*at));
    }
}

fn process(f: &mut Families, view: &View) {
    let process = &view.process;
    f.gauge("memory_bytes", "Resident memory.", process.memory_bytes as f64);
    f.gauge("threads", "Threads of the process.", process.threads as f64);
    f.gauge("open_files", "Open files of the process.", process.open_files as f64);
    f.counter("cpu_seconds_total", "CPU used by the process.", process.cpu_seconds);
}

fn database(f: &mut Families, view: &View) {
    let database = &view.database;
    f.gauge("database_up", "1 while the database answers.", flag(database.link == LinkState::Up));
    if let LinkState::Away { since, .. } = &database.link {
        let since = unix(*since);
        f.gauge("database_away_since_timestamp_seconds", "Since when it is away.", since);
    }
    f.gauge("spool_changes", "Changes that wait on disk.", database.spool.records as f64);
    f.gauge("spool_bytes", "Bytes that wait on disk.", database.spool.bytes as f64);
    for (name, help, value) in [
        ("database_changes_total", "Changes committed.", database.committed),
        ("database_commits_total", "Transactions committed.", database.commits),
        ("database_changes_dropped_total", "Changes lost: rescan needed.", database.dropped),
        ("database_changes_refused_total", "Changes never to be taken.", database.refused),
    ] {
        f.counter(name, help, value as f64);
    }
    let spent = database.commit_time.as_secs_f64();
    f.counter("database_commit_seconds_total", "Time spent in transactions.", spent);
    if let Some(last) = database.last_commit {
        let last = last.as_secs_f64();
        f.gauge("database_last_commit_seconds", "How long the last transaction took.", last);
    }
}

fn storage(f: &mut Families, view: &View) {
    let storage = &view.storage;
    if let Some(space) = storage.space {
        f.gauge("storage_free_bytes", "Free for the recorder.", space.free_bytes as f64);
        f.gauge("storage_size_bytes", "The whole file system.", space.total_bytes as f64);
    }
    let least = storage.min_free_bytes as f64;
    f.gauge("storage_min_free_bytes", "Under this the policy takes effect.", least);
    f.gauge("storage_held", "1 while recording is held.", flag(storage.held.is_some()));
}

fn cameras(f: &mut Families, view: &View) {
    let total = view.cameras.len() as f64;
    f.gauge("cameras", "Cameras in the configuration.", total);
    let mut each = |name, help, value: fn(&CameraView) -> f64| {
        f.gauges(name, help, view.cameras.iter().map(|c| labelled(c, value(c))));
    };
    each("camera_enabled", "1 if it is to be recorded.", |c| flag(c.enabled));
    each("camera_optional", "1 if its absence makes nothing unready.", |c| flag(c.optional));
    each("camera_up", "1 while its footage is being written.", |c| flag(is_running(c)));
    each("camera_open_segments", "Segments not closed yet.", |c| c.keeper.open as f64);
    each("camera_in_flight_bytes", "Bytes that wait for the storage.", |c| {
        c.in_flight_bytes as f64
    });
    each("camera_storage_failed", "1 while its last segment could not be written.", |c| {
        flag(c.keeper.failure.is_some())
    });
    let states = view.cameras.iter().flat_map(|camera| {
        let now = state_of(camera);
        CameraState::ALL.iter().map(move |state| {
            let labels = vec![("camera", camera.id.as_str()), ("state", state.as_str())];
            (labels, flag(*state == now))
        })
    });
    f.gauges("camera_state", "1 for the state it is in, 0 for the others.", states);
}

/// A counter of one camera: name, help, value.
type CameraCounter = (&'static str, &'static str, fn(&CameraSnapshot) -> u64);

const CAMERA_COUNTERS: [CameraCounter; 10] = [
    ("camera_samples_total", "Video samples recorded.", |s| s.samples),
    ("camera_bytes_total", "Bytes of video recorded.", |s| s.bytes),
    ("camera_key_frames_total", "Key frames recorded.", |s| s.key_frames),
    ("camera_damaged_samples_total", "Samples damaged by loss.", |s| s.damaged),
    ("camera_lost_packets_total", "RTP packets that never came.", |s| s.lost_packets),
    ("camera_dropped_samples_total", "Samples dropped before a slow storage.", |s| s.dropped),
    ("camera_sessions_total", "Sessions opened.", |s| s.sessions),
    ("camera_reconnects_total", "Sessions after the first.", |s| s.sessions.saturating_sub(1)),
    ("camera_segments_total", "Segments closed.", |s| s.segments),
    ("camera_gaps_total", "Gaps of over a second, as noticed.", |s| s.gaps),
];

fn camera_counters(f: &mut Families, view: &View) {
    let running = || view.cameras.iter().filter_map(|c| Some((c, c.snapshot.as_ref()?)));
    for (name, help, value) in CAMERA_COUNTERS {
        f.counters(name, help, running().map(|(c, s)| labelled(c, value(s) as f64)));
    }
    let gaps = running().map(|(c, s)| labelled(c, s.gap_seconds));
    f.counters("camera_gap_seconds_total", "How long all those gaps were.", gaps);
    let ages = running().filter_map(|(c, s)| Some(labelled(c, s.last_sample_age?)));
    f.gauges("camera_last_sample_age_seconds", "Since the last sample.", ages);
    let uptime = view.uptime.as_secs_f64();
    let first = |age: f64| (uptime - age).max(0.0);
    let first = running().filter_map(|(c, s)| Some(labelled(c, first(s.first_sample_age?))));
    f.gauges("camera_first_sample_after_seconds", "From the start of the process.", first);
}

fn labelled(camera: &CameraView, value: f64) -> Labelled<'_> {
    (vec![("camera", camera.id.as_str())], value)
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn unix(at: Utc) -> f64 {
    at.as_ns() as f64 / 1e9
}
