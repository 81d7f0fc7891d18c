//! A segment's name: `{camera}_{UTC start}_{instance}_{number}.mp4`.
//!
//! Parsed from the right, because a camera id may contain `_`. The time in a
//! name is a label; where a clock mapping is known it is never evidence.

use crate::id::{CameraId, IdError, InstanceId, SegmentNumber};
use crate::time::Utc;
use std::fmt;
use time::{Date, Month, PrimitiveDateTime, Time};

/// Why a file name is not a segment's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Does not have the four parts.
    #[error("\"{0}\" is not named {{camera}}_{{time}}_{{instance}}_{{number}}.mp4")]
    Shape(String),
    /// The time part is no instant.
    #[error("\"{name}\": \"{part}\" is not a time like 20260811T030747.123456Z")]
    Time {
        /// The whole name.
        name: String,
        /// The part that is wrong.
        part: String,
    },
    /// An id part holds what an id may not.
    #[error("\"{name}\": {source}")]
    Id {
        /// The whole name.
        name: String,
        /// What is wrong with the id.
        source: IdError,
    },
}

/// The parts of a segment's file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// Whose picture.
    pub camera: CameraId,
    /// Start of the first sample, cut to microseconds.
    pub start: Utc,
    /// Which recorder wrote it.
    pub instance: InstanceId,
    /// Its number within camera and instance.
    pub number: SegmentNumber,
}

impl SegmentName {
    /// Reads a bare file name (no folders).
    pub fn parse(name: &str) -> Result<Self, NameError> {
        Self::parse_beside(None, name)
    }

    /// The same; where its ids are those of `other`, it shares them.
    pub fn parse_beside(other: Option<&Self>, name: &str) -> Result<Self, NameError> {
        let shape = || NameError::Shape(name.to_owned());
        let id = |source| NameError::Id { name: name.to_owned(), source };
        let stem = name.strip_suffix(".mp4").ok_or_else(shape)?;
        let mut parts = stem.rsplitn(4, '_');
        let (Some(number), Some(instance), Some(start), Some(camera)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(shape());
        };
        if number.len() < 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(shape());
        }
        Ok(Self {
            camera: CameraId::like(other.map(|o| &o.camera), camera).map_err(id)?,
            start: parse_stamp(start)
                .ok_or_else(|| NameError::Time { name: name.to_owned(), part: start.to_owned() })?,
            instance: InstanceId::like(other.map(|o| &o.instance), instance).map_err(id)?,
            number: SegmentNumber::new(number.parse().map_err(|_| shape())?),
        })
    }

    /// The folder under the storage root: `{camera}/{YYYY-MM-DD}`.
    pub fn folder(&self) -> String {
        format!("{}/{}", self.camera, self.start.day())
    }

    /// The path under the storage root.
    pub fn relative_path(&self) -> String {
        format!("{}/{self}", self.folder())
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = self.start.parts();
        write!(
            f,
            "{}_{:04}{:02}{:02}T{:02}{:02}{:02}.{:06}Z_{}_{}.mp4",
            self.camera,
            p.year(),
            u8::from(p.month()),
            p.day(),
            p.hour(),
            p.minute(),
            p.second(),
            p.microsecond(),
            self.instance,
            self.number
        )
    }
}

/// `20260811T030747.123456Z`
fn parse_stamp(text: &str) -> Option<Utc> {
    let b = text.as_bytes();
    if b.len() != 23 || !text.is_ascii() || b[8] != b'T' || b[15] != b'.' || b[22] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        let part = &text[from..to];
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let small = |from: usize, to: usize| number(from, to).and_then(|n| u8::try_from(n).ok());
    let date = Date::from_calendar_date(
        i32::try_from(number(0, 4)?).ok()?,
        Month::try_from(small(4, 6)?).ok()?,
        small(6, 8)?,
    )
    .ok()?;
    let time = Time::from_hms_micro(small(9, 11)?, small(11, 13)?, small(13, 15)?, number(16, 22)?)
        .ok()?;
    let ns = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp_nanos();
    i64::try_from(ns).ok().map(Utc::from_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documented_example_is_read() {
        let text = "CAMERA_1_20260811T030747.123456Z_blue_000042.mp4";
        let name = SegmentName::parse(text).expect("valid");
        assert_eq!(name.camera.as_str(), "CAMERA_1");
        assert_eq!(name.instance.as_str(), "blue");
        assert_eq!(name.number.get(), 42);
        assert_eq!(name.start.to_string(), "2026-08-11T03:07:47.123456Z");
        assert_eq!(name.relative_path(), format!("CAMERA_1/2026-08-11/{text}"));
    }

    #[test]
    fn other_files_are_refused() {
        for text in [
            "",
            "x.mp4",
            "a_20260811T030747.123456Z_blue_000042.meta",
            "a_20261311T030747.123456Z_blue_000042.mp4",
            "a_20260811T030747.123456_blue_000042.mp4",
            "a_20260811T030747.12345éZ_blue_000042.mp4",
            "a_20260811T030747.123456Z_blue_42.mp4",
            "../a_20260811T030747.123456Z_blue_000042.mp4",
            "a_20260811T030747.123456Z_blue_+00042.mp4",
            "a_20260811T030747.123456Z_blue_000042",
            "a_20260811t030747.123456Z_blue_000042.mp4",
            "a_20260811T030747,123456Z_blue_000042.mp4",
            "a_20260811T030747.123456z_blue_000042.mp4",
            "a_2026+811T030747.123456Z_blue_000042.mp4",
            "_20260811T030747.123456Z_blue_000042.mp4",
            "a_20260811T030747.123456Z__000042.mp4",
        ] {
            assert!(SegmentName::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            camera in "[A-Za-z0-9_-]{1,20}", instance in "[A-Za-z0-9-]{1,20}",
            us in 0_i64..4_000_000_000_000_000, number in 0_u64..1 << 40,
        ) {
            let name = SegmentName {
                camera: CameraId::new(camera).expect("valid"),
                start: Utc::from_ns(us * 1000),
                instance: InstanceId::new(instance).expect("valid"),
                number: SegmentNumber::new(number),
            };
            prop_assert_eq!(SegmentName::parse(&name.to_string()), Ok(name));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = SegmentName::parse(&text);
        }
    }
}
