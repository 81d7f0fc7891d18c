//! Whether a camera's marker bit means what RFC 6184 and RFC 7798 say: the
//! last packet of an access unit.
//!
//! Most do, and then a unit is complete the moment its last packet is here.
//! Some set it on every slice, some never. So the first few pictures are held
//! until the next packet shows whether the marker told the truth; from then on
//! it is believed, until it lies.

/// Whether to end a unit at its marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing seen against it, but not enough for it.
    NotYet,
    /// The marker ends a unit at once.
    Yes,
    /// The marker stands inside of pictures: it says nothing.
    No,
}

/// A few pictures; one of them a key frame, because only those may be large
/// enough for several slices.
const PROOFS: u32 = 4;
/// Where key frames are minutes apart.
const PROOFS_WITHOUT_KEY: u32 = 250;

/// What a camera's marker has been worth so far.
#[derive(Debug)]
pub(super) struct Marker {
    trust: Trust,
    proofs: u32,
    key_seen: bool,
}

impl Marker {
    pub(super) fn new() -> Self {
        Self { trust: Trust::NotYet, proofs: 0, key_seen: false }
    }

    pub(super) fn trust(&self) -> Trust {
        self.trust
    }

    /// A unit with a marker was followed by the next one.
    pub(super) fn proved(&mut self, key: bool) {
        self.proofs = self.proofs.saturating_add(1);
        self.key_seen |= key;
        let enough = if self.key_seen { PROOFS } else { PROOFS_WITHOUT_KEY };
        if self.trust == Trust::NotYet && self.proofs >= enough {
            self.trust = Trust::Yes;
        }
    }

    /// A slice of the same picture came after the marker; true the first time.
    pub(super) fn distrust(&mut self) -> bool {
        std::mem::replace(&mut self.trust, Trust::No) != Trust::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_believed_after_some_pictures_and_never_again_after_a_lie() {
        let mut marker = Marker::new();
        for _ in 0..PROOFS {
            assert_eq!(marker.trust(), Trust::NotYet);
            marker.proved(true);
        }
        assert_eq!(marker.trust(), Trust::Yes);
        assert!(marker.distrust());
        assert!(!marker.distrust());
        marker.proved(true);
        assert_eq!(marker.trust(), Trust::No);
    }

    #[test]
    fn without_a_key_frame_it_takes_longer() {
        let mut marker = Marker::new();
        (0..PROOFS_WITHOUT_KEY - 1).for_each(|_| marker.proved(false));
        assert_eq!(marker.trust(), Trust::NotYet);
        marker.proved(false);
        assert_eq!(marker.trust(), Trust::Yes);
    }
}
