//! .

pub mod rtp;
