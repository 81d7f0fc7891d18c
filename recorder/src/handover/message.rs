//! What predecessor and successor say to each other: one JSON object a line.
//!
//! They may be of different versions. So an unknown message is passed over, an
//! unknown field too, and what is added later must have a default.

use hitless_model::{CameraId, InstanceId};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Raised when an older partner could no longer take part.
pub const PROTOCOL: u32 = 1;

/// From the predecessor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ToSuccessor {
    /// The first word.
    Begin {
        /// Which protocol it speaks.
        protocol: u32,
        /// As whom the predecessor records.
        instance: InstanceId,
        /// Its process.
        pid: u32,
        /// What the socket listens on that came along, if one did.
        #[serde(default)]
        listens: Option<SocketAddr>,
    },
    /// Every camera is proven: serve, be the main process.
    TakeOver,
    /// The predecessor records nothing any more.
    Left {
        /// When the last sample of each camera came.
        #[serde(default)]
        last: Vec<LastSample>,
    },
    /// The predecessor's last word; it is gone with the end of the link.
    Farewell {
        /// How all of it went.
        #[serde(default)]
        history: History,
    },
    /// It failed: finish the segments and leave.
    Stop {
        /// Why.
        reason: String,
    },
    /// Something that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// From the successor, or from the process that launches it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ToPredecessor {
    /// The successor's process was started; its launcher ends now.
    Launched {
        /// The successor's process.
        pid: u32,
    },
    /// It cannot begin.
    Refused {
        /// Why.
        reason: String,
    },
    /// Everything is up and every enabled camera was begun.
    Ready {
        /// Which protocol it speaks.
        protocol: u32,
        /// As whom it records.
        instance: InstanceId,
        /// Its version.
        version: String,
        /// The cameras that it is to record.
        cameras: Vec<CameraId>,
        /// Those of them that need not be recorded by both at once.
        #[serde(default)]
        best_effort: Vec<CameraId>,
    },
    /// How one camera stands.
    Camera(CameraReport),
    /// It answers requests.
    Serving,
    /// Something that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// How the successor stands with one camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraReport {
    /// Which.
    pub camera: CameraId,
    /// It is being recorded.
    pub recording: bool,
    /// The state, with the reason if footage is missing.
    pub standing: String,
    /// Fingerprints of the key frames that are on disk and were not told yet.
    #[serde(default)]
    pub keys: Vec<u64>,
}

/// When a camera's last sample came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastSample {
    /// Which camera.
    pub camera: CameraId,
    /// How long ago.
    pub age_seconds: f64,
}

/// The handovers of a recorder through all its processes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// How many succeeded.
    pub succeeded: u64,
    /// How many failed.
    pub failed: u64,
    /// How long all that succeeded took.
    pub seconds_total: f64,
    /// The last one that succeeded.
    pub last: Option<Handed>,
    /// Why the last one failed, if one did since.
    pub last_failure: Option<String>,
}

/// One handover that succeeded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Handed {
    /// From which instance.
    pub from: String,
    /// To which one.
    pub to: String,
    /// When it was complete, nanoseconds since 1970.
    pub at_ns: i64,
    /// From the start of the successor until it was ready.
    pub start_seconds: f64,
    /// From there until every camera was proven.
    pub prove_seconds: f64,
    /// From there until the predecessor had ended its cameras.
    pub finish_seconds: f64,
    /// For how long both recorded, camera by camera; the shortest.
    pub overlap_seconds: f64,
    /// Cameras proven by an equal key frame.
    pub exact: u32,
    /// Cameras that were recorded when it began.
    pub cameras: u32,
    /// How many of them both recorded at once.
    pub overlapped: u32,
    /// Cameras taken over by the clock alone, or not at all.
    pub unproven: Vec<CameraId>,
}

impl Handed {
    /// From its start to its end.
    pub fn seconds(&self) -> f64 {
        self.start_seconds + self.prove_seconds + self.finish_seconds
    }

    /// The share of cameras that both recorded at once; one if there were none.
    pub fn overlap_ratio(&self) -> f64 {
        match self.cameras {
            0 => 1.0,
            all => f64::from(self.overlapped) / f64::from(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_says_is_passed_over() {
        let later: ToSuccessor =
            serde_json::from_str(r#"{"say":"sing","song":1}"#).expect("parses");
        assert_eq!(later, ToSuccessor::Unknown);
        let more = r#"{"say":"launched","pid":7,"mood":"good"}"#;
        let more: ToPredecessor = serde_json::from_str(more).expect("parses");
        assert_eq!(more, ToPredecessor::Launched { pid: 7 });
    }
}
