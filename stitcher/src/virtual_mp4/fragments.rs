//! A clip in fragments, for HTTP live streaming.
//!
//! Made from the clip itself: its header says where every sample is. A fragment
//! begins with a key frame and has one sample entry, which its initialisation
//! holds; decode times go on from fragment to fragment.

use super::boxes::Bytes;
use super::edits::Edits;
use super::error::VirtualError;
use super::header::{Media, Track as Made, fragmented_moov, ftyp};
use super::packed::Width;
use super::read::VirtualMp4;
use super::table::Table;
use hitless_media::mp4::{Movie, ReadAt, Sample, Track};
use hitless_model::{MediaSpan, Nanos, Utc};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A fragment ends at the first key frame after this.
const SECONDS: i64 = 4;
/// Flags of a sample that depends on no other one, and of one that does (ISO/IEC
/// 14496-12, 8.8.3.1).
const KEY: u32 = 0x0200_0000;
const DELTA: u32 = 0x0101_0000;

/// A clip in fragments.
#[derive(Debug)]
pub struct Fragments {
    clip: Arc<VirtualMp4>,
    movie: Movie,
    list: Vec<Fragment>,
    /// Seconds that are added to all times, so that none is negative.
    lead: i64,
}

/// A few seconds of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// When its first picture is shown.
    pub start: Utc,
    /// How long it plays.
    pub length: Nanos,
    /// Which initialisation it needs.
    pub entry: u16,
    video: Range<u64>,
    audio: Range<u64>,
}

/// The clip's bytes, as our reader takes them.
struct Source<'a>(&'a VirtualMp4);

impl ReadAt for Source<'_> {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read_at(buffer, at).map_err(io::Error::other)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.size())
    }
}

impl Fragments {
    /// Cuts a clip at its key frames.
    pub fn of(clip: Arc<VirtualMp4>) -> Result<Self, VirtualError> {
        let movie = Movie::read(&Source(&clip), Path::new("clip"))?;
        let mut fragments = Self { clip, movie, list: Vec::new(), lead: 0 };
        fragments.lead = fragments.lead();
        fragments.list = fragments.cut();
        Ok(fragments)
    }

    /// All of them in order.
    pub fn list(&self) -> &[Fragment] {
        &self.list
    }

    /// What a player must have before fragments with this entry.
    pub fn init(&self, entry: u16) -> Result<Option<Vec<u8>>, VirtualError> {
        let Some(video) = self.video() else { return Ok(None) };
        if usize::from(entry) >= video.entries.len() {
            return Ok(None);
        }
        let made = |track: &Track, entry: usize, media| Made {
            table: Table {
                entries: track.entries.get(entry).cloned().into_iter().collect(),
                ..Table::default()
            },
            media,
            timescale: track.timescale,
            edits: Edits { empty: 0, media: 0, length: 0 },
        };
        let mut tracks = vec![made(video, usize::from(entry), Media::Video { delay: 0 })];
        tracks.extend(self.audio().map(|track| made(track, 0, Media::Sound)));
        let mut bytes = ftyp(&tracks)?;
        bytes.append(fragmented_moov(tracks, self.clip.begins())?);
        Ok(Some(bytes.into_vec()))
    }

    /// A fragment's bytes; `None` if there is none of that number.
    pub fn bytes(&self, number: usize) -> Result<Option<Vec<u8>>, VirtualError> {
        let (Some(fragment), Some(video)) = (self.list.get(number), self.video()) else {
            return Ok(None);
        };
        let mut parts = vec![(1_u32, video, samples(video, &fragment.video))];
        if let Some(track) = self.audio().filter(|_| !fragment.audio.is_empty()) {
            parts.push((2, track, samples(track, &fragment.audio)));
        }
        let sequence = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        // Its size does not depend on the offsets in it.
        let size = self.moof(sequence, &parts, 0)?.len();
        let data = u32::try_from(size + 8).map_err(|_| VirtualError::TooLong("fragment"))?;
        let mut bytes = self.moof(sequence, &parts, data)?.into_vec();
        let media: u64 = parts.iter().flat_map(|(_, _, s)| s).map(|s| u64::from(s.size)).sum();
        let size = u32::try_from(media + 8).map_err(|_| VirtualError::TooLong("fragment"))?;
        bytes.extend(size.to_be_bytes());
        bytes.extend(b"mdat");
        for sample in parts.iter().flat_map(|(_, _, samples)| samples) {
            self.append(&mut bytes, sample)?;
        }
        Ok(Some(bytes))
    }

    fn append(&self, bytes: &mut Vec<u8>, sample: &Sample) -> Result<(), VirtualError> {
        let begin = bytes.len();
        bytes.resize(begin + sample.size as usize, 0);
        let mut done = 0;
        while done < sample.size as usize {
            let read =
                self.clip.read_at(&mut bytes[begin + done..], sample.offset + done as u64)?;
            if read == 0 {
                return Err(VirtualError::TooLong("a sample beyond the end"));
            }
            done += read;
        }
        Ok(())
    }

