//! What the kernel says of this process.

use super::view::ProcessView;
use std::fs;

impl ProcessView {
    /// Reads `/proc/self`; what cannot be read stays zero.
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next())
                .and_then(|number| number.parse().ok())
                .unwrap_or(0)
        };
        Self {
            pid: std::process::id(),
            memory_bytes: field("VmRSS:") * 1024,
            threads: field("Threads:"),
            open_files: fs::read_dir("/proc/self/fd").map_or(0, |d| d.count() as u64),
            cpu_seconds: cpu_seconds(),
        }
    }
}

fn cpu_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        let view = ProcessView::now();
        assert_eq!(view.pid, std::process::id());
        assert!(view.memory_bytes > 0 && view.threads > 0 && view.open_files > 0);
    }
}
