//! One suite for both databases: whatever holds on SQLite holds on a real
//! PostgreSQL.

mod apply;
mod both;
mod index;
mod judged;
mod plans;
mod read;
mod retention;
mod schema;
mod stitch;
mod windows;
mod writer;
mod writers;
