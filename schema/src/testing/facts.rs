//! Plausible rows to fill a database with.

use hitless_model::{
    AudioCodec, AudioTrack, CameraId, ClockMap, ClockPoint, ClockSource, InstanceId, MediaSpan,
    MediaTime, Nanos, OverlapStatus, RunId, Segment, SegmentName, SegmentNumber, SegmentState, Utc,
    VideoCodec, VideoTrack,
};

/// What tells one made-up segment from another.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Which camera.
    pub camera: &'a str,
    /// Which recorder.
    pub instance: &'a str,
    /// Which life of it.
    pub run: &'a str,
    /// The segment's number.
    pub number: u64,
    /// When it starts.
    pub start: Utc,
    /// How long it is.
    pub duration: Nanos,
    /// How its file stands.
    pub state: SegmentState,
}

/// A segment with every column filled. Panics on a bad id.
pub fn segment(facts: &Facts<'_>) -> Segment {
    let run = RunId::new(facts.run).expect("a good run id");
    let media_length = MediaSpan::from_nanos(facts.duration, 90_000);
    let frames = facts.duration.get().unsigned_abs() / 40_000_000;
    Segment {
        name: SegmentName {
            camera: CameraId::new(facts.camera).expect("a good camera id"),
            start: Utc::from_ns(facts.start.as_ns() / 1000 * 1000),
            instance: InstanceId::new(facts.instance).expect("a good instance"),
            number: SegmentNumber::new(facts.number),
        },
        run: Some(run),
        strand: 0,
        size_bytes: if facts.state == SegmentState::Recording { 0 } else { 15_000_000 },
        state: facts.state,
        overlap: OverlapStatus::Pending,
        start: facts.start,
        duration: facts.duration,
        media_start: MediaTime::new(0),
        media_length,
        clock: Some(clock(facts.start)),
        video: Some(video(frames)),
        audio: Some(AudioTrack {
            codec: AudioCodec::Aac,
            sample_rate: 48_000,
            channels: 2,
            samples: frames * 2,
        }),
        note: None,
    }
}

fn clock(start: Utc) -> ClockMap {
    ClockMap {
        point: ClockPoint {
            media: MediaTime::new(0),
            utc: start,
            source: ClockSource::SenderReport,
            error: Nanos::from_millis(3),
        },
        timescale: 90_000,
        drift_ppb: -12,
    }
}

fn video(frames: u64) -> VideoTrack {
    VideoTrack {
        codec: VideoCodec::H264,
        width: 1920,
        height: 1080,
        timescale: 90_000,
        samples: frames,
        key_frames: frames / 50,
        bytes: 14_900_000,
        damaged: 0,
        parameters: 0xfedc_ba98_7654_3210,
    }
}
