//! What text and page say in the same words.

use super::model::{CameraDay, Drift, Start};
use super::strip::clock;
use hitless_model::Nanos;

/// Of whom how much is played.
pub(super) fn shares(day: &CameraDay) -> String {
    if day.shares.is_empty() {
        return "played from nobody".to_owned();
    }
    let share = |time: Nanos| 100.0 * time.as_secs_f64() / day.covered.as_secs_f64().max(1e-9);
    let one = |(instance, time): (&hitless_model::InstanceId, &Nanos)| {
        format!("{instance} {:.3} s ({:.1} %)", time.as_secs_f64(), share(*time))
    };
    format!("played from {}", day.shares.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// How much was recorded twice.
pub(super) fn overlap(day: &CameraDay) -> String {
    let percent = 100.0 * day.overlap().unwrap_or(0.0);
    format!("{:.3} s recorded twice ({percent:.1} %)", day.overlapped.as_secs_f64())
}

/// Recorders that were started, and whether another one recorded meanwhile.
pub(super) fn starts(day: &CameraDay) -> Option<String> {
    let one = |start: &Start| {
        let beside = match start.overlap {
            Nanos::ZERO => "alone".to_owned(),
            time => format!("{:.3} s beside another", time.as_secs_f64()),
        };
        format!("{} at {} ({beside})", start.instance, clock(start.at))
    };
    let all = day.starts.iter().map(one).collect::<Vec<_>>().join(", ");
    (!day.starts.is_empty()).then(|| format!("recorders started: {all}"))
}

/// How fast clocks of instances went apart.
pub(super) fn drifts(day: &CameraDay) -> Vec<String> {
    let one = |drift: &Drift| {
        let (of, against) = (&drift.of, &drift.against);
        match drift.ppm() {
            Some(ppm) => format!("clock of {of} against {against}: drift {ppm:+.3} ppm"),
            None => format!("clock of {of} against {against}: drift not measured, too short"),
        }
    };
    day.drifts().iter().map(one).collect()
}
