//! From a segment to its columns.

use crate::database::Value;
use hitless_model::{AudioTrack, ClockMap, Segment, VideoTrack};

/// The values of [`super::COLUMNS`].
pub(crate) fn encode(segment: &Segment) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::with_capacity(super::COLUMNS.len() + 2);
    values.extend([
        segment.name.to_string().into(),
        segment.name.camera.as_str().into(),
        segment.name.instance.as_str().into(),
        segment.name.number.get().cast_signed().into(),
        segment.run.as_ref().map(|run| run.as_str()).into(),
        i64::from(segment.strand).into(),
        segment.size_bytes.cast_signed().into(),
        segment.state.as_str().into(),
        segment.overlap.as_str().into(),
        segment.start.as_ns().into(),
        segment.duration.get().into(),
        segment.media_start.ticks().into(),
        segment.media_length.ticks().into(),
    ]);
    values.extend(clock(segment.clock.as_ref()));
    values.extend(video(segment.video.as_ref()));
    values.extend(audio(segment.audio.as_ref()));
    // Packed rows do not tell an empty text from none.
    values.push(segment.note.clone().filter(|note| !note.is_empty()).into());
    values
}

fn clock(map: Option<&ClockMap>) -> [Value; 6] {
    [
        map.map(|m| m.point.source.as_str()).into(),
        map.map(|m| m.point.media.ticks()).into(),
        map.map(|m| m.point.utc.as_ns()).into(),
        map.map(|m| m.point.error.get()).into(),
        map.map(|m| i64::from(m.timescale)).into(),
        map.map(|m| m.drift_ppb).into(),
    ]
}

fn video(track: Option<&VideoTrack>) -> [Value; 9] {
    [
        track.map(|t| t.codec.as_str()).into(),
        track.map(|t| i64::from(t.width)).into(),
        track.map(|t| i64::from(t.height)).into(),
        track.map(|t| i64::from(t.timescale)).into(),
        track.map(|t| t.samples.cast_signed()).into(),
        track.map(|t| t.key_frames.cast_signed()).into(),
        track.map(|t| t.bytes.cast_signed()).into(),
        track.map(|t| t.damaged.cast_signed()).into(),
        track.map(|t| t.parameters.cast_signed()).into(),
    ]
}

fn audio(track: Option<&AudioTrack>) -> [Value; 4] {
    [
        track.map(|t| t.codec.as_str()).into(),
        track.map(|t| i64::from(t.sample_rate)).into(),
        track.map(|t| i64::from(t.channels)).into(),
        track.map(|t| t.samples.cast_signed()).into(),
    ]
}
