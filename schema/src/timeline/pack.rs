//! Entries of one hour as bytes.
//!
//! A span of 60 s takes some thirty bytes instead of a row of eighteen
//! columns: instances and runs are listed once, times and numbers are told as
//! differences. The same entries always give the same bytes, so that equal
//! bytes mean that nothing has to be written.

use super::entry::{Entry, Span, What};
use hitless_model::{
    AudioCut, CameraId, Cause, InstanceId, MediaSpan, Nanos, RunId, Seam, SeamKind, SegmentName,
    SegmentNumber, Utc,
};
use serde::{Deserialize, Serialize};

/// The first byte; another one is another format.
const FORMAT: u8 = 1;
/// Places in this list are part of the format.
const SEAMS: [SeamKind; 5] =
    [SeamKind::Start, SeamKind::SameStrand, SeamKind::Exact, SeamKind::Clock, SeamKind::Gap];

#[derive(Serialize, Deserialize, Default)]
struct Hour {
    instances: Vec<InstanceId>,
    runs: Vec<RunId>,
    entries: Vec<Packed>,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    /// After the end of the entry before; the first one after the hour.
    start: i64,
    length: i64,
    what: PackedWhat,
}

#[derive(Serialize, Deserialize)]
enum PackedWhat {
    Span(PackedSpan),
    Gap(String),
    Hole(String),
    Pending,
    Expired,
}

#[derive(Serialize, Deserialize)]
struct PackedSpan {
    /// Place in the list, from 0.
    instance: u32,
    /// Place in the list, from 1; 0: none.
    run: u32,
    /// The instant in the segment's name, after the entry's start.
    named: i64,
    /// After that of the span before.
    number: i64,
    first_sample: u32,
    samples: u32,
    damaged: u32,
    seam: u8,
    error: i64,
    doubled: i64,
    audio: PackedAudio,
}

#[derive(Serialize, Deserialize)]
enum PackedAudio {
    None,
    Whole,
    Frames { first: u32, frames: u32, offset: i64 },
}

/// Entries that start in the hour, as bytes.
pub(crate) fn pack(hour: Utc, entries: &[Entry]) -> Result<Vec<u8>, String> {
    let mut packed = Hour::default();
    let (mut end, mut number) = (hour, 0_i64);
    for entry in entries {
        let what = match &entry.what {
            What::Span(span) => {
                let one = packed.span(span, entry.start, number);
                number = span.segment.number.get().cast_signed();
                PackedWhat::Span(one)
            }
            What::Gap(cause) => PackedWhat::Gap(cause.as_str().to_owned()),
            What::Hole(cause) => PackedWhat::Hole(cause.as_str().to_owned()),
            What::Pending => PackedWhat::Pending,
            What::Expired => PackedWhat::Expired,
        };
        packed.entries.push(Packed {
            start: entry.start.as_ns().wrapping_sub(end.as_ns()),
            length: entry.end.as_ns().wrapping_sub(entry.start.as_ns()),
            what,
        });
        end = entry.end;
    }
    postcard::to_extend(&packed, vec![FORMAT]).map_err(|e| e.to_string())
}

impl Hour {
    fn span(&mut self, span: &Span, start: Utc, before: i64) -> PackedSpan {
        PackedSpan {
            instance: place(&mut self.instances, &span.segment.instance),
            run: span.run.as_ref().map_or(0, |run| place(&mut self.runs, run) + 1),
            named: span.segment.start.as_ns().wrapping_sub(start.as_ns()),
            number: span.segment.number.get().cast_signed().wrapping_sub(before),
            first_sample: span.first_sample,
            samples: span.samples,
            damaged: span.damaged,
            seam: seam_place(span.seam.kind),
            error: span.seam.error.get(),
            doubled: span.seam.doubled.get(),
            audio: match span.audio {
                AudioCut::None => PackedAudio::None,
                AudioCut::Whole => PackedAudio::Whole,
                AudioCut::Frames { first, frames, offset } => {
                    PackedAudio::Frames { first, frames, offset: offset.ticks() }
                }
            },
        }
    }
}

