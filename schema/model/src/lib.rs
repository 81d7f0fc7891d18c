//! The words of the system as types: ids, times, names and segment facts.
//!
//! Pure: nothing here does I/O, reads a clock or starts a thread, and the
//! dependencies in `Cargo.toml` are the proof. Every other room builds on this
//! one, so that one idea has one type: a camera id is never a string, wall
//! time and media time never add.

pub mod camera;
pub mod clock;
pub mod codec;
pub mod id;
pub mod name;
pub mod run;
pub mod segment;
pub mod time;
pub mod timeline;

pub use camera::{CameraEvent, CameraState, Cause};
pub use clock::{ClockMap, ClockPoint, ClockSource, ClockStep};
pub use codec::{AudioCodec, AudioTrack, VideoCodec, VideoTrack};
pub use id::{CameraId, IdError, InstanceId, RunId, SegmentNumber};
pub use name::{NameError, SegmentName};
pub use run::Run;
pub use segment::{OverlapStatus, Segment, SegmentState};
pub use time::{MediaSpan, MediaTime, Nanos, TimeError, Utc};
pub use timeline::{Alignment, AudioCut, Seam, SeamKind, TimeRange};
