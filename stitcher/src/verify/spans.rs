//! Every sample of a span: read, and held against what is indexed.

use super::Problem;
use super::rows::Rows;
use hitless_media::Fingerprint;
use hitless_media::mp4::{Movie, ReadAt, Sample, Track};
use hitless_media::nal::{Framing, LengthSize};
use hitless_media::parameters::ParameterSets;
use hitless_model::{AudioCut, Nanos, Utc, VideoCodec};
use hitless_schema::timeline::{Entry, Span};
use md5::{Digest, Md5};
use std::fs::File;

/// A picture's bytes, as `ffmpeg -c copy -f framemd5` hashes them.
pub(super) type Hash = [u8; 16];

/// Where a span's sound begins and ends, against its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SoundEdges {
    /// How much later than the first picture it begins.
    pub(super) lead: Nanos,
    /// How much later than the last picture it ends.
    pub(super) tail: Nanos,
    /// Length of a frame of it.
    pub(super) frame: Nanos,
}

/// What was read of a span.
#[derive(Debug, Default)]
pub(super) struct SpanRead {
    pub(super) prints: Vec<Option<u64>>,
    /// With when each is shown.
    pub(super) hashes: Vec<(Utc, Hash)>,
    pub(super) sound: Option<SoundEdges>,
    pub(super) sound_frames: u64,
    pub(super) bytes: u64,
    pub(super) problems: Vec<Problem>,
}

/// Reads all samples of a span.
pub(super) fn read(rows: &Rows, entry: &Entry, span: &Span) -> SpanRead {
    let mut done = SpanRead::default();
    if let Err(detail) = read_into(rows, entry, span, &mut done) {
        done.problems.push(Problem::new("unreadable", entry.start, detail));
    }
    done
}

fn read_into(rows: &Rows, entry: &Entry, span: &Span, done: &mut SpanRead) -> Result<(), String> {
    let path = rows.path(&span.segment);
    let name = &span.segment;
    let movie = Movie::open(&path).map_err(|e| e.to_string())?;
    let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let video = movie.video().ok_or_else(|| format!("{name} has no pictures"))?;
    held_against_row(rows, entry, span, video, done);
    let end = u64::from(span.first_sample) + u64::from(span.samples);
    let samples: Vec<Sample> =
        (u64::from(span.first_sample)..end).filter_map(|n| video.samples.get(n)).collect();
    if samples.len() as u64 != u64::from(span.samples) {
        let there = video.samples.len();
        return Err(format!("{name} has {there} pictures, the timeline plays up to {end}"));
    }
    times(entry, span, video, &samples, done);
    let coding = coding(video);
    let anchor = samples.iter().map(|s| video.shown(s)).min().unwrap_or_default();
    let mut buffer = Vec::new();
    for sample in &samples {
        buffer.resize(sample.size as usize, 0);
        file.read_exact_at(&mut buffer, sample.offset)
            .map_err(|e| format!("{name}: sample {}: {e}", sample.number))?;
        done.bytes += u64::from(sample.size);
        let into = nanos(video.shown(sample) - anchor, video.timescale);
        done.hashes.push((entry.start.plus(into), Md5::digest(&buffer).into()));
        let print = coding.and_then(|(codec, framing)| {
            Fingerprint::of_sample(codec, &buffer, framing)
                .map_err(|e| {
                    let detail = format!("{name}: sample {} is torn: {e}", sample.number);
                    done.problems.push(Problem::new("torn_sample", entry.start.plus(into), detail));
                })
                .ok()
                .flatten()
        });
        done.prints.push(print.map(Fingerprint::get));
    }
    if let Some(track) = movie.audio() {
        sound(&file, span, video, &samples, track, done)?;
    }
    Ok(())
}

fn held_against_row(rows: &Rows, entry: &Entry, span: &Span, video: &Track, done: &mut SpanRead) {
    let at = entry.start;
    let Some(row) = rows.get(&span.segment) else {
        let detail = format!("{} has no row", span.segment);
        done.problems.push(Problem::new("no_row", at, detail));
        return;
    };
    let indexed = row.video.as_ref().map(|v| (v.samples, v.bytes));
    let there = (video.samples.len(), video.samples.bytes());
    if indexed.is_some_and(|indexed| indexed != there) {
        let detail = format!(
            "{}: {} pictures of {} bytes are indexed, the file has {} of {}",
            span.segment,
            indexed.map_or(0, |i| i.0),
            indexed.map_or(0, |i| i.1),
            there.0,
            there.1
        );
        done.problems.push(Problem::new("not_as_indexed", at, detail));
    }
}

/// Decode times rise, and no two pictures are shown at once.
fn times(entry: &Entry, span: &Span, video: &Track, samples: &[Sample], done: &mut SpanRead) {
    if let Some(pair) = samples.windows(2).find(|w| w[0].decode >= w[1].decode) {
        let number = pair[1].number;
        let detail = format!("{}: sample {number} is decoded before its turn", span.segment);
        done.problems.push(Problem::new("decode_order", entry.start, detail));
    }
    let mut shown: Vec<i64> = samples.iter().map(|s| video.shown(s)).collect();
    shown.sort_unstable();
    if shown.windows(2).any(|w| w[0] == w[1]) {
        let detail = format!("{}: two pictures are shown at once", span.segment);
        done.problems.push(Problem::new("shown_at_once", entry.start, detail));
    }
}

fn sound(
    file: &File,
    span: &Span,
    video: &Track,
    pictures: &[Sample],
    track: &Track,
    done: &mut SpanRead,
) -> Result<(), String> {
    let range = match span.audio {
        AudioCut::None => return Ok(()),
        AudioCut::Whole => 0..track.samples.len(),
        AudioCut::Frames { first, frames, .. } => {
            first.into()..u64::from(first) + u64::from(frames)
        }
    };
    let (Some(first), Some(last)) =
        (track.samples.get(range.start), track.samples.get(range.end.saturating_sub(1)))
    else {
        return Ok(());
    };
    let mut buffer = Vec::new();
    for run in track.samples.runs() {
        let end = run.first + u64::from(run.count);
        if run.first >= range.end || end <= range.start {
            continue;
        }
        buffer.resize(usize::try_from(run.bytes()).unwrap_or(0), 0);
        let name = &span.segment;
        file.read_exact_at(&mut buffer, run.offset)
            .map_err(|e| format!("{name}: sound {}: {e}", run.first))?;
        done.bytes += run.bytes();
    }
    let picture = |t: i64| nanos(t, video.timescale);
    let heard = |t: i64| nanos(t, track.timescale);
    let begins = pictures.iter().map(|s| video.shown(s)).min().unwrap_or_default();
    let ends = pictures.iter().map(|s| video.shown(s) + i64::from(s.duration)).max();
    let sound_ends = track.shown(&last) + i64::from(last.duration);
    done.sound_frames = range.end - range.start;
    done.sound = Some(SoundEdges {
        lead: heard(track.shown(&first)).minus(picture(begins)),
        tail: heard(sound_ends).minus(picture(ends.unwrap_or_default())),
        frame: heard(i64::from(first.duration.max(last.duration))),
    });
    Ok(())
}

fn nanos(ticks: i64, timescale: u32) -> Nanos {
    hitless_model::MediaSpan::new(ticks).to_nanos(timescale)
}

fn coding(video: &Track) -> Option<(VideoCodec, Framing)> {
    let description = video.entries.first()?.video()?;
    let length = ParameterSets::from_record(description.codec, &description.record)
        .map_or(LengthSize::Four, |(_, length)| length);
    Some((description.codec, Framing::LengthPrefixed(length)))
}
