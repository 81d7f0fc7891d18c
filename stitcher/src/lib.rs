//! Overlapping segments become one continuous timeline, and what people do
//! with it.

pub mod virtual_mp4;
