//! From rows to a plan: facts, and the rounds in which planning is answered.
//!
//! [`Rows`] are the segments of one camera that a window needs, [`facts`](facts()) makes of them what the pure planner
//! takes, [`rounds`](rounds()) reads from files what it asks for until it has
//! a plan.

mod facts;
mod rounds;
mod rows;

pub use facts::{Around, facts};
pub use rounds::{Planned, RoundsError, rounds};
pub use rows::Rows;
