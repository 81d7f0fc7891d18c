//! What a plan leaves for the one that goes on where it ended.
//!
//! Planning is one walk from left to right; a carry is the whole state of it
//! at a joint, where one span ends and another entry begins. Planning on from
//! a carry gives what planning everything would have given from there. Two
//! equal carries at one joint have equal futures, so redoing a window may
//! stop as soon as it comes to a carry that was stored before.

use hitless_model::{InstanceId, MediaSpan, MediaTime, Nanos, SegmentNumber, Utc};
use serde::{Deserialize, Serialize};

/// The state of the walk at a joint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Carry {
    /// Where the timeline has come to; `None` = nothing yet.
    pub end: Option<Utc>,
    /// What was played last; `None` = nothing yet.
    pub playing: Option<Playing>,
    /// How far each instance's footage has been passed, by instance.
    pub passed: Vec<Passed>,
}

/// The last sample played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playing {
    /// Of which instance.
    pub instance: InstanceId,
    /// Of which of its segments.
    pub number: SegmentNumber,
    /// Number of the sample after it, in decode order.
    pub next_sample: u32,
    /// When the latest picture was shown, on its strand's media clock.
    pub last: MediaTime,
    /// When it ended.
    pub end: MediaTime,
    /// How long a picture lasts.
    pub frame: MediaSpan,
    /// Some recorder knows that nothing is missing before the next GOP.
    pub closed: bool,
}

/// How far an instance's footage has been passed, played or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Which instance.
    pub instance: InstanceId,
    /// The segment that was reached.
    pub number: SegmentNumber,
    /// Number of the first sample of it that was not passed.
    pub next_sample: u32,
    /// How many of its samples were played, dropped leading pictures included.
    pub played: u32,
    /// Where its footage has come to, placed after all that came before.
    pub end: Utc,
    /// How far its clock was corrected for that.
    pub push: Nanos,
}
