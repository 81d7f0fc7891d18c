//! Jobs in bursts, jobs that hang, jobs that panic.

use super::*;
use std::sync::mpsc;

const SOON: Duration = Duration::from_secs(30);

/// A job that is held up until its sender is dropped.
fn held_up(crew: &Crew) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel::<()>();
    crew.submit(move || assert!(held.recv().is_err(), "nothing is sent"));
    hold
}

/// Two are regular. Threads, how many of them are held up and how many free,
/// jobs that wait; how many threads are missing.
#[test]
fn so_many_threads_are_missing() {
    for (threads, held_up, free, jobs, missing) in [
        (0, 0, 0, 5, 2),
        (0, 0, 0, 1, 1),
        (2, 0, 0, 5, 0),
        (2, 1, 0, 5, 1),
        (2, 1, 1, 1, 0),
        (2, 2, 0, 5, 2),
        (8, 8, 0, 100, 8),
        (8, 8, 0, 3, 3),
        (8, 7, 0, 100, 1),
        (8, 6, 0, 100, 0),
    ] {
        let long_ago = Instant::now().checked_sub(2 * PATIENCE).expect("the machine runs");
        let waiting = (0..jobs).map(|_| Box::new(|| ()) as Job).collect();
        let begun = (0..held_up).map(|number| (number, long_ago)).collect();
        let state = State { waiting, begun, threads, free, ..State::default() };
        let case = format!("{threads} threads, {held_up} held up, {free} free, {jobs} jobs");
        assert_eq!(state.missing(2), missing, "{case}");
    }
}

#[test]
fn a_burst_is_done_by_few() {
    let crew = Crew::new("test", 2);
    let (tell, told) = mpsc::channel();
    for n in 0..1000 {
        let tell = tell.clone();
        crew.submit(move || tell.send(n).expect("it is waited for"));
    }
    for _ in 0..1000 {
        told.recv_timeout(SOON).expect("it is done");
    }
    // More only where this machine stopped a thread for longer than patience.
    assert!(crew.0.threads() < 20, "{}", crew.0.threads());
}

#[test]
fn jobs_that_hang_hold_up_nobody_and_their_threads_leave_afterwards() {
    let crew = Crew::new("test", 2);
    let hung: Vec<_> = (0..40).map(|_| held_up(&crew)).collect();
    let (tell, told) = mpsc::channel();
    for n in 0..3 {
        let tell = tell.clone();
        crew.submit(move || tell.send(n).expect("it is waited for"));
        assert_eq!(told.recv_timeout(SOON), Ok(n), "it is done while the others hang");
    }
    assert!(crew.0.threads() > 40);
    drop(hung);
    let begun = Instant::now();
    while crew.0.threads() > 2 {
        assert!(begun.elapsed() < SOON, "{} threads stay", crew.0.threads());
        thread::yield_now();
    }
}

#[tokio::test]
async fn work_that_panics_gives_no_result_and_its_thread_stays() {
    let crew = Crew::new("test", 1);
    let failed = crew.run(|| -> u8 { panic!("on purpose") }).await;
    assert!(failed.is_err());
    assert_eq!(crew.run(|| 7).await.expect("a result"), 7);
    assert_eq!(crew.0.threads(), 1);
}
