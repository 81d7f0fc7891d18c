//! The threads on which cameras are read.
//!
//! A packet every few milliseconds from each of many cameras wakes a reader
//! for each; reading what came within 50 ms at once costs a third of that. So
//! these runtimes nap before they wait for the network: the kernel gathers,
//! one wake-up reads all. While a session is being opened nobody naps, since
//! each of its steps would take a nap longer.
//!
//! Nothing that may block runs here.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Cameras a thread reads at most before another is started, as far as there
/// are cores.
const CAMERAS_PER_THREAD: usize = 48;

/// The reading threads.
pub struct Ingest {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

/// One thread with its runtime.
struct Lane {
    handle: Handle,
    impatient: Arc<AtomicUsize>,
    _stop: oneshot::Sender<()>,
}

/// While this lives its thread does not nap.
pub struct Impatience(Arc<AtomicUsize>);

impl Drop for Impatience {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a camera's task runs.
#[derive(Clone)]
pub struct Place {
    handle: Handle,
    impatient: Arc<AtomicUsize>,
}

impl Place {
    /// Runs a camera's task here.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.handle.spawn(work)
    }

    /// No naps until the returned value is dropped.
    pub fn hurry(&self) -> Impatience {
        self.impatient.fetch_add(1, Ordering::Relaxed);
        Impatience(Arc::clone(&self.impatient))
    }
}

impl Ingest {
    /// Starts threads for this many cameras.
    pub fn start(cameras: usize, nap: Option<Duration>) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cameras.div_ceil(CAMERAS_PER_THREAD).clamp(1, cores);
        let lanes = (0..threads).map(|n| Lane::start(n, nap)).collect::<Result<_, _>>()?;
        Ok(Self { lanes, next: AtomicUsize::new(0) })
    }

    /// The place for the next camera.
    pub fn place(&self) -> Place {
        let lane = &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()];
        Place { handle: lane.handle.clone(), impatient: Arc::clone(&lane.impatient) }
    }
}

impl Lane {
    fn start(number: usize, nap: Option<Duration>) -> std::io::Result<Self> {
        let impatient = Arc::new(AtomicUsize::new(0));
        let hurried = Arc::clone(&impatient);
        let mut builder = Builder::new_current_thread();
        builder.enable_all();
        if let Some(nap) = nap {
            builder.on_thread_park(move || {
                if hurried.load(Ordering::Relaxed) == 0 {
                    std::thread::sleep(nap);
                }
            });
        }
        let runtime = builder.build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new().name(format!("ingest-{number}")).spawn(move || {
            // Ends when the sender is dropped with the lane.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, impatient, _stop: stop })
    }
}
