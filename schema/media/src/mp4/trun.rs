//! Reads a `trun`, which lists samples of a fragment
//! (ISO/IEC 14496-12, 8.8.8).
//!
//! GStreamer 1.22 writes runs with flags for the first sample *and* for each
//! sample, where the standard allows one of them. ffmpeg takes both fields as
//! they lie there; `mp4-atom` takes the first sample's own flags to be missing,
//! and gets the sizes and durations after it wrong. So it is shown such a run
//! without the field for the first sample.

use super::boxes::BoxRef;
use super::error::Fault;
use mp4_atom::{Atom, Trun, TrunSamples};

const DATA_OFFSET: u32 = 0x001;
const FIRST_FLAGS: u32 = 0x004;
const SAMPLE_FLAGS: u32 = 0x400;

/// The run, with the first sample's flags where the standard has them.
pub(super) fn read(trun: &BoxRef<'_>) -> Result<Trun, Fault> {
    let Some((first, body)) = without_doubled_flags(trun.body) else {
        return trun.leaf();
    };
    let mut run = Trun::decode_body(&mut body.as_slice()).map_err(|e| trun.fault(e.to_string()))?;
    if let TrunSamples::Explicit(entries) = &mut run.samples
        && let Some(entry) = entries.first_mut()
    {
        entry.flags = Some(first);
    }
    Ok(run)
}

/// The flags of the first sample and the body without them, if it has both
/// kinds.
fn without_doubled_flags(body: &[u8]) -> Option<(u32, Vec<u8>)> {
    let word = |at: usize| Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?));
    let flags = word(0)?;
    if flags & FIRST_FLAGS == 0 || flags & SAMPLE_FLAGS == 0 {
        return None;
    }
    // Version and flags, count, perhaps the offset.
    let at = if flags & DATA_OFFSET == 0 { 8 } else { 12 };
    let first = word(at)?;
    let head = (flags & !FIRST_FLAGS).to_be_bytes();
    Some((first, [&head[..], body.get(4..at)?, body.get(at + 4..)?].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::boxes::Children;

    fn run(words: &[u32]) -> Trun {
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let size = u32::try_from(body.len() + 8).expect("small");
        let whole = [&size.to_be_bytes()[..], b"trun", &body].concat();
        let trun = Children::of(&whole, 0).next().expect("a box").expect("whole");
        read(&trun).expect("readable")
    }

    /// From a file that a kill left: the second sample was given 3,000 bytes and
    /// a duration of 65,728.
    #[test]
    fn flags_for_the_first_and_for_each_sample_are_both_there() {
        const DELTA: u32 = 0x0001_00c0;
        let both = run(&[0x705, 2, 0xe4c, 7, 3000, 1212, DELTA, 3000, 954, DELTA]);
        let one = run(&[0x305, 2, 0xe4c, 7, 3000, 1212, 3000, 954]);
        let seen = |run: &Trun| {
            run.samples.iter().map(|e| (e.duration, e.size, e.flags)).collect::<Vec<_>>()
        };
        assert_eq!(
            seen(&both),
            [(Some(3000), Some(1212), Some(7)), (Some(3000), Some(954), Some(DELTA))]
        );
        assert_eq!(seen(&one)[0], seen(&both)[0]);
        assert_eq!(both.data_offset, Some(0xe4c));
    }
}
