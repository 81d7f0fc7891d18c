//! Processes that are nobody's children here: whether they live, and their end.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// It runs, and is not just waiting to be forgotten.
pub fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    test_kill_process(of(pid)).is_ok() && !matches!(state, None | Some('Z' | 'X'))
}

pub fn signal(pid: u32, signal: Signal) {
    // An error: it is gone.
    let _ = kill_process(of(pid), signal);
}

fn of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("a process id")).expect("a process id")
}
