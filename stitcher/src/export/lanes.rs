//! What is done with the blocks of a clip, on two threads that hardly ever wait.
//!
//! A block is filled, and then goes through every lane: each lane takes the
//! blocks one by one in their order, and the lanes do not wait for each other.
//! Neither thread belongs to a lane. Whoever is done with a step takes the next
//! one that can be done: waking another thread for every block cost more calls
//! of the system than reading and writing it.
//!
//! A block is filled again when every lane is done with it. The first error
//! ends all.

use super::block::Block;
use super::error::ExportError;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

/// Fills blocks; `false`: there is nothing any more.
pub(super) type Source<'a> = dyn FnMut(&mut Block) -> Result<bool, ExportError> + Send + 'a;
/// Takes blocks in order.
pub(super) type Lane<'a> = dyn FnMut(&Block) -> Result<(), ExportError> + Send + 'a;

/// Puts all that a source gives through all lanes. What comes first of the
/// lanes is done first where there is a choice: what waits for a disk.
pub(super) fn run<'a>(
    blocks: Vec<Block>,
    source: Box<Source<'a>>,
    lanes: Vec<Box<Lane<'a>>>,
) -> Result<(), ExportError> {
    let shared = Shared {
        state: Mutex::new(State::of(blocks.len(), lanes.len())),
        news: Condvar::new(),
        blocks: blocks.into_iter().map(RwLock::new).collect(),
        source: Mutex::new(source),
        lanes: lanes.into_iter().map(Mutex::new).collect(),
    };
    std::thread::scope(|scope| {
        scope.spawn(|| shared.work());
        shared.work();
    });
    shared.state.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

/// Something to do with the block of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Fill(u64),
    Take { lane: usize, block: u64 },
}

/// What a thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Do(Step),
    Wait,
    /// Everything is done, or nothing is to be done any more.
    Leave,
}

/// How far a lane is.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Blocks that it has taken.
    done: u64,
    /// It has one now.
    busy: bool,
}

#[derive(Debug)]
struct State {
    blocks: u64,
    /// Blocks that were filled.
    filled: u64,
    filling: bool,
    /// There are no more than these.
    ended: bool,
    lanes: Vec<Progress>,
    waiting: usize,
    stopped: bool,
    outcome: Result<(), ExportError>,
}

impl State {
    fn of(blocks: usize, lanes: usize) -> Self {
        Self {
            blocks: blocks as u64,
            filled: 0,
            filling: false,
            ended: false,
            lanes: vec![Progress::default(); lanes],
            waiting: 0,
            stopped: false,
            outcome: Ok(()),
        }
    }

    fn next(&self) -> Next {
        let behind = self.lanes.iter().map(|lane| lane.done).min().unwrap_or(self.filled);
        if self.stopped || (self.ended && behind == self.filled) {
            return Next::Leave;
        }
        if !self.ended && !self.filling && self.filled - behind < self.blocks {
            return Next::Do(Step::Fill(self.filled));
        }
        let free = self.lanes.iter().enumerate();
        let free = free.filter(|(_, lane)| !lane.busy && lane.done < self.filled);
        match free.min_by_key(|(_, lane)| lane.done) {
            Some((lane, progress)) => Next::Do(Step::Take { lane, block: progress.done }),
            None => Next::Wait,
        }
    }

    fn begin(&mut self, step: Step) {
        match step {
            Step::Fill(_) => self.filling = true,
            Step::Take { lane, .. } => self.lanes[lane].busy = true,
        }
    }

    /// A step is done; `false`: it found that there is nothing any more.
    fn end(&mut self, step: Step, done: Result<bool, ExportError>) {
        let done = done.unwrap_or_else(|error| {
            if !self.stopped {
                (self.stopped, self.outcome) = (true, Err(error));
            }
            false
        });
        match step {
            Step::Fill(_) => {
                (self.filling, self.ended) = (false, !done);
                self.filled += u64::from(done);
            }
            Step::Take { lane, .. } => {
                self.lanes[lane].busy = false;
                self.lanes[lane].done += 1;
            }
        }
    }
}

struct Shared<'a> {
    state: Mutex<State>,
    news: Condvar,
    blocks: Vec<RwLock<Block>>,
    source: Mutex<Box<Source<'a>>>,
    lanes: Vec<Mutex<Box<Lane<'a>>>>,
}

