//! The recorder: RTSP into instance-tagged, crash-safe segments.

pub mod camera;
pub mod clock;
pub mod http;
pub mod index;
pub mod ingest;
pub mod keeper;
pub mod pipeline;
pub mod recovery;
pub mod rtp;
pub mod service;
pub mod source;
pub mod storage;
pub mod strand;
