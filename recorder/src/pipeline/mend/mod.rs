//! Makes what GStreamer's muxer writes into a fragment readable after a crash.
//!
//! A fragment's samples come in runs, one for each stretch of a track. For a
//! last run of one sample that is as large, or lasts as long, as the fragment's
//! first sample, the muxer of GStreamer 1.22 writes no size, or no duration,
//! though it has withdrawn the default; readers then refuse the file, or lose
//! the sample's time. That matters only after a crash: a file that was closed
//! has no fragments.
//!
//! The boxes are mended in place, without a change of length, on their way to
//! the file: the tracks' defaults in `moov` ([`defaults`]) take over what the
//! fragments repeat, which makes room in these for what is missing
//! ([`fragment`]). What does not look as expected stays as it is.
//!
//! The one box that is wrong in closed files too is that of Opus, whose numbers it
//! writes the wrong way round; it is put right wherever a `moov` passes.
//!
//! To be done once: what was mended looks like what needs mending.

mod bytes;
mod defaults;
mod fragment;

use bytes::{each, kind_at};
use hitless_media::mp4::straighten_opus;

/// Flags of a sample that depends on others, as the muxer writes them.
const DELTA_FLAGS: u32 = 0x0001_00c0;
/// Flags of a sample that does not, as the muxer writes them.
const SYNC_FLAGS: u32 = 0x0000_00c0;

/// Where the first sample entry begins within `stsd`; tracks have one each.
const FIRST_ENTRY: usize = 16;

/// Mends a `moov` or `moof`; other bytes are left alone. `is_key` tells the sizes
/// of the latest key frames.
pub(super) fn mend(bytes: &mut [u8], is_key: impl Fn(u32) -> bool) {
    match kind_at(bytes, 0) {
        Some(b"moov") => {
            let tracks = defaults::tracks(bytes);
            each(bytes, &[b"moov", b"mvex", b"trex"], &mut |trex| defaults::mend(trex, &tracks));
            let entries = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"];
            each(bytes, &entries, &mut |stsd| {
                if let Some(entry) = stsd.get_mut(FIRST_ENTRY..) {
                    straighten_opus(entry);
                }
            });
        }
        Some(b"moof") => {
            each(bytes, &[b"moof", b"traf"], &mut |traf| fragment::mend(traf, &is_key));
        }
        _ => {}
    }
}

/// Whether these are the first bytes of a box that [`mend`] looks at.
pub(super) fn concerns(head: [u8; 8]) -> bool {
    matches!(&head[4..], b"moov" | b"moof")
}

