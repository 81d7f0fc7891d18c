//! The one pool of compute threads.
//!
//! tokio waits at the edges, rayon computes: work goes into the pool from a
//! blocking thread, never from one of tokio's workers, and nothing inside of
//! it waits for tokio.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// More than this wait for each other and not for disks.
const MOST: usize = 128;

/// A pool of threads; cheap to clone.
#[derive(Clone, Debug)]
pub struct Compute {
    pool: Arc<ThreadPool>,
}

impl Compute {
    /// With so many threads, up to 128; none given: one per core.
    pub fn new(jobs: Option<NonZeroUsize>) -> Result<Self, ThreadPoolBuildError> {
        let threads = jobs.map_or(0, |jobs| jobs.get().min(MOST));
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|n| format!("compute-{n}"))
            .build()?;
        Ok(Self { pool: Arc::new(pool) })
    }

    /// How many threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Does some work in the pool and waits for it.
    ///
    /// # Panics
    /// Where the work does.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let pool = Arc::clone(&self.pool);
        match tokio::task::spawn_blocking(move || pool.install(work)).await {
            Ok(done) => done,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand of them were busy with each other for minutes.
    #[test]
    fn nobody_gets_more_threads_than_help() {
        let compute = Compute::new(NonZeroUsize::new(9999)).expect("a pool");
        assert_eq!(compute.threads(), MOST);
    }
}
