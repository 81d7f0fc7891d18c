//! Tells the system which bytes are read next, so that it fetches them while
//! other files are looked at: a disk answers many questions at once sooner
//! than one after the other.

use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::num::NonZeroU64;
use std::path::Path;

/// Where the table of a minute lies: behind the media.
const TABLE: u64 = 56 << 10;

/// The header of a segment and its `.meta` file are read soon. What cannot be
/// told is no loss.
pub fn read_soon(segment: &Path) {
    let Ok(file) = File::open(segment) else { return };
    let Ok(found) = file.metadata() else { return };
    let from = found.len().saturating_sub(TABLE);
    let _ = fadvise(&file, 0, NonZeroU64::new(1), Advice::WillNeed);
    let _ = fadvise(&file, from, NonZeroU64::new(TABLE), Advice::WillNeed);
    if let Ok(meta) = File::open(hitless_media::sidecar::path_of(segment)) {
        let _ = fadvise(&meta, 0, None, Advice::WillNeed);
    }
}
