//! What is known before planning: the rows of one camera, nothing else.
//!
//! Facts are plain values in any order. The planner never looks at what a
//! [`SegmentRef`] counts to or how an instance is called to decide anything;
//! where it must break a tie it takes instants, run ids and numbers.

use crate::carry::Carry;
use crate::pause::Pause;
use crate::settings::Settings;
use hitless_model::{
    CameraEvent, CameraId, ClockMap, ClockSource, ClockStep, InstanceId, MediaSpan, MediaTime,
    Nanos, Run, RunId, Segment, SegmentNumber, SegmentState, Utc,
};

/// A segment, by its place in [`Facts::segments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentRef(u32);

impl SegmentRef {
    /// The segment at this place in [`Facts::segments`].
    pub const fn new(place: u32) -> Self {
        Self(place)
    }

    /// The place in [`Facts::segments`].
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Who recorded: one life of one recorder, or a foreign one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The recorder's tag.
    pub instance: InstanceId,
    /// Which life of it; `None` for foreign recordings.
    pub run: Option<RunId>,
}

/// What planning needs of a row of `video_segments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Place in [`Facts::lineages`].
    pub lineage: u32,
    /// Unbroken stretch within the run.
    pub strand: u32,
    /// Counts up per camera and instance.
    pub number: SegmentNumber,
    /// How the file stands.
    pub state: SegmentState,
    /// Start of the earliest sample by the segment's own clock map.
    pub start: Utc,
    /// How far off `start` may be, to either side.
    pub error: Nanos,
    /// Where `start` came from.
    pub source: ClockSource,
    /// How much faster than declared the media clock runs; 0 if not measured.
    pub drift_ppb: i64,
    /// Ticks per second of the video track.
    pub timescale: u32,
    /// Presentation time of the earliest sample on the strand's media clock.
    pub media_start: MediaTime,
    /// From there to the end of the last sample.
    pub media_length: MediaSpan,
    /// Video samples.
    pub samples: u32,
    /// Of these, known to be damaged.
    pub damaged: u32,
    /// Hash of the codec parameters.
    pub parameters: u64,
    /// The segment has a sound track.
    pub audio: bool,
    /// Where nothing came for a while, or frames may have been lost; see
    /// [`pauses`](crate::pauses()).
    pub pauses: Vec<Pause>,
}

impl SegmentFacts {
    /// From a row; `None` where the row knows too little to plan with (never
    /// indexed, or without a picture).
    pub fn of_row(row: &Segment, lineage: u32, drift_bound_ppm: i64) -> Option<Self> {
        let readable = matches!(row.state, SegmentState::Complete | SegmentState::Recovered);
        let video = match &row.video {
            Some(video) => Some(video),
            None if readable => return None,
            None => None,
        };
        let timescale = video.map_or(hitless_model::time::VIDEO_TIMESCALE, |v| v.timescale);
        let error = row
            .clock
            .as_ref()
            .map_or(FILE_NAME_ERROR, |map| error_at(map, row.media_start, drift_bound_ppm));
        Some(Self {
            lineage,
            strand: row.strand,
            number: row.name.number,
            state: row.state,
            start: row.clock.as_ref().map_or(row.start, |map| map.to_utc(row.media_start)),
            error,
            source: row.clock.as_ref().map_or(ClockSource::FileName, |map| map.point.source),
            drift_ppb: row.clock.as_ref().map_or(0, |map| map.drift_ppb),
            timescale,
            media_start: row.media_start,
            media_length: row.media_length,
            samples: video.map_or(0, |v| u32::try_from(v.samples).unwrap_or(u32::MAX)),
            damaged: video.map_or(0, |v| u32::try_from(v.damaged).unwrap_or(u32::MAX)),
            parameters: video.map_or(0, |v| v.parameters),
            audio: row.audio.is_some(),
            pauses: Vec::new(),
        })
    }

    /// What lies farther from it by the clocks is not compared with it.
    pub(crate) fn stray(&self, settings: &Settings) -> Nanos {
        let near = self.error.plus(settings.gate).plus(settings.gate);
        match self.source {
            ClockSource::SenderReport => near,
            ClockSource::HostArrival | ClockSource::FileName => near.plus(settings.far_gate),
        }
    }

