//! Clips against the originals, frame by frame, by programs that others wrote.

mod chromium;
mod exported;
mod files;
mod footage;
mod judge;
mod spans;

mod faults;
mod long;
mod outlined;
mod players;
mod round_trip;
mod serve;
mod shapes;
mod verified;
