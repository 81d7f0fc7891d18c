//! Pure planning: facts of one camera become its timeline.
//!
//! Nothing here does I/O, reads a clock or starts a thread, and the
//! dependencies in `Cargo.toml` are the proof. [`plan`] takes [`Facts`] and
//! [`Evidence`] and gives a [`Plan`], or the [`Needs`] that have to be read
//! from files first. Rules and invariants are in `docs/timeline.md`.

mod align;
mod audio;
mod carry;
mod cause;
mod choice;
mod cut;
mod diff;
mod entries;
mod evidence;
mod facts;
mod group;
mod horizon;
mod lane;
mod ledger;
mod make;
mod merge;
mod missing;
mod open;
mod order;
mod pair;
mod pass;
mod pause;
mod perform;
mod piece;
mod plan;
mod probe;
mod relate;
mod render;
mod resume;
mod rhythm;
mod seek;
mod settings;
mod skew;
mod slot;
mod status;
mod stepped;
mod strand;
mod table;
mod tables;
mod tail;
mod unit;
mod vote;
mod walk;

pub use align::How;
pub use carry::{Carry, Passed, Playing};
pub use diff::{Changes, Repair, diff};
pub use evidence::{Evidence, Fingerprint, Needs};
pub use facts::{Facts, Lineage, SegmentFacts, SegmentRef, Stretch};
pub use horizon::horizon;
pub use make::{needs, plan};
pub use pause::{Pause, pauses};
pub use plan::{
    AudioCut, Entry, Finding, Plan, Seam, SeamKind, Span, StrandAlignment, StrandId, What,
};
pub use render::render;
pub use settings::Settings;
pub use skew::{Clock, Skew};
pub use table::{AudioStretch, Gop, GopTable, KeyKind, Sample};
