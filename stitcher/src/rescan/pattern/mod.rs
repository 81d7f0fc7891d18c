//! File name patterns of other recorders.
//!
//! A pattern is a path below the storage root. It has `{camera}` (or
//! MediaMTX's `%path`), and the parts of a time: `YYYY`, `MM`, `DD`, `HH`,
//! `MM` (minutes, where hours stand before it), `SS`, bare or in braces, alone
//! or run together (`{YYYYMMDD}`), or as `%Y %m %d %H %M %S %f`. `*` stands for
//! anything within a folder's or file's name. Before it may stand the instance
//! to be used and a colon: `frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4`. Times
//! are UTC.

mod parts;
#[cfg(test)]
mod tests;
mod walk;

use hitless_model::{CameraId, InstanceId, Utc};
use parts::{Field, Part, parts};
use walk::{Found, walk};

/// Where no instance is given.
const DEFAULT_INSTANCE: &str = "foreign";

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern \"{text}\" of stitcher.foreign {why}")]
pub struct BadPattern {
    text: String,
    why: String,
}

/// A pattern that can be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Whose recordings it finds.
    pub instance: InstanceId,
    parts: Vec<Part>,
}

/// What a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Whose picture.
    pub camera: CameraId,
    /// When it begins.
    pub start: Utc,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let bad = |why: &str| BadPattern { text: text.to_owned(), why: why.to_owned() };
        let (instance, pattern) = match text.split_once(':') {
            Some((instance, rest)) => (instance.trim(), rest.trim()),
            None => (DEFAULT_INSTANCE, text.trim()),
        };
        let instance =
            InstanceId::new(instance).map_err(|e| bad(&format!("has no instance: {e}")))?;
        let parts = parts(pattern)
            .ok_or_else(|| bad("has something in braces or after % that is not known"))?;
        let has = |wanted: Part| parts.contains(&wanted);
        if !has(Part::Camera) && !has(Part::Path) {
            return Err(bad("does not say where the camera's name stands"));
        }
        for field in [Field::Year, Field::Month, Field::Day, Field::Hour] {
            if !has(Part::Number(field)) {
                return Err(bad("does not say where year, month, day and hour stand"));
            }
        }
        Ok(Self { instance, parts })
    }

    /// How many folders deep its files lie; more where a path may have folders.
    pub fn depth(&self) -> usize {
        let slashes = self.parts.iter().filter(|p| **p == Part::Literal('/')).count();
        slashes + if self.parts.contains(&Part::Path) { 4 } else { 0 }
    }

    /// What a path below the root says, if it is one of these.
    pub fn matches(&self, path: &str) -> Option<Matched> {
        let mut found = Found::default();
        if !walk(&self.parts, path, &mut found) {
            return None;
        }
        let second = format!("{:02}.{:0<9}", found.second, found.fraction);
        let start = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{second}Z",
            found.year, found.month, found.day, found.hour, found.minute
        );
        Some(Matched {
            camera: CameraId::new(found.camera.replace('/', "_")).ok()?,
            start: Utc::parse(&start).ok()?,
        })
    }
}
