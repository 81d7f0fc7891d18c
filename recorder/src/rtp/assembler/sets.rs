//! The parameter sets in force: those of the SDP until the stream brings its
//! own.
//!
//! Some cameras describe another stream in their SDP than they send (an old
//! resolution, bytes that are no parameter set at all). So the first complete
//! set in the stream that contradicts the SDP replaces all of it. And where key
//! frames bring the same complete sets time after time, whatever else was seen
//! (rubbish that looked like a set, sets of an older stream) is forgotten:
//! players choke on it.

use hitless_media::nal::annex_b;
use hitless_media::parameters::{Change, ParameterSets};
use hitless_model::VideoCodec;
use std::sync::Arc;

/// Larger ones do not fit into `avcC` or `hvcC` boxes.
const MAX_SET_BYTES: usize = 8 << 10;
/// All that the standards allow of each kind: 16 VPS, 32 SPS, 256 PPS and as
/// many extensions. More is an attack on memory.
const MAX_SETS: usize = 512;

/// After so many key frames with the same sets no others are believed.
const STEADY: u32 = 3;

/// Parameter sets of one stream.
#[derive(Debug)]
pub(super) struct Sets {
    current: Arc<ParameterSets>,
    /// Those that came in the stream, while `current` still holds the SDP's.
    in_band: Option<ParameterSets>,
    /// Those of the picture being gathered.
    own: ParameterSets,
    /// Those of the last key frames, and of how many.
    steady: Option<(ParameterSets, u32)>,
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
            own: ParameterSets::new(codec),
            steady: None,
            changed: false,
            with_key_frames: false,
        }
    }

    /// A unit of the stream; whether it is a parameter set.
    pub(super) fn see(&mut self, nal: &[u8]) -> bool {
        let beside = self.in_band.iter().chain([&self.own]).flat_map(ParameterSets::iter);
        if nal.len() > MAX_SET_BYTES || self.current.iter().chain(beside).count() >= MAX_SETS {
            return false;
        }
        if !self.could_be_ours(nal) || self.own.insert(nal).is_err() {
            return false;
        }
        if let Some(in_band) = &mut self.in_band {
            // What can be put in once can be put in twice.
            let _ = in_band.insert(nal);
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

    /// Once a decoder could begin, a set has to fit to those that are there.
    fn could_be_ours(&self, nal: &[u8]) -> bool {
        let known = || self.in_band.iter().chain([&self.own, &*self.current]);
        !known().any(ParameterSets::is_complete)
            || known().any(|sets| sets.iter().any(|set| set == nal))
            || known().any(|sets| sets.is_plausible(nal))
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

    /// A picture is whole, or something of it was lost.
    pub(super) fn on_picture(&mut self, key: bool, lost: bool) {
        let codec = self.own.codec();
        let own = std::mem::replace(&mut self.own, ParameterSets::new(codec));
        if !key || lost || !own.is_complete() {
            return;
        }
        let times = match self.steady.take() {
            Some((known, times)) if known == own => times + 1,
            _ => 1,
        };
        if times == STEADY && *self.current != own {
            self.current = Arc::new(own.clone());
            self.changed = true;
        }
        self.steady = Some((own, times));
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

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xda, 0x05, 0x07, 0xc4, 0x40];
    const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
    /// Another PPS of that SPS, with the id 1.
    const OTHER: &[u8] = &[0x68, 0x53, 0x8f, 0x20];
    /// Says that it belongs to another SPS.
    const RUBBISH: &[u8] = &[0x68, 0x80, 0x13, 0x37];

    /// A PPS in a second of rubbish stayed in every file from then on, and
    /// ffmpeg complained about each of them.
    #[test]
    fn what_key_frames_do_not_bring_is_forgotten() {
        let mut sets = Sets::new(VideoCodec::H264, &[SPS.to_vec(), PPS.to_vec()]);
        let key_frame = |sets: &mut Sets| {
            assert!(sets.see(SPS) && sets.see(PPS));
            sets.on_picture(true, false);
        };
        key_frame(&mut sets);
        let clean = sets.current();
        sets.take_changed();
        assert!(sets.see(OTHER) && !sets.see(RUBBISH));
        sets.on_picture(false, false);
        assert!(sets.take_changed() && sets.current() != clean);
        (0..STEADY).for_each(|_| key_frame(&mut sets));
        assert!(sets.take_changed() && sets.current() == clean);
        key_frame(&mut sets);
        assert!(!sets.take_changed());
    }

    #[test]
    fn key_frames_with_sets_in_turn_keep_all_of_them() {
        let mut sets = Sets::new(VideoCodec::H264, &[]);
        for n in 0..10 {
            assert!(sets.see(SPS) && sets.see(if n % 2 == 0 { PPS } else { OTHER }));
            sets.on_picture(true, false);
        }
        assert_eq!(sets.current().iter().count(), 3);
    }
}
