//! When splitmuxsink may let go of what it has gathered.
//!
//! splitmuxsink holds everything from one key frame to the next, which a crash
//! would cost and which fills memory where key frames are minutes apart. It
//! only looks at a buffer's flag, so a sample a second is shown to it as a key
//! frame and gets its true flag back in front of the muxer. Only samples that
//! are presented later than all before them qualify, because splitmuxsink
//! orders groups by presentation time; and borders between files are planned
//! by time, so none of these ever starts a file.

use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, MediaTime};

/// Most media time that splitmuxsink gathers, where frames come more often.
const GROUP: MediaSpan = MediaSpan::new(VIDEO_TIMESCALE as i64);

/// Decides which samples begin a group.
pub(super) struct Release {
    latest: Option<MediaTime>,
    group_start: MediaTime,
}

impl Release {
    pub(super) fn new() -> Self {
        Self { latest: None, group_start: MediaTime::new(0) }
    }

    /// Nothing was pushed yet.
    pub(super) fn is_first(&self) -> bool {
        self.latest.is_none()
    }

    /// After all that was pushed and before all that begins with the key frame
    /// pushed next: its leading pictures too, which are shown before it and by
    /// the earliest of which splitmuxsink orders its group.
    pub(super) fn border_before(&self, key: MediaTime) -> MediaTime {
        self.group_start.plus(MediaSpan::new(1)).min(key)
    }

    /// Notes the sample and says whether it begins a group, which releases the
    /// one before it.
    pub(super) fn begins_group(&mut self, key: bool, pts: MediaTime) -> bool {
        let newest = self.latest.is_none_or(|latest| pts > latest);
        let begins = key || (newest && pts.since(self.group_start) >= GROUP);
        if newest {
            self.latest = Some(pts);
        }
        if begins {
            self.group_start = pts;
        }
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gop_is_released_every_second_and_never_at_a_reordered_frame() {
        let mut release = Release::new();
        let frame = 3000; // 30 fps
        let mut begun = Vec::new();
        for i in 0..120_i64 {
            // I P B P B …: each B is presented before the P in front of it.
            let shown = if i == 0 {
                0
            } else if i % 2 == 1 {
                i + 1
            } else {
                i - 1
            };
            if release.begins_group(i == 0, MediaTime::new(shown * frame)) {
                begun.push(i);
            }
        }
        assert_eq!(begun, [0, 29, 59, 89, 119]);
    }
}
