//! What may be removed, and what must not be.

mod protect;
mod prune;

pub use protect::{ProtectError, list, protect, unprotect};
pub use prune::{Chosen, PruneError, Pruned, Rule, choose, remove};
