//! The parameter sets in force: those of the SDP until the stream brings its
//! own.
//!
//! Some cameras describe another stream in their SDP than they send (an old
//! resolution, bytes that are no parameter set at all). So the first complete
//! set in the stream that contradicts the SDP replaces all of it.

use hitless_media::nal::annex_b;
use hitless_media::parameters::{Change, ParameterSets};
use hitless_model::VideoCodec;
use std::sync::Arc;

/// Larger ones do not fit into `avcC` or `hvcC` boxes.
const MAX_SET_BYTES: usize = 8 << 10;
/// All that the standards allow of each kind: 16 VPS, 32 SPS, 256 PPS and as
/// many extensions. More is an attack on memory.
const MAX_SETS: usize = 512;

/// Parameter sets of one stream.
#[derive(Debug)]
pub(super) struct Sets {
    current: Arc<ParameterSets>,
    /// Those that came in the stream, while `current` still holds the SDP's.
    in_band: Option<ParameterSets>,
    changed: bool,
    /// The camera sends them with key frames.
    with_key_frames: bool,
}

impl Sets {
    pub(super) fn new(codec: VideoCodec, sprop: &[Vec<u8>]) -> Self {
        let mut current = ParameterSets::new(codec);
        for set in sprop {
            // Some SDPs carry start codes or trailing zeros (GW Security).
            let framed = [&[0, 0, 1], set.as_slice()].concat();
            for nal in annex_b(&framed).flatten() {
                if nal.len() <= MAX_SET_BYTES && current.insert(nal).is_err() {
                    tracing::debug!(bytes = nal.len(), "unreadable parameter set in the SDP");
                }
            }
        }
        Self {
            current: Arc::new(current),
            in_band: Some(ParameterSets::new(codec)),
            changed: false,
            with_key_frames: false,
        }
    }

    /// A unit of the stream; whether it is a parameter set.
    pub(super) fn see(&mut self, nal: &[u8]) -> bool {
        let held = self.current.iter().count() + self.in_band.iter().flat_map(|s| s.iter()).count();
        if nal.len() > MAX_SET_BYTES || held >= MAX_SETS {
            return false;
        }
        if let Some(in_band) = &mut self.in_band {
            if in_band.insert(nal).is_err() {
                return false;
            }
            if in_band.is_complete() {
                self.leave_sdp_behind();
                return true;
            }
        }
        match self.current_differs(nal) {
            Ok(Change::None) => true,
            Ok(Change::Added | Change::Replaced) => {
                self.changed = true;
                true
            }
            Err(()) => false,
        }
    }

    fn current_differs(&mut self, nal: &[u8]) -> Result<Change, ()> {
        // Nearly always it is one that is known: no copy of all for that.
        if self.current.iter().any(|known| known == nal) {
            return Ok(Change::None);
        }
        Arc::make_mut(&mut self.current).insert(nal).map_err(|_| ())
    }

    fn leave_sdp_behind(&mut self) {
        let Some(in_band) = self.in_band.take() else { return };
        let confirmed = in_band.iter().all(|set| self.current.iter().any(|known| known == set));
        if !confirmed {
            self.current = Arc::new(in_band);
            self.changed = true;
        }
    }

    /// Whether this picture lacks parameter sets that the camera otherwise
    /// sends with each key frame: they may have been among the lost packets,
    /// and then they may have been new ones.
    pub(super) fn are_missing(&mut self, key: bool, present: bool, lost: bool) -> bool {
        if !key {
            return false;
        }
        let missing = lost && self.with_key_frames && !present;
        if !lost {
            self.with_key_frames = present;
        }
        missing
    }

    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn current(&self) -> Arc<ParameterSets> {
        Arc::clone(&self.current)
    }
}
