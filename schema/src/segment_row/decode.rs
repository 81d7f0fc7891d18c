//! From packed columns back to segments.

use super::{FIELD, ROW};
use hitless_model::{
    AudioCodec, AudioTrack, ClockMap, ClockPoint, ClockSource, MediaSpan, MediaTime, Nanos,
    OverlapStatus, RunId, Segment, SegmentName, SegmentState, Utc, VideoCodec, VideoTrack,
};

/// Reads what [`super::packed`] selected: each segment and its change sequence
/// number. The error is a sentence about the row.
pub(crate) fn decode(packed: &str) -> Result<Vec<(i64, Segment)>, String> {
    let mut found: Vec<(i64, Segment)> = Vec::new();
    for row in packed.split(ROW).filter(|row| !row.is_empty()) {
        let mut fields = Fields { left: row.split(FIELD), column: 0 };
        let read = fields.segment(found.last().map(|(_, before)| before));
        found.push(read.map_err(|e| {
            let name = row.split(FIELD).next().unwrap_or_default();
            let column = super::PACKED.get(fields.column.saturating_sub(1)).unwrap_or(&"");
            format!("segment row \"{name}\": {column}: {e}")
        })?);
    }
    Ok(found)
}

/// The columns of one row, read from left to right. A null is empty.
struct Fields<'a> {
    left: std::str::Split<'a, char>,
    column: usize,
}

impl<'a> Fields<'a> {
    /// `before`: the row before, which most often has the same ids.
    fn segment(&mut self, before: Option<&Segment>) -> Result<(i64, Segment), String> {
        let name = SegmentName::parse_beside(before.map(|row| &row.name), self.text()?)
            .map_err(|e| e.to_string())?;
        let run = before.and_then(|row| row.run.as_ref());
        let run = self.maybe()?.map(|text| RunId::like(run, text)).transpose();
        let segment = Segment {
            name,
            run: run.map_err(|e| e.to_string())?,
            strand: self.number()?,
            size_bytes: self.unsigned()?,
            state: self.word(SegmentState::parse)?,
            overlap: self.word(OverlapStatus::parse)?,
            start: Utc::from_ns(self.number()?),
            duration: Nanos::new(self.number()?),
            media_start: MediaTime::new(self.number()?),
            media_length: MediaSpan::new(self.number()?),
            clock: self.clock()?,
            video: self.video()?,
            audio: self.audio()?,
            note: self.maybe()?.map(str::to_owned),
        };
        Ok((self.number()?, segment))
    }

    fn clock(&mut self) -> Result<Option<ClockMap>, String> {
        let Some(source) = self.maybe()? else { return self.skip(5) };
        let point = ClockPoint {
            source: known(source, ClockSource::parse)?,
            media: MediaTime::new(self.number()?),
            utc: Utc::from_ns(self.number()?),
            error: Nanos::new(self.number()?),
        };
        Ok(Some(ClockMap { point, timescale: self.number()?, drift_ppb: self.number()? }))
    }

    fn video(&mut self) -> Result<Option<VideoTrack>, String> {
        let Some(codec) = self.maybe()? else { return self.skip(8) };
        Ok(Some(VideoTrack {
            codec: known(codec, VideoCodec::parse)?,
            width: self.number()?,
            height: self.number()?,
            timescale: self.number()?,
            samples: self.unsigned()?,
            key_frames: self.unsigned()?,
            bytes: self.unsigned()?,
            damaged: self.unsigned()?,
            parameters: self.unsigned()?,
        }))
    }

    fn audio(&mut self) -> Result<Option<AudioTrack>, String> {
        let Some(codec) = self.maybe()? else { return self.skip(3) };
        Ok(Some(AudioTrack {
            codec: known(codec, AudioCodec::parse)?,
            sample_rate: self.number()?,
            channels: self.number()?,
            samples: self.unsigned()?,
        }))
    }

    fn maybe(&mut self) -> Result<Option<&'a str>, String> {
        self.column += 1;
        let field = self.left.next().ok_or("missing")?;
        Ok(Some(field).filter(|field| !field.is_empty()))
    }

    fn text(&mut self) -> Result<&'a str, String> {
        self.maybe()?.ok_or_else(|| "null".to_owned())
    }

    fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(&mut self) -> Result<T, String> {
        let text = self.text()?;
        text.parse().map_err(|e| format!("\"{text}\": {e}"))
    }

    /// Kept as the signed number of the same bits.
    fn unsigned(&mut self) -> Result<u64, String> {
        self.number().map(i64::cast_unsigned)
    }

    fn word<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        known(self.text()?, parse)
    }

    fn skip<T>(&mut self, columns: usize) -> Result<Option<T>, String> {
        for _ in 0..columns {
            self.maybe()?;
        }
        Ok(None)
    }
}

fn known<T>(word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    parse(word).ok_or_else(|| format!("unknown word \"{word}\""))
}
