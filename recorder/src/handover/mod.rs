//! Handing over to a successor without losing a frame or a request.
//!
//! The running recorder (the predecessor) starts the binary that is now on disk
//! as the other instance. The successor records every camera beside it and
//! tells, camera by camera, which key frames it has on disk. Once each camera
//! that the predecessor records is proven, the successor takes over address and
//! service manager, and the predecessor ends its cameras at key frames and
//! leaves. Until that moment nothing of the predecessor is touched: whatever
//! goes wrong, the successor is stopped and the old one has gone on.
//!
//! | room | duty |
//! |---|---|
//! | `control`, `ask` | the socket on which a handover is asked for, and who asks |
//! | `program`, `launch`, `role` | starting the successor, and being started |
//! | `link`, `message` | what the two say to each other |
//! | `predecessor`, `successor` | the two sides |
//! | `proof`, `proven` | when every camera is there (pure); who has them all |
//! | `names`, `socket` | as whom a successor records; where the control socket lies |
//! | `durable` | which key frames are on disk |
//! | `peer` | another recorder on the same storage, in the place of a successor |
//!
//! Invariants: one handover at a time; the successor is no child of the
//! predecessor; a link that breaks means that the other is gone, and whoever is
//! left records on.

pub mod ask;
pub mod control;
mod durable;
mod launch;
mod link;
pub mod message;
mod names;
pub mod peer;
pub mod predecessor;
mod program;
mod proof;
pub mod proven;
mod role;
mod socket;
pub mod successor;

pub use names::next_instance;
pub use program::Program;
pub use proof::{Evidence, Own};
pub use role::{Inherited, Role, launch as launch_successor};
