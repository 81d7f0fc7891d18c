//! From columns back to a segment.

use crate::database::Row;
use hitless_model::{
    AudioCodec, AudioTrack, ClockMap, ClockPoint, ClockSource, MediaSpan, MediaTime, Nanos,
    OverlapStatus, RunId, Segment, SegmentName, SegmentState, Utc, VideoCodec, VideoTrack,
};

/// Reads [`super::COLUMNS`], which are the first columns of the row. The error
/// is a sentence about the row.
pub(crate) fn decode(row: &Row) -> Result<Segment, String> {
    let name = text(row, 0)?;
    segment(row, name).map_err(|e| format!("segment row \"{name}\": {e}"))
}

fn segment(row: &Row, name: &str) -> Result<Segment, String> {
    Ok(Segment {
        name: SegmentName::parse(name).map_err(|e| e.to_string())?,
        run: row
            .text(4)
            .map_err(|e| e.to_string())?
            .map(RunId::new)
            .transpose()
            .map_err(|e| e.to_string())?,
        strand: unsigned(row, 5)?,
        size_bytes: int(row, 6)?.cast_unsigned(),
        state: word(row, 7, SegmentState::parse)?,
        overlap: word(row, 8, OverlapStatus::parse)?,
        start: Utc::from_ns(int(row, 9)?),
        duration: Nanos::new(int(row, 10)?),
        media_start: MediaTime::new(int(row, 11)?),
        media_length: MediaSpan::new(int(row, 12)?),
        clock: if is_null(row, 13)? { None } else { Some(clock(row)?) },
        video: if is_null(row, 19)? { None } else { Some(video(row)?) },
        audio: if is_null(row, 28)? { None } else { Some(audio(row)?) },
        note: row.text(32).map_err(|e| e.to_string())?.map(str::to_owned),
    })
}

fn clock(row: &Row) -> Result<ClockMap, String> {
    Ok(ClockMap {
        point: ClockPoint {
            source: word(row, 13, ClockSource::parse)?,
            media: MediaTime::new(int(row, 14)?),
            utc: Utc::from_ns(int(row, 15)?),
            error: Nanos::new(int(row, 16)?),
        },
        timescale: unsigned(row, 17)?,
        drift_ppb: int(row, 18)?,
    })
}

fn video(row: &Row) -> Result<VideoTrack, String> {
    Ok(VideoTrack {
        codec: word(row, 19, VideoCodec::parse)?,
        width: unsigned(row, 20)?,
        height: unsigned(row, 21)?,
        timescale: unsigned(row, 22)?,
        samples: int(row, 23)?.cast_unsigned(),
        key_frames: int(row, 24)?.cast_unsigned(),
        bytes: int(row, 25)?.cast_unsigned(),
        damaged: int(row, 26)?.cast_unsigned(),
        parameters: int(row, 27)?.cast_unsigned(),
    })
}

fn audio(row: &Row) -> Result<AudioTrack, String> {
    Ok(AudioTrack {
        codec: word(row, 28, AudioCodec::parse)?,
        sample_rate: unsigned(row, 29)?,
        channels: unsigned(row, 30)?,
        samples: int(row, 31)?.cast_unsigned(),
    })
}

fn is_null(row: &Row, column: usize) -> Result<bool, String> {
    row.text(column).map(|t| t.is_none()).map_err(|e| e.to_string())
}

fn text(row: &Row, column: usize) -> Result<&str, String> {
    row.text(column).map_err(|e| e.to_string())?.ok_or_else(|| null(column))
}

fn int(row: &Row, column: usize) -> Result<i64, String> {
    row.int(column).map_err(|e| e.to_string())?.ok_or_else(|| null(column))
}

fn unsigned(row: &Row, column: usize) -> Result<u32, String> {
    let found = int(row, column)?;
    u32::try_from(found).map_err(|_| format!("{} is {found}", super::COLUMNS[column]))
}

fn word<T>(row: &Row, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let found = text(row, column)?;
    parse(found)
        .ok_or_else(|| format!("{} has the unknown word \"{found}\"", super::COLUMNS[column]))
}

fn null(column: usize) -> String {
    format!("{} is null", super::COLUMNS[column])
}
