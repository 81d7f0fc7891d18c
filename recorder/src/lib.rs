//! The recorder: RTSP into instance-tagged, crash-safe segments.

pub mod camera;
pub mod check;
pub mod clock;
pub mod crew;
pub mod handover;
pub mod http;
pub mod index;
pub mod ingest;
pub mod keeper;
pub mod log;
pub mod pipeline;
pub mod recovery;
pub mod retention;
pub mod rtp;
pub mod service;
pub mod source;
pub mod storage;
pub mod strand;
