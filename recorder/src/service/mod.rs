//! The service as a whole.

pub mod view;
