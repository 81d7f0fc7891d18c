//! What a stitching run needs of the database besides facts: which cameras
//! have news, who is at work on which, and putting a plan into effect.
//!
//! Two runs at once never disturb each other: a camera is leased to one of
//! them, and where a lease fails (clocks differ, a host sleeps) the
//! [generation](StitchState::generation) decides. Whoever writes names the
//! state that he read; if it is another one by now nothing is written.

mod alignments;
mod apply;
mod carries;
mod difference;
mod entries;
mod facts;
mod findings;
mod judged;
mod judged_hours;
mod lease;
mod ledger;
mod news;
mod runs;
mod window;
mod work;

pub use news::News;
pub use runs::{StitchOutcome, StitchRun};
pub use window::{Applied, Judged, Window};
pub use work::{CameraWork, StitchState};

pub(crate) use judged_hours::forget;
