//! For the tests of this and other crates: a private PostgreSQL, and footage
//! facts to fill a database with. Behind the feature `testing`.

mod facts;
mod postgres;

pub use facts::{Facts, segment};
pub use postgres::{Durability, EphemeralPostgres};