impl Shared<'_> {
    fn work(&self) {
        let _leaving = Leaving(self);
        let mut state = self.state();
        loop {
            match state.next() {
                Next::Leave => {
                    self.tell(&state);
                    return;
                }
                Next::Wait => {
                    state.waiting += 1;
                    state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.waiting -= 1;
                }
                Next::Do(step) => {
                    state.begin(step);
                    // Waking somebody who finds nothing to do is a call for nothing.
                    if state.next() != Next::Wait {
                        self.tell(&state);
                    }
                    drop(state);
                    let done = self.step(step);
                    state = self.state();
                    state.end(step, done);
                }
            }
        }
    }

    fn step(&self, step: Step) -> Result<bool, ExportError> {
        // None of these locks is ever waited for: the state says who has what.
        match step {
            Step::Fill(number) => {
                let mut block = self.block(number).write().unwrap_or_else(PoisonError::into_inner);
                let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
                (source)(&mut block)
            }
            Step::Take { lane, block } => {
                let block = self.block(block).read().unwrap_or_else(PoisonError::into_inner);
                let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
                (lane)(&block).map(|()| true)
            }
        }
    }

    fn block(&self, number: u64) -> &RwLock<Block> {
        let many = self.blocks.len() as u64;
        &self.blocks[usize::try_from(number % many).unwrap_or(0)]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: &State) {
        if state.waiting > 0 {
            self.news.notify_all();
        }
    }
}

/// A thread that panics takes the other one along: nobody does its step.
struct Leaving<'a, 'b>(&'b Shared<'a>);

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().stopped = true;
            self.0.news.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn blocks(many: usize) -> Vec<Block> {
        (0..many).map(|_| Block::for_clip(0)).collect()
    }

    fn error() -> ExportError {
        ExportError::Interrupted
    }

    proptest! {
        /// Whatever takes how long: a block is filled again only when all lanes
        /// are done with it, and each lane has every block once and in order.
        #[test]
        fn every_lane_has_every_block_in_order(
            (many, total, lanes) in (1_usize..4, 0_u64..40, 1_usize..5), seed in any::<u64>(),
        ) {
            let dawdle = |lane: u64, block: u64| {
                let turns = seed.rotate_left(u32::try_from(lane * 11 + block * 7).unwrap_or(0)) % 64;
                (0..turns * 20).for_each(|_| std::hint::spin_loop());
            };
            let filled = AtomicU64::new(0);
            let done: Vec<AtomicU64> = (0..lanes).map(|_| AtomicU64::new(0)).collect();
            let source = |_: &mut Block| {
                let number = filled.load(Ordering::SeqCst);
                dawdle(0, number);
                for lane in &done {
                    assert!(number < lane.load(Ordering::SeqCst) + many as u64, "still in use");
                }
                if number < total {
                    filled.fetch_add(1, Ordering::SeqCst);
                }
                Ok(number < total)
            };
            let lane = |at: usize| -> Box<Lane<'_>> {
                let (done, filled) = (&done[at], &filled);
                Box::new(move |_| {
                    let number = done.load(Ordering::SeqCst);
                    assert!(number < filled.load(Ordering::SeqCst), "not filled yet");
                    dawdle(at as u64 + 1, number);
                    assert_eq!(done.fetch_add(1, Ordering::SeqCst), number, "two at once");
                    Ok(())
                })
            };
            run(blocks(many), Box::new(source), (0..lanes).map(lane).collect()).expect("done");
            prop_assert!(done.iter().all(|lane| lane.load(Ordering::SeqCst) == total));
        }

        #[test]
        fn the_first_error_ends_all(at in 0_u64..9, in_source in any::<bool>()) {
            let (mut filled, mut taken) = (0, 0);
            let source = |_: &mut Block| {
                filled += 1;
                if in_source && filled > at { Err(error()) } else { Ok(true) }
            };
            let lane: Box<Lane<'_>> = Box::new(|_| {
                taken += 1;
                if !in_source && taken > at { Err(error()) } else { Ok(()) }
            });
            let done = run(blocks(2), Box::new(source), vec![lane, Box::new(|_| Ok(()))]);
            prop_assert!(matches!(done, Err(ExportError::Interrupted)));
            prop_assert!(filled <= at + 3 && taken <= at + 1, "{filled} {taken}");
        }
    }

    /// Else the other thread waits for a block that nobody fills.
    #[test]
    fn a_step_that_panics_is_told_and_does_not_hang() {
        for at in 0..4 {
            let mut filled = 0;
            let source = |_: &mut Block| {
                filled += 1;
                assert!(filled <= at, "as wanted");
                Ok(true)
            };
            let lanes: Vec<Box<Lane<'_>>> = vec![Box::new(|_| Ok(())), Box::new(|_| Ok(()))];
            let run = std::panic::AssertUnwindSafe(|| run(blocks(2), Box::new(source), lanes));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }
}
