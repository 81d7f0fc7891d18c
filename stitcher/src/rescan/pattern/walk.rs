//! A path held against the parts of a pattern.

use super::parts::{Field, Part};

/// What was found on the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) camera: String,
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) fraction: String,
}

/// Matches from the left; a camera's name takes as little as it can.
pub(super) fn walk(parts: &[Part], text: &str, found: &mut Found) -> bool {
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
