//! The report for node_exporter's textfile collector: sums over the range, per
//! camera.

use super::model::{CameraDay, Report, SEAMS};
use hitless_model::{InstanceId, Nanos};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The metrics, in the text format.
pub fn prometheus(report: &Report) -> String {
    let mut cameras: BTreeMap<&str, Vec<&CameraDay>> = BTreeMap::new();
    for day in &report.days {
        cameras.entry(day.camera.as_str()).or_default().push(day);
    }
    let mut out = Metrics(String::new());
    out.gauge("report_timestamp_seconds", "When this report was made.");
    let made = report.made.as_ns() as f64 / 1e9;
    out.sample("report_timestamp_seconds", &[], made);
    out.gauge("report_range_seconds", "How much time this report is about.");
    out.sample("report_range_seconds", &[], report.range.to.since(report.range.from).as_secs_f64());
    for (name, help, value) in SUMS {
        out.gauge(name, help);
        for (camera, days) in &cameras {
            out.sample(name, &[("camera", camera)], value(days));
        }
    }
    by_kind(&mut out, &cameras);
    out.0
}

type Sum = fn(&[&CameraDay]) -> f64;

fn time(days: &[&CameraDay], of: fn(&CameraDay) -> Nanos) -> f64 {
    days.iter().map(|day| of(day)).fold(Nanos::ZERO, Nanos::plus).as_secs_f64()
}

const SUMS: &[(&str, &str, Sum)] = &[
    ("coverage_ratio", "Part of the expected time that there is footage of.", |days| {
        let expected = time(days, |day| day.expected);
        if expected > 0.0 { time(days, |day| day.covered) / expected } else { 1.0 }
    }),
    ("covered_seconds", "Time that there is footage of.", |days| time(days, |day| day.covered)),
    ("expected_seconds", "Time that should have been recorded.", |days| {
        time(days, |day| day.expected)
    }),
    ("missing_seconds", "Time in gaps that nothing has repaired.", |days| {
        time(days, |day| day.missing)
    }),
    ("gaps", "Gaps that nothing has repaired.", |days| {
        days.iter().map(|day| day.open_gaps().count()).sum::<usize>() as f64
    }),
    ("longest_gap_seconds", "The longest such gap.", |days| {
        days.iter().map(|day| day.longest_gap()).max().unwrap_or_default().as_secs_f64()
    }),
    ("holes", "Losses shorter than a gap.", |days| {
        days.iter().map(|day| day.holes).sum::<u64>() as f64
    }),
    ("overlapped_seconds", "Time that more than one recorder has.", |days| {
        time(days, |day| day.overlapped)
    }),
    ("recorder_starts", "Recorders that were started.", |days| {
        days.iter().map(|day| day.starts.len()).sum::<usize>() as f64
    }),
    ("damaged_frames", "Damaged frames that are played.", |days| {
        days.iter().map(|day| day.damaged).sum::<u64>() as f64
    }),
    ("corrupt_segments", "Segments that cannot be read.", |days| {
        days.iter().map(|day| day.corrupt).sum::<u64>() as f64
    }),
    ("missing_segments", "Segments whose file is gone.", |days| {
        days.iter().map(|day| day.lost).sum::<u64>() as f64
    }),
];

fn by_kind(out: &mut Metrics, cameras: &BTreeMap<&str, Vec<&CameraDay>>) {
    out.gauge("seams", "How spans follow each other, by kind.");
    for (camera, days) in cameras {
        for kind in &SEAMS {
            let count: u64 = days.iter().filter_map(|day| day.seams.get(kind)).sum();
            out.sample("seams", &[("camera", camera), ("kind", kind.as_str())], count as f64);
        }
    }
    out.gauge("instance_seconds", "Time that is played of an instance.");
    for (camera, days) in cameras {
        let mut shares: BTreeMap<&str, Nanos> = BTreeMap::new();
        for (instance, time) in days.iter().flat_map(|day| &day.shares) {
            let share = shares.entry(instance.as_str()).or_default();
            *share = share.plus(*time);
        }
        for (instance, time) in shares {
            let labels = [("camera", *camera), ("instance", instance)];
            out.sample("instance_seconds", &labels, time.as_secs_f64());
        }
    }
    drifts(out, cameras);
    out.gauge("gap_seconds", "Time in gaps that nothing has repaired, by cause.");
    for (camera, days) in cameras {
        let mut causes: BTreeMap<&str, Nanos> = BTreeMap::new();
        for gap in days.iter().flat_map(|day| day.open_gaps()) {
            let sum = causes.entry(gap.cause.as_str()).or_default();
            *sum = sum.plus(gap.range.to.since(gap.range.from));
        }
        for (cause, time) in causes {
            let labels = [("camera", *camera), ("cause", cause)];
            out.sample("gap_seconds", &labels, time.as_secs_f64());
        }
    }
}

/// The latest that was measured; 1e-6 is a second in eleven days.
fn drifts(out: &mut Metrics, cameras: &BTreeMap<&str, Vec<&CameraDay>>) {
    out.gauge("drift_ratio", "How much faster an instance's clock ran than another's.");
    for (camera, days) in cameras {
        let mut latest: BTreeMap<(InstanceId, InstanceId), f64> = BTreeMap::new();
        for drift in days.iter().flat_map(|day| day.drifts()) {
            if let Some(ppb) = drift.ppb {
                latest.insert((drift.of, drift.against), ppb as f64 / 1e9);
            }
        }
        for ((of, against), ratio) in latest {
            let labels =
                [("camera", *camera), ("instance", of.as_str()), ("against", against.as_str())];
            out.sample("drift_ratio", &labels, ratio);
        }
    }
}

struct Metrics(String);

impl Metrics {
    fn gauge(&mut self, name: &str, help: &str) {
        // writing to a string cannot fail
        let _ = writeln!(self.0, "# HELP hitless_timeline_{name} {help}");
        let _ = writeln!(self.0, "# TYPE hitless_timeline_{name} gauge");
    }

    /// Ids and words need no escapes.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.0, "hitless_timeline_{name}{labels} {value}");
    }
}
