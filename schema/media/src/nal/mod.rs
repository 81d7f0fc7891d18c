//! NAL units of H.264 and H.265: the pieces that an access unit is made of.
//!
//! Splits both framings without copying ([`split()`]), names what a unit is
//! ([`classify`]) and what picture an access unit holds ([`Picture`]). A key
//! frame is an IDR, a CRA, a BLA, or an I picture with a recovery point of 0;
//! nothing else may begin a segment or a span.
//!
//! Nothing here decodes pictures, and no bytes make it panic.

mod class;
mod picture;
mod sei;
mod slice;
mod split;

pub use class::{NalClass, ParameterSetKind, classify};
pub use picture::{KeyKind, Leading, Picture};
pub use slice::referred_pps;
pub use split::{
    Framing, LengthSize, NalError, Nals, annex_b, annex_b_to_length_prefixed, length_prefixed,
    split,
};

pub(crate) use split::without_trailing_zeros;
