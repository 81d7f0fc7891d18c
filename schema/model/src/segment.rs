//! A segment: one MP4 file of one camera and run, as the database knows it.

use crate::camera::words;
use crate::clock::ClockMap;
use crate::codec::{AudioTrack, VideoTrack};
use crate::id::RunId;
use crate::name::SegmentName;
use crate::time::{MediaSpan, MediaTime, Nanos, Utc};
use serde::{Deserialize, Serialize};

words! {
    /// How a segment's file stands.
    SegmentState {
        /// Being written by a live run.
        Recording = "recording",
        /// Closed properly: an ordinary progressive MP4.
        Complete = "complete",
        /// Cut off by a crash; readable up to its last whole fragment.
        Recovered = "recovered",
        /// Cannot be read; set aside with a reason.
        Corrupt = "corrupt",
        /// The row is here, the file is gone.
        Missing = "missing",
        /// Removed by retention; the row remembers what there was.
        Expired = "expired",
    }
}

words! {
    /// What the stitcher made of a segment.
    OverlapStatus {
        /// Not stitched yet.
        Pending = "pending",
        /// No other recorder has any of it.
        Unique = "unique",
        /// Overlaps another; all of it is played.
        Kept = "kept",
        /// Overlaps another; a part of it is played.
        Trimmed = "trimmed",
        /// Another has all of it; nothing of it is played.
        Duplicate = "duplicate",
    }
}

/// A row of `video_segments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The file name and, in it, camera, instance and number.
    pub name: SegmentName,
    /// Which life of the recorder; `None` for foreign recordings.
    pub run: Option<RunId>,
    /// Which unbroken stretch within the run, counted from 0 per camera; it
    /// changes whenever samples may be missing between two segments.
    pub strand: u32,
    /// Bytes on disk; 0 while recording.
    pub size_bytes: u64,
    /// How the file stands.
    pub state: SegmentState,
    /// What the stitcher made of it.
    pub overlap: OverlapStatus,
    /// Start of the first sample by the best mapping known.
    pub start: Utc,
    /// From the first sample's start to the last sample's end.
    pub duration: Nanos,
    /// Presentation time of the first sample in decode order on the strand's
    /// media clock.
    pub media_start: MediaTime,
    /// Length on the strand's media clock.
    pub media_length: MediaSpan,
    /// Media time to UTC; `None` until anything is known.
    pub clock: Option<ClockMap>,
    /// Video facts; `None` until indexed.
    pub video: Option<VideoTrack>,
    /// Audio facts; `None` without audio or until indexed.
    pub audio: Option<AudioTrack>,
    /// Why it is corrupt or what recovery found, for people.
    pub note: Option<String>,
}

/// Serialised as the file's name, so that a spool can carry it.
impl Serialize for SegmentName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SegmentName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        SegmentName::parse(&text).map_err(serde::de::Error::custom)
    }
}
