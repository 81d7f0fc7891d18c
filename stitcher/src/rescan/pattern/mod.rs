//! File name patterns of other recorders.
//!
//! A pattern is a path below the storage root. It has `{camera}` (or
//! MediaMTX's `%path`), and the parts of a time: `YYYY`, `MM`, `DD`, `HH`,
//! `MM` (minutes, where hours stand before it), `SS`, bare or in braces, alone
//! or run together (`{YYYYMMDD}`), or as `%Y %m %d %H %M %S %f`. `*` stands for
//! anything within a folder's or file's name. Before it may stand the instance
//! to be used and a colon: `frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4`. Times
//! are UTC.

use hitless_model::{CameraId, InstanceId, Utc};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(char),
    Anything,
    Camera,
    /// MediaMTX's path, which may have folders.
    Path,
    Number(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
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

#[derive(Debug, Clone, Default)]
struct Found {
    camera: String,
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    fraction: String,
}

/// Matches from the left; a camera's name takes as little as it can.
fn walk(parts: &[Part], text: &str, found: &mut Found) -> bool {
    let Some((part, later)) = parts.split_first() else { return text.is_empty() };
    match part {
        Part::Literal(c) => text.strip_prefix(*c).is_some_and(|rest| walk(later, rest, found)),
        Part::Number(field) => {
            number(*field, text, found).is_some_and(|rest| walk(later, rest, found))
        }
        Part::Anything | Part::Camera | Part::Path => {
            let fits = |c: char| match part {
                Part::Anything => c != '/',
                Part::Camera => c.is_ascii_alphanumeric() || c == '-' || c == '_',
                _ => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/'),
            };
            let longest = text.find(|c| !fits(c)).unwrap_or(text.len());
            let shortest = usize::from(*part != Part::Anything);
            (shortest..=longest).filter(|end| text.is_char_boundary(*end)).any(|end| {
                let mut tried = found.clone();
                if *part != Part::Anything {
                    text[..end].clone_into(&mut tried.camera);
                }
                let fits = walk(later, &text[end..], &mut tried);
                if fits {
                    *found = tried;
                }
                fits
            })
        }
    }
}

fn number<'t>(field: Field, text: &'t str, found: &mut Found) -> Option<&'t str> {
    let all = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = match field {
        Field::Year => 4,
        Field::Fraction => all.min(9),
        _ => 2,
    };
    if digits == 0 || all < digits {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    let value = number.parse().ok()?;
    match field {
        Field::Year => found.year = value,
        Field::Month => found.month = value,
        Field::Day => found.day = value,
        Field::Hour => found.hour = value,
        Field::Minute => found.minute = value,
        Field::Second => found.second = value,
        Field::Fraction => number.clone_into(&mut found.fraction),
    }
    Some(rest)
}

fn parts(pattern: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let hours = parts.contains(&Part::Number(Field::Hour));
        if let Some(path) = rest.strip_prefix("%path") {
            parts.push(Part::Path);
            rest = path;
        } else if c == '%' {
            let mut letters = rest[1..].chars();
            parts.push(Part::Number(strftime(letters.next()?)?));
            rest = letters.as_str();
        } else if let Some(inside) = rest.strip_prefix('{') {
            let (inside, after) = inside.split_once('}')?;
            match inside {
                "camera" => parts.push(Part::Camera),
                _ => parts.extend(fields(inside, hours).filter(|f| !f.is_empty())?),
            }
            rest = after;
        } else if c.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            match fields(word, hours) {
                Some(fields) => parts.extend(fields),
                None => parts.extend(word.chars().map(Part::Literal)),
            }
            rest = after;
        } else {
            parts.push(if c == '*' { Part::Anything } else { Part::Literal(c) });
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(parts)
}

fn strftime(letter: char) -> Option<Field> {
    Some(match letter {
        'Y' => Field::Year,
        'm' => Field::Month,
        'd' => Field::Day,
        'H' => Field::Hour,
        'M' => Field::Minute,
        'S' => Field::Second,
        'f' => Field::Fraction,
        _ => return None,
    })
}

/// `YYYYMMDD` and the like; `None` for a word that is none.
fn fields(word: &str, mut hours: bool) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (letters, field) = match rest.as_bytes() {
            [b'Y', b'Y', b'Y', b'Y', ..] => (4, Field::Year),
            [b'M', b'M', ..] if hours => (2, Field::Minute),
            [b'M', b'M', ..] => (2, Field::Month),
            [b'D', b'D', ..] => (2, Field::Day),
            [b'H', b'H', ..] => (2, Field::Hour),
            [b'S', b'S', ..] => (2, Field::Second),
            _ => return None,
        };
        hours |= field == Field::Hour;
        parts.push(Part::Number(field));
        rest = &rest[letters..];
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pattern: &str, path: &str) -> Option<(String, String)> {
        let matched = Pattern::parse(pattern).expect("a pattern").matches(path)?;
        Some((matched.camera.to_string(), matched.start.to_string()))
    }

    #[test]
    fn what_others_write_is_read() {
        for (pattern, path, camera, start) in [
            (
                "frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4",
                "2026-08-11/03/front_door/07.47.mp4",
                "front_door",
                "2026-08-11T03:07:47.000000Z",
            ),
            (
                "%path/%Y-%m-%d_%H-%M-%S-%f.mp4",
                "yard/cam1/2026-08-11_03-07-47-123456.mp4",
                "yard_cam1",
                "2026-08-11T03:07:47.123456Z",
            ),
            (
                "{camera}_{YYYYMMDD}_{HHMMSS}.mp4",
                "CAMERA_1_20260811_030747.mp4",
                "CAMERA_1",
                "2026-08-11T03:07:47.000000Z",
            ),
            (
                "nvr: {camera}/*/YYYYMMDDHH.mp4",
                "a/x y/2026081103.mp4",
                "a",
                "2026-08-11T03:00:00.000000Z",
            ),
        ] {
            assert_eq!(read(pattern, path), Some((camera.into(), start.into())), "{pattern}");
        }
        assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "a_20261311_030747.mp4"), None);
        assert_eq!(read("{camera}_{YYYYMMDD}_{HHMMSS}.mp4", "a/b_20260811_030747.mp4"), None);
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused() {
        for text in [
            "",
            "*.mp4",
            "{camera}.mp4",
            "YYYYMMDDHH.mp4",
            "{camera}{what}.mp4",
            "%q",
            "a b: {camera}",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(pattern in ".{0,30}", path in ".{0,30}") {
            if let Ok(pattern) = Pattern::parse(&pattern) {
                let _ = pattern.matches(&path);
            }
            let known = Pattern::parse("%path/*%Y-%m-%d_%H-%M-%S-%f.mp4").expect("valid");
            let _ = known.matches(&path);
        }
    }
}
