//! The server as its clients see it: real connections on loopback.

mod answers;
mod harness;
mod leaving;
mod limits;
mod listening;
