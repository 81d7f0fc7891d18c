//! A GOP table as bytes, for the database, behind the outline of its file.
//!
//! Each field is written as its difference from the same field of the group
//! before, in variable length: cameras repeat themselves, so a group takes
//! about a dozen bytes. What was written by another version, or does not add up,
//! is not read at all: the file is.

use crate::virtual_mp4::Outline;
use hitless_model::{MediaSpan, MediaTime};
use hitless_stitcher_core::{AudioStretch, Gop, GopTable, KeyKind};

/// The version of the format; stored beside the bytes.
pub const VERSION: u32 = 2;
/// The version whose bytes have no outline before them.
const PLAIN: u32 = 1;
/// An outline has at most so many bytes, with its length.
pub const OUTLINE: u32 = 192;

/// What is stored of a segment: its outline, so that it can be read alone, and
/// its table.
pub fn pack_all(outline: Option<&Outline>, table: &GopTable, media_start: MediaTime) -> Vec<u8> {
    let outline = outline.and_then(Outline::to_bytes).unwrap_or_default();
    let outline = Some(outline).filter(|bytes| bytes.len() + 2 <= OUTLINE as usize);
    let outline = outline.unwrap_or_default();
    let mut out = Bytes(Vec::new());
    out.number(outline.len() as i64);
    [out.0, outline, pack(table, media_start)].concat()
}

/// The outline at the beginning of what [`pack_all`] wrote.
pub fn outline(head: &[u8]) -> Option<Outline> {
    let (outline, _) = split(head)?;
    Outline::from_bytes(outline)
}

/// The table of what is stored of a segment in a version.
pub fn unpack_table(version: u32, bytes: &[u8], media_start: MediaTime) -> Option<GopTable> {
    match version {
        PLAIN => unpack(bytes, media_start),
        VERSION => unpack(split(bytes)?.1, media_start),
        _ => None,
    }
}

/// An outline's bytes, and what is behind them.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = Rest(bytes);
    let length = usize::try_from(rest.number()?).ok()?;
    rest.0.split_at_checked(length)
}

/// Times are written relative to the segment's `media_start`.
pub fn pack(table: &GopTable, media_start: MediaTime) -> Vec<u8> {
    let mut out = Bytes(Vec::with_capacity(8 + 10 * table.gops.len()));
    out.number(table.gops.len() as i64);
    out.number(table.audio.len() as i64);
    let mut before = Numbers::default();
    for gop in &table.gops {
        let numbers = numbers(gop, media_start);
        for (now, before) in numbers.into_iter().zip(before) {
            out.number(now.wrapping_sub(before));
        }
        before = numbers;
    }
    for stretch in &table.audio {
        out.number(stretch.start.since(media_start).ticks());
        out.number(i64::from(stretch.frames));
        out.number(stretch.length.ticks());
    }
    out.0
}

/// Reads what [`pack`] wrote.
pub fn unpack(bytes: &[u8], media_start: MediaTime) -> Option<GopTable> {
    let mut rest = Rest(bytes);
    // nothing takes less than a byte, so a length cannot ask for more memory
    // than its bytes pay for
    let gops = usize::try_from(rest.number()?).ok().filter(|n| *n <= bytes.len())?;
    let audio = usize::try_from(rest.number()?).ok().filter(|n| *n <= bytes.len())?;
    let mut table = GopTable::default();
    let mut before = Numbers::default();
    for _ in 0..gops {
        let mut numbers = Numbers::default();
        for (now, before) in numbers.iter_mut().zip(before) {
            *now = rest.number()?.wrapping_add(before);
        }
        table.gops.push(gop(numbers, media_start)?);
        before = numbers;
    }
    for _ in 0..audio {
        table.audio.push(AudioStretch {
            start: media_start.plus(MediaSpan::new(rest.number()?)),
            frames: u32::try_from(rest.number()?).ok()?,
            length: MediaSpan::new(rest.number()?),
        });
    }
    rest.0.is_empty().then_some(table)
}

type Numbers = [i64; 10];

fn numbers(gop: &Gop, zero: MediaTime) -> Numbers {
    let kind = match gop.key {
        None => 0,
        Some(KeyKind::Closed) => 1,
        Some(KeyKind::Open) => 2,
    };
    [
        i64::from(gop.first_sample),
        i64::from(gop.samples),
        i64::from(gop.damaged),
        i64::from(gop.leading),
        kind * 2 + i64::from(gop.first_damaged),
        gop.start.since(zero).ticks(),
        gop.start.since(gop.from).ticks(),
        gop.last.since(gop.start).ticks(),
        gop.end.since(gop.last).ticks(),
        gop.frame.ticks(),
    ]
}

