//! Whether pictures before a key frame may need the group before it.
//!
//! Sample tables tell it without a look at the media: pictures that follow a
//! key frame and are shown before it exist only in an open group of H.264. In
//! H.265 an IDR may have leading pictures that can be decoded (RADL); they are
//! taken for ones that cannot, which costs pictures only after a gap.

use hitless_stitcher_core::{KeyKind, Sample};

/// Turns closed key frames that are followed by leading pictures into open ones.
pub(super) fn mark_open(samples: &mut [Sample]) {
    let keys: Vec<usize> =
        samples.iter().enumerate().filter(|(_, s)| s.key.is_some()).map(|(at, _)| at).collect();
    for at in keys {
        let shown = samples[at].presentation;
        if samples.get(at + 1).is_some_and(|next| next.key.is_none() && next.presentation < shown) {
            samples[at].key = Some(KeyKind::Open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{MediaSpan, MediaTime};

    #[test]
    fn leading_pictures_make_a_group_open() {
        let sample = |shown, key: bool| Sample {
            decode: MediaTime::new(0),
            presentation: MediaTime::new(shown),
            duration: MediaSpan::new(1),
            key: key.then_some(KeyKind::Closed),
            damaged: false,
        };
        let mut samples =
            [sample(0, true), sample(1, false), sample(4, true), sample(2, false), sample(9, true)];
        mark_open(&mut samples);
        let kinds: Vec<_> = samples.iter().filter_map(|s| s.key).collect();
        assert_eq!(kinds, [KeyKind::Closed, KeyKind::Open, KeyKind::Closed]);
    }
}
