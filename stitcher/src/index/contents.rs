//! The sample table of one segment, on its strand's media clock.
//!
//! Reads headers only, through our own reader: a fragmented or torn file up to
//! its last whole fragment. What the `.meta` file says of damage is joined in.

use super::key_kind::mark_open;
use super::sound::{Axis, stretches};
use crate::virtual_mp4::Outline;
use hitless_media::Sidecar;
use hitless_media::mp4::{Movie, Mp4Error, Track};
use hitless_media::sidecar::SidecarError;
use hitless_model::MediaTime;
use hitless_stitcher_core::{AudioStretch, GopTable, KeyKind, Pause, Sample, pauses};
use std::collections::BTreeSet;
use std::path::Path;

/// Why a segment's table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// Its file.
    #[error(transparent)]
    Mp4(#[from] Mp4Error),
    /// Its `.meta` file.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
    /// Nothing to play.
    #[error("{path} has no track with pictures")]
    NoVideo {
        /// The file.
        path: String,
    },
}

/// Samples and sound of one segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// Video samples in decode order.
    pub samples: Vec<Sample>,
    /// Where the audio frames lie.
    pub audio: Vec<AudioStretch>,
    /// Where the camera sent nothing for a while.
    pub pauses: Vec<Pause>,
    /// What headers of clips need of it, where that was asked for.
    pub outline: Option<Outline>,
}

impl Contents {
    /// Reads a segment whose earliest picture is shown at `media_start`.
    pub fn read(path: &Path, media_start: MediaTime) -> Result<Self, ContentsError> {
        let movie = Movie::open(path)?;
        let sidecar = Sidecar::read(path)?.unwrap_or_default();
        Self::of(&movie, &sidecar, media_start)
            .ok_or_else(|| ContentsError::NoVideo { path: path.display().to_string() })
    }

    /// Of files that are read already; `None` without a track of pictures.
    pub fn of(movie: &Movie, sidecar: &Sidecar, media_start: MediaTime) -> Option<Self> {
        let video = movie.video()?;
        let timescale = sidecar.opened.as_ref().map_or(video.timescale, |opened| opened.timescale);
        let axis = axis(video, media_start, timescale);
        let mut samples = samples(video, axis, sidecar);
        mark_open(&mut samples);
        let usual = sidecar.opened.as_ref().and_then(|opened| opened.frame);
        let pauses = pauses(&samples, timescale, usual);
        let audio = movie.audio().map(|track| stretches(track, axis)).unwrap_or_default();
        Some(Self { samples, audio, pauses, outline: None })
    }

    /// Its groups of pictures.
    pub fn table(&self) -> GopTable {
        GopTable { audio: self.audio.clone(), ..GopTable::of(&self.samples) }
    }
}

fn axis(video: &Track, media_start: MediaTime, timescale: u32) -> Axis {
    let axis = Axis { zero: MediaTime::default(), timescale };
    let earliest = video.shown_range().map_or(0, |(from, _)| from);
    let back = axis.span(earliest, video.timescale).ticks().saturating_neg();
    Axis { zero: media_start.plus(hitless_model::MediaSpan::new(back)), timescale }
}

fn samples(video: &Track, axis: Axis, sidecar: &Sidecar) -> Vec<Sample> {
    let after_loss: BTreeSet<u64> = sidecar.lost.iter().map(|lost| lost.before).collect();
    let place = |ticks: i64| axis.zero.plus(axis.span(ticks, video.timescale));
    // nearly all have one sample a run
    let mut samples = Vec::with_capacity(video.samples.runs().len());
    samples.extend(video.samples.iter().map(|sample| Sample {
        decode: place(sample.decode.saturating_add(video.shift)),
        presentation: place(video.shown(&sample)),
        duration: axis.span(i64::from(sample.duration), video.timescale),
        key: sample.key.then_some(KeyKind::Closed),
        damaged: sidecar.is_damaged(sample.number) || after_loss.contains(&sample.number),
    }));
    samples
}