    fn video(&self) -> Option<&Track> {
        self.movie.video()
    }

    /// Sound that players of fragments know.
    fn audio(&self) -> Option<&Track> {
        let known = |track: &&Track| {
            let kind = track.entries.first().and_then(|e| e.kind());
            kind.is_some_and(|k| matches!(&k.0, b"mp4a" | b"Opus"))
        };
        self.movie.audio().filter(known)
    }

    fn lead(&self) -> i64 {
        let tracks = [self.video(), self.audio()];
        let early = tracks.into_iter().flatten().filter_map(|track| {
            let first = track.samples.get(0)?;
            let decoded = first.decode.saturating_add(track.shift);
            Some((-decoded).max(0) / i64::from(track.timescale) + 1)
        });
        early.max().unwrap_or(0)
    }

    fn cut(&self) -> Vec<Fragment> {
        let Some(video) = self.video() else { return Vec::new() };
        let mut starts: Vec<(u64, i64, u16)> = Vec::new();
        for sample in video.samples.iter().filter(|s| s.key || s.number == 0) {
            let shown = video.shown(&sample);
            let long = i64::from(video.timescale) * SECONDS;
            let wanted = starts
                .last()
                .is_none_or(|(_, from, entry)| shown - from >= long || *entry != sample.entry);
            if wanted {
                starts.push((sample.number, shown, sample.entry));
            }
        }
        let end = (video.samples.len(), video.shown_range().map_or(0, |(_, end)| end));
        let mut heard = 0;
        let mut list = Vec::new();
        for (at, &(first, shown, entry)) in starts.iter().enumerate() {
            let (after, until) = starts.get(at + 1).map_or(end, |(n, shown, _)| (*n, *shown));
            let sound = match starts.get(at + 1) {
                Some(_) => self.heard_until(heard, until, video.timescale),
                None => self.audio().map_or(heard, |track| track.samples.len()),
            };
            let span = |ticks| MediaSpan::new(ticks).to_nanos(video.timescale);
            list.push(Fragment {
                start: self.clip.begins().plus(span(shown)),
                length: span((until - shown).max(1)),
                entry,
                video: first..after,
                audio: heard..sound,
            });
            heard = sound;
        }
        list
    }

    /// The first frame of sound from `from` on that begins at or after a time
    /// of the pictures.
    fn heard_until(&self, from: u64, until: i64, timescale: u32) -> u64 {
        let Some(track) = self.audio() else { return from };
        let limit = super::axis::rescale(until, timescale, track.timescale);
        let (mut low, mut high) = (from, track.samples.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match track.samples.get(middle) {
                Some(sample) if track.shown(&sample) < limit => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    fn moof(
        &self,
        sequence: u32,
        parts: &[(u32, &Track, Vec<Sample>)],
        data: u32,
    ) -> Result<Bytes, VirtualError> {
        let head = Bytes::plain(sequence.to_be_bytes().to_vec());
        let mut inside = vec![Bytes::full(b"mfhd", 0, [head])?];
        let mut offset = data;
        for (id, track, samples) in parts {
            inside.push(self.traf(*id, track, samples, offset)?);
            offset = samples.iter().fold(offset, |sum, s| sum.saturating_add(s.size));
        }
        Bytes::boxed(b"moof", inside)
    }

    fn traf(
        &self,
        id: u32,
        track: &Track,
        samples: &[Sample],
        offset: u32,
    ) -> Result<Bytes, VirtualError> {
        // Offsets count from the beginning of this moof.
        let head = flagged(0, 0x02_0000, &id.to_be_bytes());
        let decode = samples.first().map_or(0, |s| s.decode).saturating_add(track.shift);
        let decode = decode.saturating_add(self.lead * i64::from(track.timescale));
        let time = flagged(1, 0, &u64::try_from(decode).unwrap_or(0).to_be_bytes());
        let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let mut rows = [count.to_be_bytes(), offset.to_be_bytes()].concat();
        for sample in samples {
            let flags = if sample.key { KEY } else { DELTA };
            for number in [sample.duration, sample.size, flags] {
                rows.extend(number.to_be_bytes());
            }
            rows.extend(sample.composition.to_be_bytes());
        }
        // Offset of the data; then length, size, flags and delay of each.
        let run = flagged(1, 0xF01, &rows);
        Bytes::boxed(
            b"traf",
            [
                Bytes::boxed(b"tfhd", [head])?,
                Bytes::boxed(b"tfdt", [time])?,
                Bytes::boxed(b"trun", [run])?,
            ],
        )
    }
}

fn samples(track: &Track, range: &Range<u64>) -> Vec<Sample> {
    range.clone().filter_map(|number| track.samples.get(number)).collect()
}

fn flagged(version: u8, flags: u32, rest: &[u8]) -> Bytes {
    let head = (u32::from(version) << 24 | flags).to_be_bytes();
    Bytes::plain([&head, rest].concat())
}

/// A header before fragments holds no offsets.
pub(super) const NO_OFFSETS: Width = Width::Bits32;
