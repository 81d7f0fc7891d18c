pub mod instant;
pub mod since;
