//! The pauses of a segment as bytes, for the database.
//!
//! Nearly no segment has any, and one that has none has no bytes: a run over
//! many segments reads only those of the few.

use super::packed::{Bytes, Rest};
use hitless_model::{MediaSpan, MediaTime};
use hitless_stitcher_core::Pause;

/// The first number; other bytes are not read.
const VERSION: i64 = 1;

/// Times are written relative to the segment's `media_start`.
pub fn pack_pauses(pauses: &[Pause], media_start: MediaTime) -> Option<Vec<u8>> {
    let mut out = Bytes::default();
    out.number(VERSION);
    for pause in pauses {
        out.number(i64::from(pause.sample));
        out.number(pause.until.since(media_start).ticks());
        out.number(pause.frame.ticks());
        out.number(pause.length.ticks());
    }
    (!pauses.is_empty()).then_some(out.0)
}

/// Reads what [`pack_pauses`] wrote.
pub fn unpack_pauses(bytes: &[u8], media_start: MediaTime) -> Option<Vec<Pause>> {
    let mut rest = Rest(bytes);
    if rest.number()? != VERSION {
        return None;
    }
    let mut found: Vec<Pause> = Vec::new();
    while !rest.0.is_empty() {
        found.push(Pause {
            sample: u32::try_from(rest.number()?).ok()?,
            until: media_start.plus(MediaSpan::new(rest.number()?)),
            frame: MediaSpan::new(rest.number()?),
            length: MediaSpan::new(rest.number()?),
        });
    }
    found.is_sorted_by(|a, b| a.sample < b.sample).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn none_takes_no_bytes() {
        assert_eq!(pack_pauses(&[], MediaTime::new(7)), None);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            pauses in prop::collection::btree_map(any::<u32>(), (0_i64..1 << 40, 0_i64..1 << 30), 1..9),
            zero in -1_i64 << 40..1 << 40,
        ) {
            let zero = MediaTime::new(zero);
            let pauses: Vec<Pause> = pauses
                .into_iter()
                .map(|(sample, (until, frame))| Pause {
                    sample,
                    until: zero.plus(MediaSpan::new(until)),
                    frame: MediaSpan::new(frame),
                    length: MediaSpan::new(until),
                })
                .collect();
            let bytes = pack_pauses(&pauses, zero).unwrap_or_default();
            prop_assert_eq!(unpack_pauses(&bytes, zero), Some(pauses));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack_pauses(&bytes, MediaTime::new(i64::MAX - 3));
        }
    }
}