fn gop(numbers: Numbers, zero: MediaTime) -> Option<Gop> {
    let [first_sample, samples, damaged, leading, kind, start, lead, last, end, frame] = numbers;
    let small = |n: i64| u32::try_from(n).ok();
    let start = zero.plus(MediaSpan::new(start));
    let last = start.plus(MediaSpan::new(last));
    Some(Gop {
        first_sample: small(first_sample)?,
        samples: small(samples)?,
        damaged: small(damaged)?,
        leading: small(leading)?,
        key: match kind / 2 {
            0 => None,
            1 => Some(KeyKind::Closed),
            2 => Some(KeyKind::Open),
            _ => return None,
        },
        first_damaged: kind % 2 == 1,
        start,
        from: start.plus(MediaSpan::new(lead.checked_neg()?)),
        last,
        end: last.plus(MediaSpan::new(end)),
        frame: MediaSpan::new(frame),
    })
}

#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    /// Small numbers of either sign take one byte.
    pub(super) fn number(&mut self, number: i64) {
        let mut left = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while left >= 0x80 {
            self.0.push(left as u8 | 0x80);
            left >>= 7;
        }
        self.0.push(left as u8);
    }
}

pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl Rest<'_> {
    pub(super) fn number(&mut self) -> Option<i64> {
        let mut sum = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            sum |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some((sum >> 1).cast_signed() ^ -(sum & 1).cast_signed());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_stitcher_core::Sample;
    use proptest::prelude::*;

    fn table(samples: &[(i64, i64, u8, bool)], zero: i64) -> GopTable {
        let samples: Vec<Sample> = samples
            .iter()
            .map(|(shown, duration, key, damaged)| Sample {
                decode: MediaTime::new(zero + shown),
                presentation: MediaTime::new(zero + shown),
                duration: MediaSpan::new(*duration),
                key: [None, Some(KeyKind::Closed), Some(KeyKind::Open)][usize::from(*key)],
                damaged: *damaged,
            })
            .collect();
        let audio = AudioStretch {
            start: MediaTime::new(zero + 5),
            frames: 7,
            length: MediaSpan::new(12_345),
        };
        GopTable { audio: vec![audio], ..GopTable::of(&samples) }
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            samples in prop::collection::vec((0_i64..1 << 40, 0_i64..1 << 30, 0_u8..3, any::<bool>()), 0..80),
            zero in -1_i64 << 40..1 << 40,
        ) {
            let (table, zero) = (table(&samples, zero), MediaTime::new(zero));
            prop_assert_eq!(unpack(&pack(&table, zero), zero), Some(table));
        }

        #[test]
        fn no_bytes_make_it_panic_or_allocate(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(table) = unpack(&bytes, MediaTime::new(i64::MAX - 3)) {
                prop_assert!(table.gops.len() + table.audio.len() <= bytes.len());
            }
        }
    }

    /// What a program before this one stored is read as it did, without an
    /// outline; of what is stored now both parts are found, and the outline in
    /// its first bytes alone.
    #[test]
    fn tables_of_both_versions_are_read() {
        let zero = MediaTime::new(77);
        let table = table(&[(0, 3000, 1, false), (3000, 3000, 0, true)], 77);
        let plain = pack(&table, zero);
        assert_eq!(unpack_table(PLAIN, &plain, zero), Some(table.clone()));
        let none = pack_all(None, &table, zero);
        assert_eq!(unpack_table(VERSION, &none, zero), Some(table.clone()));
        assert_eq!(outline(&none), None);
        assert_eq!(unpack_table(VERSION + 1, &none, zero), None);
        for cut in 0..none.len() {
            assert_eq!(unpack_table(VERSION, &none[..cut], zero), None);
        }
    }

    #[test]
    fn a_minute_of_an_ordinary_camera_is_small() {
        let samples: Vec<_> =
            (0..1800).map(|n| (n * 3000, 3000, u8::from(n % 30 == 0), false)).collect();
        assert!(pack(&table(&samples, 1 << 33), MediaTime::new(1 << 33)).len() < 800);
    }
}
