//! Threads for work that may block, shared by all cameras.
//!
//! A few of them do the work in turn: cameras have much of it at the same
//! moment (a border between segments), and a pool with a thread for each job
//! has as many threads as that moment has jobs. A thread that is at one job for
//! longer than a fifth of a second, because a disk hangs, counts as held up and is
//! replaced; where all are, by twice as many.
//!
//! Invariants: jobs begin in the order in which they came; while jobs wait, as
//! many threads as are regular are at work and not held up, within one patience
//! for each doubling; those too many leave as soon as there is nothing to do.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::error;

/// How long a thread may take for one job: a sync on a busy disk takes a tenth,
/// a disk that hangs takes seconds.
const PATIENCE: Duration = Duration::from_millis(200);

type Job = Box<dyn FnOnce() + Send>;

/// Threads that feed pipelines, which is copying pointers.
const FEEDERS: usize = 2;
/// Threads that wait for the disk: syncs at once share a journal's commit. With
/// half of them 100 cameras at one border took 0.5 s, with one for each 0.15 s.
const KEEPERS: usize = 8;

/// The crews that all cameras share.
#[derive(Debug, Clone)]
pub struct Crews {
    /// Hand samples to GStreamer.
    pub feeders: Crew,
    /// Make files durable.
    pub keepers: Crew,
}

impl Crews {
    /// Both, without a thread yet.
    pub fn new() -> Self {
        Self { feeders: Crew::new("feeder", FEEDERS), keepers: Crew::new("keeper", KEEPERS) }
    }
}

impl Default for Crews {
    fn default() -> Self {
        Self::new()
    }
}

/// The work failed without a result.
#[derive(Debug, thiserror::Error)]
#[error("it panicked")]
pub struct Panicked;

/// A handle on the threads; cheap to clone. They live as long as the process.
#[derive(Clone)]
pub struct Crew(Arc<Shared>);

struct Shared {
    name: &'static str,
    /// Threads that stay.
    regular: usize,
    state: Mutex<State>,
    /// For threads without work.
    work: Condvar,
    /// For the one that looks after threads that are held up.
    late: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// When each thread that is at a job began with it, by the job's number.
    begun: BTreeMap<u64, Instant>,
    jobs: u64,
    threads: usize,
    /// Threads that are about to look for work.
    free: usize,
    lookout: Lookout,
}

impl State {
    /// Threads that are not held up.
    fn moving(&self) -> usize {
        let held_up = self.begun.values().filter(|at| at.elapsed() >= PATIENCE).count();
        self.threads.saturating_sub(held_up)
    }

    /// Threads to be added so that what waits is done.
    fn missing(&self, regular: usize) -> usize {
        let wanted = match self.moving() {
            0 => regular.max(self.threads),
            moving => regular.saturating_sub(moving),
        };
        wanted.min(self.waiting.len().saturating_sub(self.free))
    }
}

/// Who looks after threads that are held up; sleeps until more work comes than
/// the threads can take at once.
#[derive(Default, PartialEq, Eq)]
enum Lookout {
    #[default]
    Missing,
    Asleep,
    Awake,
}

impl Crew {
    /// `regular` threads at most unless they are held up; each starts when it is
    /// needed.
    pub fn new(name: &'static str, regular: usize) -> Self {
        let (state, work, late) = Default::default();
        Self(Arc::new(Shared { name, regular: regular.max(1), state, work, late }))
    }

    /// Has the job done; does not wait.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.0.state();
        state.waiting.push_back(Box::new(job));
        if state.waiting.len() <= state.free {
            self.0.work.notify_one();
        } else if state.missing(self.0.regular) > 0 {
            self.enlist(&mut state);
        } else {
            self.alert(&mut state);
        }
    }

    /// Has the work done and waits for its result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (tell, told) = oneshot::channel();
        self.submit(move || {
            // Who asked may be gone.
            let _ = tell.send(work());
        });
        told.await.map_err(|_| Panicked)
    }

    /// A thread more, which takes the oldest job that waits.
    fn enlist(&self, state: &mut State) {
        let crew = self.clone();
        match self.spawn(move || crew.0.work()) {
            Ok(()) => {
                state.threads += 1;
                state.free += 1;
            }
            // The job waits for one of those that are there.
            Err(problem) => error!("no thread more for {}: {problem}", self.0.name),
        }
    }

    fn alert(&self, state: &mut State) {
        match state.lookout {
            Lookout::Awake => {}
            Lookout::Asleep => {
                state.lookout = Lookout::Awake;
                self.0.late.notify_one();
            }
            Lookout::Missing => {
                let crew = self.clone();
                match self.spawn(move || crew.look_out()) {
                    Ok(()) => state.lookout = Lookout::Awake,
                    Err(problem) => error!("no thread to look after {}: {problem}", self.0.name),
                }
            }
        }
    }

    fn spawn(&self, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        thread::Builder::new().name(self.0.name.to_owned()).spawn(work).map(drop)
    }

    fn look_out(&self) {
        let mut state = self.0.state();
        loop {
            for _ in 0..state.missing(self.0.regular) {
                self.enlist(&mut state);
            }
            state = if state.waiting.is_empty() {
                state.lookout = Lookout::Asleep;
                let asleep = |s: &mut State| s.lookout == Lookout::Asleep;
                self.0.late.wait_while(state, asleep).unwrap_or_else(PoisonError::into_inner)
            } else {
                let looked = self.0.late.wait_timeout(state, PATIENCE / 2);
                looked.unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                state.free -= 1;
                let number = state.jobs;
                state.jobs += 1;
                state.begun.insert(number, Instant::now());
                drop(state);
                // Said by the panic itself; who waits for a result gets none.
                let _ = catch_unwind(AssertUnwindSafe(job));
                state = self.state();
                state.begun.remove(&number);
                state.free += 1;
            } else if state.moving() > self.regular {
                state.threads -= 1;
                state.free -= 1;
                return;
            } else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    #[cfg(test)]
    fn threads(&self) -> usize {
        self.state().threads
    }
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Crew").field(&self.0.name).finish()
    }
}
