//! Clips against the originals, frame by frame, by programs that others wrote.

mod exported;
mod files;
mod footage;
mod judge;
mod spans;

mod faults;
mod long;
mod serve;
mod shapes;
mod verified;
