//! The `stitcher` program.
fn main() {}
