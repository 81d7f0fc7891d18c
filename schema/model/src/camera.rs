//! A camera's state as the recorder sees it, and why footage may be missing.

use crate::id::{CameraId, InstanceId, RunId};
use crate::time::Utc;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($(#[$vdoc])* $variant),* }

        impl $type {
            /// Every value, in order.
            pub const ALL: &[$type] = &[$(Self::$variant),*];

            /// As written in the database, in logs and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads what [`Self::as_str`] wrote.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a recorder is doing with one camera.
    CameraState {
        /// Configured, but switched off.
        Disabled = "disabled",
        /// Opening the session.
        Connecting = "connecting",
        /// Connected; what arrives before a key frame cannot be decoded.
        AwaitingKeyFrame = "awaiting_key_frame",
        /// Writing segments.
        Recording = "recording",
        /// Connected, but nothing arrives.
        Stalled = "stalled",
        /// Waiting before the next attempt.
        BackingOff = "backing_off",
        /// Finishing the segment in flight.
        Draining = "draining",
        /// Done.
        Stopped = "stopped",
    }
}

words! {
    /// Why footage is missing.
    Cause {
        /// The camera did not answer, ended the session or sent nothing.
        CameraAway = "camera_away",
        /// No recorder was running.
        RecorderDown = "recorder_down",
        /// Recording was held because the storage was full.
        DiskFull = "disk_full",
        /// The storage failed or was too slow.
        StorageFailed = "storage_failed",
        /// Packets were lost between camera and recorder.
        PacketsLost = "packets_lost",
        /// The camera was switched off in the configuration.
        Disabled = "disabled",
        /// The file that held it cannot be read.
        Corrupt = "corrupt",
        /// Nothing is known.
        Unknown = "unknown",
    }
}

/// A change of a camera's state, or something noticed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraEvent {
    /// Which camera.
    pub camera: CameraId,
    /// Which recorder noticed.
    pub instance: InstanceId,
    /// Which life of it.
    pub run: RunId,
    /// When, on the host's clock.
    pub at: Utc,
    /// The state entered.
    pub state: CameraState,
    /// Why, where the state tells of something missing.
    pub cause: Option<Cause>,
    /// A sentence for people; never holds credentials.
    pub detail: String,
}