/// Where a value stands in the list, which it joins if it is new.
fn place<T: PartialEq + Clone>(list: &mut Vec<T>, value: &T) -> u32 {
    let found = list.iter().position(|v| v == value).unwrap_or_else(|| {
        list.push(value.clone());
        list.len() - 1
    });
    u32::try_from(found).unwrap_or(u32::MAX)
}

fn seam_place(kind: SeamKind) -> u8 {
    let place = SEAMS.iter().position(|k| *k == kind).unwrap_or_default();
    u8::try_from(place).unwrap_or_default()
}

/// Reads what [`pack`] wrote. The error is a sentence.
pub(crate) fn unpack(camera: &CameraId, hour: Utc, bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let told = |problem: &str| format!("timeline of {camera}, hour {hour}: {problem}");
    let Some((&FORMAT, bytes)) = bytes.split_first() else {
        return Err(told("written by another version of the program"));
    };
    let packed: Hour = postcard::from_bytes(bytes).map_err(|e| told(&e.to_string()))?;
    let mut entries = Vec::with_capacity(packed.entries.len());
    let (mut end, mut number) = (hour, 0_i64);
    for one in &packed.entries {
        let start = Utc::from_ns(end.as_ns().wrapping_add(one.start));
        end = Utc::from_ns(start.as_ns().wrapping_add(one.length));
        let what = match &one.what {
            PackedWhat::Span(span) => {
                number = number.wrapping_add(span.number);
                let span = packed.unpack_span(camera, span, start, number);
                What::Span(span.ok_or_else(|| told("a span that points nowhere"))?)
            }
            PackedWhat::Gap(cause) => What::Gap(cause_of(cause)),
            PackedWhat::Hole(cause) => What::Hole(cause_of(cause)),
            PackedWhat::Pending => What::Pending,
            PackedWhat::Expired => What::Expired,
        };
        entries.push(Entry { start, end, what });
    }
    Ok(entries)
}

/// A cause that a newer program knows is unknown to this one.
fn cause_of(word: &str) -> Cause {
    Cause::parse(word).unwrap_or(Cause::Unknown)
}

