//! Who holds a camera: this process, told apart from every other.
//!
//! A holder's id says on which host it runs and as which process, so that a
//! run on the same host sees at once that a holder was killed and need not
//! wait until its lease ends. Of holders elsewhere nothing is known but their
//! lease.

use hitless_model::RunId;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// This process.
pub fn this() -> RunId {
    let pid = std::process::id();
    let lot = uuid::Uuid::now_v7().simple().to_string();
    RunId::new(format!("{}-{pid}-{}-{}", place(), started(pid).unwrap_or(0), &lot[20..]))
        .expect("digits and - make a run id")
}

/// Is this a process of this host that is gone?
pub fn is_gone(holder: &RunId) -> bool {
    let mut parts = holder.as_str().split('-');
    let (Some(at), Some(pid), Some(since)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(pid), Ok(since)) = (pid.parse(), since.parse::<u64>()) else { return false };
    at == place() && since != 0 && started(pid) != Some(since)
}

/// The host, its boot, and the space that process ids are counted in.
fn place() -> String {
    let mut hasher = DefaultHasher::new();
    std::fs::read("/etc/machine-id").unwrap_or_default().hash(&mut hasher);
    std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default().hash(&mut hasher);
    std::fs::read_link(Path::new("/proc/self/ns/pid")).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// When a process began, in the kernel's ticks; `None`: it is gone.
fn started(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the second field, the name, may hold anything but the last ")"
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if state == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_told_from_one_that_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("starts");
        let since = started(child.id()).expect("it runs");
        let id = |since| RunId::new(format!("{}-{}-{since}-0", place(), child.id()));
        let (alive, older) = (id(since).expect("valid"), id(since + 1).expect("valid"));
        assert!(!is_gone(&this()) && !is_gone(&alive));
        assert!(is_gone(&older), "another process has the number now");
        child.kill().expect("ends");
        child.wait().expect("ends");
        assert!(is_gone(&alive));
        assert!(!is_gone(&RunId::new("elsewhere-1-2-3").expect("valid")));
    }
}
