//! For the tests of this and other crates: a private PostgreSQL, and footage
//! facts to fill a database with. Behind the feature `testing`.

mod facts;
mod old;
mod postgres;

pub use facts::{Facts, segment};
pub use old::{make_old_database, newest_migration, open_as_of};
pub use postgres::{Durability, EphemeralPostgres};
