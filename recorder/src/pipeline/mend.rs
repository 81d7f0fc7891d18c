//! Mends what GStreamer's muxer leaves out of fragments.
//!
//! A fragment's samples come in runs, one for each stretch of a track. For a
//! last run of one sample that is as large, or lasts as long, as the fragment's
//! first sample, the muxer of GStreamer 1.22 writes no size, or no duration,
//! though it has withdrawn the default; readers then refuse the file, or lose
//! the sample's time. That matters only after a crash: a file that was closed
//! has no fragments.
//!
//! The boxes are mended in place, without a change of length, on their way to
//! the file: the track's defaults in `moov` get the flags that its fragments
//! repeat, so that a fragment in need can carry what is missing instead of
//! its default flags; and they get the track's usual duration, for a fragment
//! that lacks both. A fragment that begins with a key frame has no default
//! flags, and says nothing of its first sample: its first run gets them in place
//! of its data offset, which moves into that of the fragment. So may one that
//! begins with another sample; they are told apart by the sizes of the key frames
//! that went into the muxer. What does not look as expected stays as it is.
//!
//! To be done once: what was mended looks like what needs mending.

/// Flags of a sample that depends on others, as the muxer writes them.
const DELTA_FLAGS: u32 = 0x0001_00c0;
/// Flags of a sample that does not, as the muxer writes them.
const SYNC_FLAGS: u32 = 0x0000_00c0;

const TFHD_BASE_OFFSET: u32 = 0x01;
const TFHD_DESCRIPTION: u32 = 0x02;
const TFHD_DURATION: u32 = 0x08;
const TFHD_SIZE: u32 = 0x10;
const TFHD_FLAGS: u32 = 0x20;
const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_FIRST_FLAGS: u32 = 0x004;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;

/// Mends a `moov` or `moof`; other bytes are left alone. `is_key` tells the sizes
/// of the latest key frames.
pub(super) fn mend(bytes: &mut [u8], is_key: impl Fn(u32) -> bool) {
    match kind_at(bytes, 0) {
        Some(b"moov") => {
            let tracks = tracks(bytes);
            each(bytes, &[b"moov", b"mvex", b"trex"], &mut |trex| mend_trex(trex, &tracks));
        }
        Some(b"moof") => each(bytes, &[b"moof", b"traf"], &mut |traf| mend_traf(traf, &is_key)),
        _ => {}
    }
}

/// Whether these are the first bytes of a box that [`mend`] looks at.
pub(super) fn concerns(head: [u8; 8]) -> bool {
    matches!(&head[4..], b"moov" | b"moof")
}

/// What a track's samples have in common.
struct Track {
    id: u32,
    is_video: bool,
    /// The duration of its first samples.
    duration: u32,
}

/// `trex`: version and flags, track, description, duration, size, flags.
fn mend_trex(trex: &mut [u8], tracks: &[Track]) {
    let id = u32_at(trex, 12);
    let Some(track) = tracks.iter().find(|track| Some(track.id) == id) else { return };
    if u32_at(trex, 20) == Some(0) {
        put(trex, 20, track.duration);
    }
    if u32_at(trex, 28) == Some(0) {
        put(trex, 28, if track.is_video { DELTA_FLAGS } else { SYNC_FLAGS });
    }
}

fn mend_traf(traf: &mut [u8], is_key: &impl Fn(u32) -> bool) {
    let Some(tfhd) = children(traf, 8).find(|at| kind_at(traf, *at) == Some(b"tfhd")) else {
        return;
    };
    match u32_at(traf, tfhd + 8) {
        Some(flags) if flags & TFHD_FLAGS == 0 => {
            // Nothing to undo: it does all or nothing.
            let _ = give_first_flags(traf, tfhd, flags, is_key);
        }
        Some(flags) if flags & TFHD_SIZE == 0 => give_default(traf, tfhd, flags),
        _ => {}
    }
}

/// Puts what runs left out in place of the default flags.
fn give_default(traf: &mut [u8], tfhd: usize, flags: u32) {
    let Some(default_flags) = u32_at(traf, tfhd + flags_slot(flags)) else { return };
    if default_flags != DELTA_FLAGS && default_flags != SYNC_FLAGS {
        return;
    }
    // One slot is to be had: the size matters more.
    let missing = match left_out(traf, TRUN_SIZE) {
        Some(size) => Some((TFHD_SIZE, size)),
        None if flags & TFHD_DURATION == 0 => {
            left_out(traf, TRUN_DURATION).map(|duration| (TFHD_DURATION, duration))
        }
        None => None,
    };
    if let Some((field, value)) = missing {
        put(traf, tfhd + 8, flags & !TFHD_FLAGS | field);
        put(traf, tfhd + flags_slot(flags), value);
    }
}

