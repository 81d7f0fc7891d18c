//! What a keeper is told.

use crate::pipeline::{Pipeline, PipelineEvent};
use crate::strand::tally::Tally;
use hitless_model::{ClockMap, MediaSpan, MediaTime, Nanos, RunId, SegmentName, Utc};
use std::path::PathBuf;

/// What is known of a segment when it begins.
#[derive(Debug, Clone)]
pub struct SegmentHeader {
    /// Its name.
    pub name: SegmentName,
    /// Which life of the recorder.
    pub run: RunId,
    /// Which strand of that run.
    pub strand: u32,
    /// Presentation time of the first sample on the strand's clock.
    pub media_start: MediaTime,
    /// How deeply pictures are reordered, if the parameter sets tell.
    pub reorder_depth: Option<u8>,
    /// How long a picture usually lasted right before it.
    pub frame: Option<MediaSpan>,
    /// The clock as known by then.
    pub clock: Option<ClockMap>,
}

/// Something that became known of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The clock map, as known now.
    Clock(ClockMap),
    /// This sample (decode order, from 0) is damaged.
    Damaged(u64),
}

/// A message to a keeper.
pub enum ToKeeper {
    /// The file was created; samples follow.
    Created {
        /// What is known.
        header: Box<SegmentHeader>,
        /// Which pipeline writes it.
        pipeline: u64,
        /// Where it lies.
        path: PathBuf,
    },
    /// The file could not be created; its pipeline fails.
    Refused {
        /// Which segment.
        name: SegmentName,
        /// Which pipeline was to write it.
        pipeline: u64,
        /// Why, as a sentence.
        error: String,
        /// Because the storage is full.
        full: bool,
    },
    /// Something became known of a segment, created or not.
    Note {
        /// Which segment.
        name: SegmentName,
        /// What.
        note: Note,
    },
    /// All samples of a segment were handed over.
    Ended {
        /// Which segment.
        name: SegmentName,
        /// What went into it.
        tally: Box<Tally>,
        /// The clock as known at its end.
        clock: Option<ClockMap>,
    },
    /// The camera's clock was set.
    CameraClockStep {
        /// When, on the host's clock.
        at: Utc,
        /// By how much.
        step: Nanos,
    },
    /// The pipeline gets nothing more: finish its file and stop it.
    Retire(Box<Pipeline>),
    /// A pipeline tells something.
    Pipeline {
        /// Which one.
        id: u64,
        /// What.
        event: PipelineEvent,
    },
    /// The camera is gone; leave when all files are closed.
    LeaveWhenDone,
}
