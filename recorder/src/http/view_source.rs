//! Takes views off the threads that answer.
//!
//! A view asks the kernel and takes locks. Should one of those hang, it must
//! hold up neither the liveness probe nor the recording: it hangs on a thread
//! of its own, of which there are few, and the request runs into its limit.

use super::problem::Problem;
use crate::service::view::View;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Views made at once.
const AT_ONCE: usize = 4;

/// Makes a view when asked.
#[derive(Clone)]
pub(super) struct ViewSource {
    make: Arc<dyn Fn() -> View + Send + Sync>,
    permits: Arc<Semaphore>,
}

impl ViewSource {
    pub(super) fn new(make: Arc<dyn Fn() -> View + Send + Sync>) -> Self {
        Self { make, permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// How the recorder stands now, as `read` puts it.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(View) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let make = Arc::clone(&self.make);
        let permit =
            Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Problem::Internal)?;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(make())
        });
        task.await.map_err(|error| {
            tracing::error!(%error, "the state of the recorder could not be read");
            Problem::Internal
        })
    }
}

impl fmt::Debug for ViewSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewSource").finish_non_exhaustive()
    }
}
