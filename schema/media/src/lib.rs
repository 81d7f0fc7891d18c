//! What a segment's two files hold: the MP4 with its samples, and the small
//! `.meta` file beside it.
//!
//! Shared by the recorder, which writes facts and recovers after a crash, and
//! by the stitcher, which indexes. Everything read here may be torn, hostile
//! or from a stranger: nothing panics, loops without end or allocates more
//! than its named limit, whatever the bytes.

pub mod fingerprint;
pub mod mp4;
pub mod nal;
pub mod parameters;
pub mod sidecar;
pub mod storage;

pub use fingerprint::Fingerprint;
pub use sidecar::Sidecar;
pub use storage::{segment_from_files, walk};
