//! The parameter sets in force: those of the SDP until the stream brings its
//! own, and of those only what slices refer to.
//!
//! A camera that talks rubbish for a while also sends what looks like parameter
//! sets, and players choke on a file that begins with one. So, once a decoder
//! could begin:
//!
//! 1. A unit that brings a set of each kind, and whose own slices refer to
//!    them, is believed whole. The first of these replaces all of an SDP that it
//!    contradicts: some cameras describe another stream than they send (an old
//!    resolution, bytes that are no parameter set at all).
//! 2. Of other units only key frames are believed, and of what they bring only
//!    what a slice refers to: with the key frame itself as an addition or in
//!    place of another, with later pictures as an addition.
//! 3. Where key frames bring the same whole set time after time, whatever else
//!    was seen (sets of an older stream) is forgotten.

#[cfg(test)]
mod tests;

use hitless_media::nal::{annex_b, referred_pps};
use hitless_media::parameters::{Change, ParameterSets, SetId};
use hitless_model::VideoCodec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Larger ones do not fit into `avcC` or `hvcC` boxes.
const MAX_SET_BYTES: usize = 8 << 10;
/// All that the standards allow of each kind: 16 VPS, 32 SPS, 256 PPS and as
/// many extensions. More is an attack on memory.
const MAX_SETS: usize = 512;

/// After so many key frames with the same sets no others are believed.
const STEADY: u32 = 3;

/// What a set that is referred to may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// Stand beside the others.
    Add,
    /// Take the place of another, too.
    Replace,
}

/// Parameter sets of one stream.
#[derive(Debug)]
pub(super) struct Sets {
    current: Arc<ParameterSets>,
    /// The stream neither confirmed nor replaced what the SDP says.
    from_sdp: bool,
    /// Those of the picture being gathered.
    own: ParameterSets,
    /// Brought by the last key frame; no slice referred to them so far.
    offered: ParameterSets,
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
            from_sdp: true,
            own: ParameterSets::new(codec),
            offered: ParameterSets::new(codec),
            steady: None,
            changed: false,
            with_key_frames: false,
        }
    }

    fn codec(&self) -> VideoCodec {
        self.own.codec()
    }

    fn known(&self) -> [&ParameterSets; 3] {
        [&self.current, &self.own, &self.offered]
    }

    /// A unit of the picture being gathered; whether it is a parameter set that
    /// could be of this stream.
    pub(super) fn see(&mut self, nal: &[u8]) -> bool {
        let count: usize = self.known().iter().map(|sets| sets.iter().count()).sum();
        nal.len() <= MAX_SET_BYTES
            && count < MAX_SETS
            && self.could_be_ours(nal)
            && self.own.insert(nal).is_ok()
    }

    /// Once a decoder could begin, a set has to fit to those that are there.
    fn could_be_ours(&self, nal: &[u8]) -> bool {
        let known = self.known();
        !known.iter().any(|sets| sets.is_complete())
            || known.iter().any(|sets| has(sets, nal))
            || known.iter().any(|sets| sets.is_plausible(nal))
    }

    /// A picture of these NAL units is whole, or something of it was lost.
    pub(super) fn on_picture<'a>(
        &mut self,
        key: bool,
        lost: bool,
        nals: impl Iterator<Item = &'a [u8]>,
    ) {
        if self.own.is_empty() && self.offered.is_empty() {
            return;
        }
        let codec = self.codec();
        let own = std::mem::replace(&mut self.own, ParameterSets::new(codec));
        let used: BTreeSet<u32> = nals.filter_map(|nal| referred_pps(codec, nal)).collect();
        self.believe(&own, key, &used);
        if key && !lost && own.is_complete() {
            self.count_steady(own);
        }
    }

    fn believe(&mut self, own: &ParameterSets, key: bool, used: &BTreeSet<u32>) {
        let of_own = || used.iter().any(|id| own.get(SetId::pps(*id)).is_some());
        if own.is_complete() && of_own() {
            self.adopt_whole(own);
        } else if !self.current.is_complete() {
            own.iter().for_each(|nal| self.adopt(nal));
        } else if key && !own.is_empty() {
            self.adopt_used(own, used, May::Replace);
            let rest = own.iter().filter(|nal| !has(&self.current, nal));
            self.offered = ParameterSets::from_nals(self.codec(), rest);
        }
        if !self.offered.is_empty() {
            let offered = self.offered.clone();
            self.adopt_used(&offered, used, May::Add);
        }
    }

    fn adopt_whole(&mut self, own: &ParameterSets) {
        let contradicts = own.iter().any(|nal| !has(&self.current, nal));
        if std::mem::take(&mut self.from_sdp) && contradicts {
            self.current = Arc::new(own.clone());
            self.changed = true;
        } else {
            own.iter().for_each(|nal| self.adopt(nal));
        }
    }

    /// The PPS that slices use, and what these need.
    fn adopt_used(&mut self, sets: &ParameterSets, used: &BTreeSet<u32>, may: May) {
        for pps in used {
            let mut wanted = Some(SetId::pps(*pps));
            while let Some(id) = wanted {
                let allowed = may == May::Replace || self.current.get(id).is_none();
                if let Some(nal) = sets.get(id).filter(|_| allowed) {
                    self.adopt(nal);
                }
                let codec = self.codec();
                wanted = self.current.get(id).and_then(|nal| SetId::needed_by(codec, nal));
            }
        }
    }

    fn adopt(&mut self, nal: &[u8]) {
        // Nearly always it is one that is known: no copy of all for that.
        if !has(&self.current, nal) {
            let change = Arc::make_mut(&mut self.current).insert(nal);
            self.changed |= matches!(change, Ok(Change::Added | Change::Replaced));
        }
    }

    fn count_steady(&mut self, own: ParameterSets) {
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

fn has(sets: &ParameterSets, nal: &[u8]) -> bool {
    sets.iter().any(|set| set == nal)
}
