//! When a camera's task is to leave.

use tokio::sync::watch;

/// What a camera's task was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leave {
    /// Goes on.
    #[default]
    Stay,
    /// Ends in front of this many-th key frame from now, so that what was begun
    /// is whole; at once where nothing is being recorded.
    AtKeyFrame(u32),
    /// Ends with what has arrived.
    Now,
}

impl Leave {
    /// No new session is begun any more.
    pub fn is_leaving(self) -> bool {
        self != Self::Stay
    }
}

/// Returns once the task is to leave, now or later.
pub(super) async fn leaving(told: &mut watch::Receiver<Leave>) {
    // An error: nobody is left who could tell, which comes to the same.
    let _ = told.wait_for(|leave| leave.is_leaving()).await;
}