/// Says that the first sample, a key frame, is one.
fn give_first_flags(
    traf: &mut [u8],
    tfhd: usize,
    flags: u32,
    is_key: &impl Fn(u32) -> bool,
) -> Option<()> {
    let runs: Vec<usize> =
        children(traf, 8).filter(|at| kind_at(traf, *at) == Some(b"trun")).collect();
    let first = *runs.first()?;
    let first_flags = u32_at(traf, first + 8)?;
    let counts_from_base =
        |at: &usize| u32_at(traf, at + 8).is_some_and(|f| f & TRUN_DATA_OFFSET != 0);
    let says_nothing = first_flags & (TRUN_FIRST_FLAGS | TRUN_FLAGS) == 0;
    let size_at = first + if first_flags & TRUN_DURATION == 0 { 20 } else { 24 };
    if first_flags & TRUN_SIZE == 0 || !is_key(u32_at(traf, size_at)?) {
        return None;
    }
    if !says_nothing || flags & TFHD_BASE_OFFSET == 0 || !runs.iter().all(counts_from_base) {
        return None;
    }
    let base = u64::from(u32_at(traf, tfhd + 16)?) << 32 | u64::from(u32_at(traf, tfhd + 20)?);
    let moved = u32_at(traf, first + 16)?;
    let offsets: Option<Vec<u32>> =
        runs.iter().map(|at| u32_at(traf, at + 16)?.checked_sub(moved)).collect();
    let (offsets, base) = (offsets?, base.checked_add(u64::from(moved))?);
    let [high, low] = [base >> 32, base & u64::from(u32::MAX)].map(|half| half as u32);
    put(traf, tfhd + 16, high);
    put(traf, tfhd + 20, low);
    for (at, offset) in runs.iter().zip(offsets) {
        put(traf, at + 16, offset);
    }
    put(traf, first + 8, first_flags & !TRUN_DATA_OFFSET | TRUN_FIRST_FLAGS);
    put(traf, first + 16, SYNC_FLAGS);
    Some(())
}

/// Where in a `tfhd` the default flags stand, if there is no default size.
fn flags_slot(flags: u32) -> usize {
    let field = |bit, length| if flags & bit != 0 { length } else { 0 };
    16 + field(TFHD_BASE_OFFSET, 8) + field(TFHD_DESCRIPTION, 4) + field(TFHD_DURATION, 4)
}

/// The size or the duration of the first sample, if a run has none.
fn left_out(traf: &[u8], asked: u32) -> Option<u32> {
    let runs: Vec<usize> =
        children(traf, 8).filter(|at| kind_at(traf, *at) == Some(b"trun")).collect();
    let first = *runs.first()?;
    let flags = u32_at(traf, first + 8)?;
    let field = |bit| if flags & bit != 0 { 4 } else { 0 };
    let mut before = field(TRUN_DATA_OFFSET) + field(TRUN_FIRST_FLAGS);
    if asked == TRUN_SIZE {
        before += field(TRUN_DURATION);
    }
    let value = (flags & asked != 0).then(|| u32_at(traf, first + 16 + before))??;
    let lacks = |at: &usize| u32_at(traf, at + 8).is_some_and(|f| f & asked == 0);
    runs.iter().any(lacks).then_some(value)
}

/// The tracks of a `moov`, as far as they can be read.
fn tracks(moov: &[u8]) -> Vec<Track> {
    let traks = children(moov, 8).filter(|at| kind_at(moov, *at) == Some(b"trak"));
    traks.filter_map(|at| track(moov.get(at..at + size_at(moov, at)?)?)).collect()
}

fn track(trak: &[u8]) -> Option<Track> {
    let tkhd = inside(trak, &[b"tkhd"])?;
    let hdlr = inside(trak, &[b"mdia", b"hdlr"])?;
    let stts = inside(trak, &[b"mdia", b"minf", b"stbl", b"stts"]);
    let wide = *tkhd.get(8)? == 1;
    Some(Track {
        id: u32_at(tkhd, if wide { 28 } else { 20 })?,
        is_video: hdlr.get(16..20)? == b"vide",
        duration: stts.and_then(|stts| u32_at(stts, 20)).unwrap_or(0),
    })
}

/// The first box at the end of `path`.
fn inside<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let Some((kind, rest)) = path.split_first() else { return Some(bytes) };
    let at = children(bytes, 8).find(|at| kind_at(bytes, *at) == Some(kind))?;
    inside(bytes.get(at..at + size_at(bytes, at)?)?, rest)
}

/// Calls `work` on every box at the end of `path`.
fn each(bytes: &mut [u8], path: &[&[u8; 4]], work: &mut impl FnMut(&mut [u8])) {
    let Some((kind, rest)) = path.split_first() else { return };
    for at in children(bytes, 0).collect::<Vec<_>>() {
        let Some(size) = size_at(bytes, at) else { return };
        if kind_at(bytes, at) != Some(*kind) {
            continue;
        }
        let found = &mut bytes[at..at + size];
        match rest {
            [] => work(found),
            _ => each(&mut found[8..], rest, work),
        }
    }
}

/// Offsets of the boxes that follow each other from `from` on.
fn children(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> + use<'_> {
    std::iter::successors(Some(from), |at| Some(at + size_at(bytes, *at)?))
        .take_while(|at| size_at(bytes, *at).is_some())
}

/// The length of the box at `at`, if it is whole.
fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    let size = usize::try_from(u32_at(bytes, at)?).ok()?;
    (size >= 8 && at.checked_add(size)? <= bytes.len()).then_some(size)
}

fn kind_at(bytes: &[u8], at: usize) -> Option<&[u8; 4]> {
    bytes.get(at + 4..at + 8)?.try_into().ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(slot) = bytes.get_mut(at..at + 4) {
        slot.copy_from_slice(&value.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
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