impl Hour {
    fn unpack_span(
        &self,
        camera: &CameraId,
        span: &PackedSpan,
        start: Utc,
        number: i64,
    ) -> Option<Span> {
        let run = match span.run.checked_sub(1) {
            Some(place) => Some(self.runs.get(place as usize)?.clone()),
            None => None,
        };
        let segment = SegmentName {
            camera: camera.clone(),
            start: Utc::from_ns(start.as_ns().wrapping_add(span.named)),
            instance: self.instances.get(span.instance as usize)?.clone(),
            number: SegmentNumber::new(number.cast_unsigned()),
        };
        let seam = Seam {
            kind: *SEAMS.get(usize::from(span.seam))?,
            error: Nanos::new(span.error),
            doubled: Nanos::new(span.doubled),
        };
        let audio = match span.audio {
            PackedAudio::None => AudioCut::None,
            PackedAudio::Whole => AudioCut::Whole,
            PackedAudio::Frames { first, frames, offset } => {
                AudioCut::Frames { first, frames, offset: MediaSpan::new(offset) }
            }
        };
        let PackedSpan { first_sample, samples, damaged, .. } = *span;
        Some(Span { segment, run, first_sample, samples, damaged, seam, audio })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn camera() -> CameraId {
        CameraId::new("CAMERA_1").expect("valid")
    }

    fn what() -> impl Strategy<Value = What> {
        let span = (
            ("[ab]", proptest::option::of("[rs]"), any::<i64>(), any::<u64>()),
            (any::<[u32; 5]>(), 0..SEAMS.len(), any::<[i64; 3]>(), 0..3),
        );
        let span = span.prop_map(|((instance, run, named, number), (small, seam, wide, audio))| {
            let [first_sample, samples, damaged, first, frames] = small;
            What::Span(Span {
                segment: SegmentName {
                    camera: camera(),
                    start: Utc::from_ns(named),
                    instance: InstanceId::new(instance).expect("valid"),
                    number: SegmentNumber::new(number),
                },
                run: run.map(|run| RunId::new(run).expect("valid")),
                first_sample,
                samples,
                damaged,
                seam: Seam {
                    kind: SEAMS[seam],
                    error: Nanos::new(wide[0]),
                    doubled: Nanos::new(wide[1]),
                },
                audio: match audio {
                    0 => AudioCut::None,
                    1 => AudioCut::Whole,
                    _ => AudioCut::Frames { first, frames, offset: MediaSpan::new(wide[2]) },
                },
            })
        });
        let cause = proptest::sample::select(Cause::ALL);
        prop_oneof![
            8 => span,
            1 => cause.clone().prop_map(What::Gap),
            1 => cause.prop_map(What::Hole),
            1 => Just(What::Pending),
            1 => Just(What::Expired),
        ]
    }

    fn entry() -> impl Strategy<Value = Entry> {
        (any::<i64>(), any::<i64>(), what()).prop_map(|(start, end, what)| Entry {
            start: Utc::from_ns(start),
            end: Utc::from_ns(end),
            what,
        })
    }

    proptest! {
        /// Whatever goes in comes out, and always as the same bytes.
        #[test]
        fn what_is_packed_is_unpacked(
            hour in any::<i64>(), entries in proptest::collection::vec(entry(), 0..20),
        ) {
            let hour = Utc::from_ns(hour);
            let packed = pack(hour, &entries).expect("packs");
            prop_assert_eq!(&pack(hour, &entries).expect("packs"), &packed);
            prop_assert_eq!(unpack(&camera(), hour, &packed).expect("unpacks"), entries);
        }

        /// Bytes that rotted are an error in words or other entries, never a
        /// panic.
        #[test]
        fn rotten_bytes_are_no_panic(
            entries in proptest::collection::vec(entry(), 0..4),
            at in any::<proptest::sample::Index>(), to in any::<u8>(), cut in any::<bool>(),
        ) {
            let hour = Utc::from_ns(0);
            let mut packed = pack(hour, &entries).expect("packs");
            let at = at.index(packed.len());
            packed[at] = to;
            if cut {
                packed.truncate(at);
            }
            if let Err(told) = unpack(&camera(), hour, &packed) {
                prop_assert!(told.starts_with("timeline of CAMERA_1, hour 1970"), "{}", told);
            }
        }
    }

    /// A usual hour is small.
    #[test]
    fn a_span_takes_some_thirty_bytes() {
        let minute = 60_000_000_000;
        let entries: Vec<Entry> = (0..60)
            .map(|n| {
                let start = Utc::from_ns(1_786_417_200_000_000_000 + n * minute);
                let what = What::Span(Span {
                    segment: SegmentName {
                        camera: camera(),
                        start,
                        instance: InstanceId::new("blue").expect("valid"),
                        number: SegmentNumber::new(1_000 + n.unsigned_abs()),
                    },
                    run: Some(RunId::new("a-run-of-blue").expect("valid")),
                    first_sample: 0,
                    samples: 1_500,
                    damaged: 0,
                    seam: Seam {
                        kind: SeamKind::SameStrand,
                        error: Nanos::ZERO,
                        doubled: Nanos::ZERO,
                    },
                    audio: AudioCut::Whole,
                });
                Entry { start, end: start.plus(Nanos::new(minute)), what }
            })
            .collect();
        let packed = pack(entries[0].start, &entries).expect("packs");
        assert!(packed.len() < 60 * 30, "{} bytes", packed.len());
    }
}