    /// Where the last sample ends on the strand's media clock.
    pub fn media_end(&self) -> MediaTime {
        self.media_start.plus(self.media_length)
    }

    /// The pause right before a sample.
    pub(crate) fn pause_before(&self, sample: u32) -> Option<&Pause> {
        let at = self.pauses.binary_search_by_key(&sample, |p| p.sample).ok()?;
        self.pauses.get(at).filter(|p| p.is_long(self.timescale))
    }

    /// Does it pause anywhere?
    pub(crate) fn has_pauses(&self) -> bool {
        self.pauses.iter().any(|p| p.is_long(self.timescale))
    }

    /// Does it pause between two of these samples?
    pub(crate) fn pauses_within(&self, first: u32, samples: u32) -> bool {
        self.within(first, samples).any(|p| p.is_long(self.timescale))
    }

    /// The first pause between these samples, or right after them.
    pub(crate) fn pause_among(&self, first: u32, samples: u32) -> Option<&Pause> {
        self.within(first, samples.saturating_add(1)).find(|p| p.is_long(self.timescale))
    }

    /// May a few frames be missing between two of these samples?
    pub(crate) fn slips_within(&self, first: u32, samples: u32) -> bool {
        self.within(first, samples).any(|p| !p.is_long(self.timescale))
    }

    fn within(&self, first: u32, samples: u32) -> impl Iterator<Item = &Pause> {
        let end = first.saturating_add(samples);
        self.pauses.iter().filter(move |p| p.sample > first && p.sample < end)
    }

    /// How long a picture lasts, on average.
    pub(crate) fn mean_frame(&self) -> i64 {
        let missing = self.pauses.iter().map(|p| p.length.ticks()).fold(0, i64::saturating_add);
        let shown = self.media_length.ticks().saturating_sub(missing);
        (shown / i64::from(self.samples.max(1))).max(1)
    }

    /// May its samples be played?
    pub fn is_playable(&self) -> bool {
        self.samples > 0 && matches!(self.state, SegmentState::Complete | SegmentState::Recovered)
    }
}

/// A name alone says when a file was begun, give or take this much.
const FILE_NAME_ERROR: Nanos = Nanos::from_secs(10);

/// The error of a map away from its point grows with the drift that nobody
/// measured.
fn error_at(map: &ClockMap, media: MediaTime, drift_bound_ppm: i64) -> Nanos {
    if map.drift_ppb != 0 {
        return map.point.error;
    }
    let away = media.since(map.point.media).to_nanos(map.timescale).abs();
    let drift = i128::from(away.get()) * i128::from(drift_bound_ppm) / 1_000_000;
    map.point.error.plus(Nanos::new(i64::try_from(drift).unwrap_or(i64::MAX)))
}

/// A stretch of wall time, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// The first instant in it.
    pub from: Utc,
    /// The first instant after it.
    pub to: Utc,
}

/// Everything known of one camera in and around a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whose timeline.
    pub camera: CameraId,
    /// Who recorded; segments point into this.
    pub lineages: Vec<Lineage>,
    /// The segments, in any order.
    pub segments: Vec<SegmentFacts>,
    /// Lives of recorders, for causes.
    pub runs: Vec<Run>,
    /// What recorders noticed about the camera, for causes.
    pub events: Vec<CameraEvent>,
    /// Where clocks of the camera or of hosts are known to have been set.
    pub clock_steps: Vec<ClockStep>,
    /// Footage that retention removed.
    pub expired: Vec<Stretch>,
    /// From when on the camera was to be recorded; `None` = its first footage.
    pub begins: Option<Utc>,
    /// Where the timeline ends; see [`horizon`](crate::horizon()).
    pub horizon: Utc,
    /// Stop at the first joint at or after this; `None` = go to the horizon.
    pub until: Option<Utc>,
    /// Where an earlier window ended; [`Carry::default`] = start from nothing.
    pub carry: Carry,
}