#[cfg(test)]
mod tests {
    use super::bytes::u32_at;
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body: Vec<u8> = parts.concat();
        let size = u32::try_from(body.len() + 8).expect("small");
        [&size.to_be_bytes()[..], kind, &body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    /// As GStreamer wrote it: three runs with sizes, the fourth without.
    fn torn() -> Vec<u8> {
        let tfhd = boxed(b"tfhd", &[&words(&[0x29, 2, 0, 0x38f9, 0x1680, SYNC_FLAGS])]);
        let run = |size| boxed(b"trun", &[&words(&[0x201, 1, 0x474, size])]);
        let last = boxed(b"trun", &[&words(&[0x001, 1, 0x20bb])]);
        boxed(b"moof", &[&boxed(b"traf", &[&tfhd, &run(0xf7), &run(0x104), &last])])
    }

    #[test]
    fn a_size_that_was_left_out_becomes_the_default() {
        let mut moof = torn();
        mend(&mut moof, |_| true);
        let tfhd = 16;
        assert_eq!(u32_at(&moof, tfhd + 8), Some(0x19));
        assert_eq!(u32_at(&moof, tfhd + 28), Some(0xf7));
    }

    #[test]
    fn a_key_frame_that_begins_a_fragment_is_called_one() {
        let tfhd = boxed(b"tfhd", &[&words(&[0x01, 1, 0, 0xa2f9])]);
        let first = boxed(b"trun", &[&words(&[0x301, 1, 0x10, 0xbb8, 0xddb])]);
        let last = boxed(b"trun", &[&words(&[0x301, 1, 0x40d2, 0xbb8, 0x504])]);
        let mut moof = boxed(b"moof", &[&boxed(b"traf", &[&tfhd, &first, &last])]);
        let before = moof.clone();
        mend(&mut moof, |size| size == 0x504);
        assert_eq!(moof, before, "another sample");
        mend(&mut moof, |size| size == 0xddb);
        let (tfhd, first, last) = (16, 16 + 24, 16 + 24 + 28);
        assert_eq!(u32_at(&moof, tfhd + 20), Some(0xa309));
        let word = |run: usize, n: usize| u32_at(&moof, run + 8 + 4 * n);
        assert_eq!([word(first, 0), word(first, 2)], [Some(0x304), Some(SYNC_FLAGS)]);
        assert_eq!([word(last, 0), word(last, 2)], [Some(0x301), Some(0x40c2)]);
    }

    #[test]
    fn a_duration_that_was_left_out_becomes_the_default() {
        let tfhd = boxed(b"tfhd", &[&words(&[0x21, 1, 0, 0x75dc, DELTA_FLAGS])]);
        let first = boxed(b"trun", &[&words(&[0x305, 1, 0x118, DELTA_FLAGS, 0xbb8, 0x417])]);
        let last = boxed(b"trun", &[&words(&[0x201, 1, 0x2441, 0x5a7])]);
        let mut moof = boxed(b"moof", &[&boxed(b"traf", &[&tfhd, &first, &last])]);
        mend(&mut moof, |_| true);
        let tfhd = 16;
        assert_eq!(u32_at(&moof, tfhd + 8), Some(0x09));
        assert_eq!(u32_at(&moof, tfhd + 24), Some(0xbb8));
    }

    #[test]
    fn the_tracks_get_the_flags_that_fragments_give_up() {
        let trak = |id, handler: &[u8; 4]| {
            let tkhd = boxed(b"tkhd", &[&words(&[0, 0, 0, id])]);
            let hdlr = boxed(b"hdlr", &[&words(&[0, 0]), handler]);
            let stts = boxed(b"stts", &[&words(&[0, 1, 9, 1000 + id])]);
            let minf = boxed(b"minf", &[&boxed(b"stbl", &[&stts])]);
            boxed(b"trak", &[&tkhd, &boxed(b"mdia", &[&hdlr, &minf])])
        };
        let trex = |id| boxed(b"trex", &[&words(&[0, id, 1, 0, 0, 0])]);
        let mvex = boxed(b"mvex", &[&trex(1), &trex(2)]);
        let mut moov = boxed(b"moov", &[&trak(1, b"vide"), &trak(2, b"soun"), &mvex]);
        mend(&mut moov, |_| true);
        let end = moov.len();
        assert_eq!(u32_at(&moov, end - 4), Some(SYNC_FLAGS));
        assert_eq!(u32_at(&moov, end - 36), Some(DELTA_FLAGS));
        assert_eq!((u32_at(&moov, end - 12), u32_at(&moov, end - 44)), (Some(1002), Some(1001)));
    }

    #[test]
    fn the_numbers_of_opus_are_put_right() {
        let file = |numbers: &[u8]| {
            let box_of = boxed(b"dOps", &[&[0, 2], numbers, &[0, 0, 0]]);
            let entry = boxed(b"Opus", &[&[0; 28], &box_of]);
            let stsd = boxed(b"stsd", &[&words(&[0, 1]), &entry]);
            let stbl = boxed(b"minf", &[&boxed(b"stbl", &[&stsd])]);
            boxed(b"moov", &[&boxed(b"trak", &[&boxed(b"mdia", &[&stbl])])])
        };
        let mut moov = file(&[0x38, 0x01, 0x80, 0xBB, 0, 0]);
        mend(&mut moov, |_| true);
        assert_eq!(moov, file(&[0x01, 0x38, 0, 0, 0xBB, 0x80]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0_usize..140, byte: u8, cut in 0_usize..140) {
            let mut moof = torn();
            if let Some(slot) = moof.get_mut(at) {
                *slot = byte;
            }
            moof.truncate(cut);
            mend(&mut moof, |_| true);
        }
    }
}
