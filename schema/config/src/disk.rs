//! `[recorder.disk]`: what to do when the disk fills up.

use crate::choice::choice;
use crate::reader::Section;
use std::time::Duration;

choice! {
    /// What gives way.
    DiskPolicy {
        /// Finish the segments and record nothing until there is room again.
        Stop = "stop",
        /// Delete the oldest segments that nobody protected.
        DeleteOldest = "delete-oldest",
    }
}

/// `[recorder.disk]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Disk {
    /// Less free than this counts as full. `None`: 1 GiB, but no more than a
    /// tenth of the disk.
    pub min_free_bytes: Option<u64>,
    /// Less free than this share of the disk counts as full too.
    pub min_free_percent: f64,
    /// What gives way.
    pub policy: DiskPolicy,
    /// How often to look.
    pub check: Duration,
}

impl Disk {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        Self {
            min_free_bytes: section.bytes_if_given("min_free_bytes"),
            min_free_percent: section.number("min_free_percent", 0.0, 0.0, 99.0),
            policy: section.choice("policy", DiskPolicy::Stop),
            check: section.seconds("check_seconds", 5.0, 0.1),
        }
    }
}
