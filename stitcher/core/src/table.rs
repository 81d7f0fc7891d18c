//! What a segment holds, sample by sample or GOP by GOP.
//!
//! A GOP table is made of samples once, when a segment is indexed, and is a
//! hundredth of their size; planning asks for samples only where a GOP has to
//! be taken apart. All times are on the strand's media clock.

use hitless_model::{MediaSpan, MediaTime};

/// What kind of key frame a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// IDR: nothing after it refers to anything before it.
    Closed,
    /// CRA, BLA or an I picture with recovery point 0: pictures shown before
    /// it may refer to the GOP before.
    Open,
}

/// One video sample, in decode order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it is decoded.
    pub decode: MediaTime,
    /// When it is shown.
    pub presentation: MediaTime,
    /// For how long.
    pub duration: MediaSpan,
    /// Set for key frames.
    pub key: Option<KeyKind>,
    /// It, or what came before it, was lost on the way from the camera.
    pub damaged: bool,
}

/// A key frame and the samples up to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gop {
    /// Number of its first sample in the segment, in decode order.
    pub first_sample: u32,
    /// How many samples.
    pub samples: u32,
    /// Of these, damaged.
    pub damaged: u32,
    /// Pictures right after the key frame that are shown before it and need
    /// the GOP before; 0 after an IDR.
    pub leading: u32,
    /// Its key frame; `None` for samples before a segment's first key frame.
    pub key: Option<KeyKind>,
    /// Its first sample is damaged, or what came before that was lost.
    pub first_damaged: bool,
    /// When its key frame is shown (its earliest sample, without one).
    pub start: MediaTime,
    /// When its earliest leading picture is shown; `start` without any.
    pub from: MediaTime,
    /// When its latest sample is shown.
    pub last: MediaTime,
    /// When its latest sample ends.
    pub end: MediaTime,
    /// How long a picture lasts: the middle one of the steps from picture to
    /// picture; of a single one, what the file says.
    pub frame: MediaSpan,
}

/// Audio samples of equal length, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioStretch {
    /// Start of the first one, on the strand's media clock in video ticks.
    pub start: MediaTime,
    /// How many.
    pub frames: u32,
    /// Ticks of all of them, so that nothing is rounded frame by frame.
    pub length: MediaSpan,
}

/// The GOPs of a segment and where its audio frames lie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GopTable {
    /// In decode order.
    pub gops: Vec<Gop>,
    /// In order; empty without sound.
    pub audio: Vec<AudioStretch>,
}

impl GopTable {
    /// Cuts samples into GOPs.
    pub fn of(samples: &[Sample]) -> Self {
        let mut gops = Vec::new();
        let mut first = 0;
        for at in 1..=samples.len() {
            if at == samples.len() || samples[at].key.is_some() {
                gops.push(gop(first, &samples[first..at]));
                first = at;
            }
        }
        if samples.is_empty() {
            gops.clear();
        }
        Self { gops, audio: Vec::new() }
    }
}

fn gop(first: usize, samples: &[Sample]) -> Gop {
    let key = samples[0].key;
    let shown = |s: &Sample| s.presentation;
    let earliest = samples.iter().map(shown).min().unwrap_or_default();
    let start = if key.is_some() { samples[0].presentation } else { earliest };
    let leading = match key {
        Some(KeyKind::Open) => samples[1..].iter().take_while(|s| s.presentation < start).count(),
        _ => 0,
    };
    Gop {
        first_sample: count(first),
        samples: count(samples.len()),
        damaged: count(samples.iter().filter(|s| s.damaged).count()),
        leading: count(leading),
        key,
        first_damaged: samples[0].damaged,
        start,
        from: earliest,
        last: samples.iter().map(shown).max().unwrap_or_default(),
        end: samples.iter().map(|s| s.presentation.plus(s.duration)).max().unwrap_or_default(),
        frame: frame(samples),
    }
}

/// Fewer samples than this do not tell how long a picture lasts.
pub(crate) const TELLING: usize = 4;

/// The usual step from picture to picture; of few of them, of which one may
/// stand before a loss, no longer than the shortest lasts by the file.
fn frame(samples: &[Sample]) -> MediaSpan {
    let step = match samples.iter().any(|s| s.damaged) {
        false => usual_step(samples.iter().map(|s| s.presentation.ticks()).collect()),
        true => sound_step(samples.iter().map(|s| (s.presentation.ticks(), s.damaged))),
    };
    let step = step.unwrap_or(samples[0].duration.ticks());
    if samples.len() >= TELLING {
        return MediaSpan::new(step);
    }
    let lasting = samples.iter().map(|s| s.duration.ticks()).filter(|d| *d > 0).min();
    MediaSpan::new(lasting.map_or(step, |d| d.min(step)))
}

/// The middle one of the steps between times.
pub(crate) fn usual_step(mut shown: Vec<i64>) -> Option<i64> {
    shown.sort_unstable();
    middle(shown.windows(2).map(|w| w[1].saturating_sub(w[0])).collect())
}

/// The same of pictures some of which are damaged: something was lost before
/// these, so the steps to the others tell, where there are any.
pub(crate) fn sound_step(pictures: impl Iterator<Item = (i64, bool)>) -> Option<i64> {
    let mut pictures: Vec<(i64, bool)> = pictures.collect();
    pictures.sort_unstable();
    let steps = |all: bool| {
        let told = pictures.windows(2).filter(|w| all || !w[1].1);
        middle(told.map(|w| w[1].0.saturating_sub(w[0].0)).collect())
    };
    steps(false).or_else(|| steps(true))
}

fn middle(mut steps: Vec<i64>) -> Option<i64> {
    steps.retain(|s| *s > 0);
    let at = steps.len().checked_sub(1)? / 2;
    let (_, middle, _) = steps.select_nth_unstable(at);
    Some(*middle)
}

/// A segment has fewer than 2^32 samples: its reader caps them.
pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
