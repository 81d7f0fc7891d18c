//! The records of a `.meta` file, one per line.
//!
//! Instants and lengths are whole nanoseconds, media times ticks: exact, and
//! for programs; people have the report.

use hitless_model::{Cause, ClockPoint, MediaSpan, MediaTime, Nanos, RunId, Utc};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// The first line: written with the file.
    Opened(Opened),
    /// The camera's clock was compared with another.
    Clock(Clock),
    /// These samples lost packets on the way.
    Damaged(SampleRange),
    /// Samples are missing altogether.
    Lost(Lost),
    /// The host's clock stepped.
    ClockStep(ClockStep),
    /// The last line of a segment that was finished.
    Closed(Closed),
    /// A later run found it unfinished.
    Recovered(Recovered),
    /// A kind that this program does not know.
    #[serde(other)]
    Unknown,
}

/// Where a segment belongs, and where it begins on the camera's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which life of the recorder.
    pub run: RunId,
    /// Which unbroken stretch of the camera within the run, from 0.
    pub strand: u32,
    /// Presentation time of the first video sample in decode order: RTP ticks,
    /// unwrapped over the strand.
    pub rtp_start: MediaTime,
    /// Ticks per second of media times in this file.
    pub timescale: u32,
    /// Reorder depth that decode times were made from; absent where not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_depth: Option<u8>,
    /// How long a picture usually lasted right before this file; absent where
    /// the strand begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<MediaSpan>,
    /// Version of the program.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// A media time and the instant that it fell on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The observation.
    #[serde(flatten)]
    pub point: ClockPoint,
    /// How much faster than declared the media clock runs, as measured so far;
    /// 0 where not measured.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drift_ppb: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Consecutive samples of the video track, in decode order from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampleRange {
    /// The first one's number.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl SampleRange {
    /// The number after the last one.
    pub fn end(self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// Packets that took whole samples with them, or as good as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Number of the sample that follows the loss.
    pub before: u64,
    /// Packets, where the source counts them.
    pub packets: u64,
}

/// The host's clock jumped against its steady clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStep {
    /// When, on the host's clock after the step.
    pub at: Utc,
    /// By how much; negative is back.
    pub by: Nanos,
}

/// A segment was finished in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Video samples in the file.
    pub samples: u64,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// End of the last video sample on the strand's clock.
    pub media_end: MediaTime,
    /// When it was closed, on the host's clock.
    pub at: Utc,
    /// Why the strand ends here; absent where the next segment goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// A segment was found unfinished and indexed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// The run that found it.
    pub by: RunId,
    /// When, on the host's clock.
    pub at: Utc,
    /// What was found, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
