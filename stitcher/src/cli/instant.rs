//! Instants as people type them.
//!
//! RFC 3339 with any offset, a date (00:00 UTC), a date and a time without an
//! offset (UTC), `now`, `today`, `yesterday`, or a bare length such as `2h`,
//! which means that long ago. The clock comes in from outside.

use hitless_model::{Nanos, Utc};

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no time; give one like 2026-08-11T03:07:47Z, 2026-08-11, now, yesterday or 2h (ago)"
)]
pub struct NoInstant(String);

const DAY: Nanos = Nanos::from_secs(86_400);

/// Reads an instant as seen from `now`.
pub fn instant(text: &str, now: Utc) -> Result<Utc, NoInstant> {
    let text = text.trim();
    let back = |length: Nanos| now.plus(Nanos::ZERO.minus(length));
    match text {
        "now" => return Ok(now),
        "today" => return Ok(midnight(now)),
        "yesterday" => return Ok(midnight(back(DAY))),
        _ => {}
    }
    if let Some(length) = length(text) {
        return Ok(back(length));
    }
    let whole = [text.to_owned(), format!("{text}T00:00:00Z"), format!("{text}Z")];
    let spaced = text.replacen(' ', "T", 1);
    whole
        .into_iter()
        .chain([spaced.clone(), format!("{spaced}Z"), format!("{spaced}:00Z")])
        .find_map(|t| Utc::parse(&t).ok())
        .ok_or_else(|| NoInstant(text.to_owned()))
}

/// A length such as `90s`, `5m`, `2h`, `3d` or `1h30m`.
pub fn length(text: &str) -> Option<Nanos> {
    let mut total = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let (number, unit_ns): (i64, i64) = (number.parse().ok()?, nanos_of(unit)?);
        total = total.checked_add(number.checked_mul(unit_ns)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(Nanos::new(total))
}

fn nanos_of(unit: &str) -> Option<i64> {
    match unit {
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" | "min" => Some(60_000_000_000),
        "h" => Some(3_600_000_000_000),
        "d" => Some(86_400_000_000_000),
        "w" => Some(7 * 86_400_000_000_000),
        _ => None,
    }
}

fn midnight(at: Utc) -> Utc {
    let day = DAY.get();
    Utc::from_ns(at.as_ns().div_euclid(day).saturating_mul(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> String {
        let now = Utc::parse("2026-08-11T12:30:00Z").expect("valid");
        instant(text, now).map_or_else(|e| e.to_string(), |t| t.to_string())
    }

    #[test]
    fn every_documented_form_is_read() {
        for (text, means) in [
            ("2026-08-11T05:07:47+02:00", "2026-08-11T03:07:47.000000Z"),
            ("2026-08-11T03:07:47.25Z", "2026-08-11T03:07:47.250000Z"),
            ("2026-08-11T03:07:47", "2026-08-11T03:07:47.000000Z"),
            ("2026-08-11 03:07", "2026-08-11T03:07:00.000000Z"),
            ("2026-08-10", "2026-08-10T00:00:00.000000Z"),
            ("now", "2026-08-11T12:30:00.000000Z"),
            ("today", "2026-08-11T00:00:00.000000Z"),
            ("yesterday", "2026-08-10T00:00:00.000000Z"),
            ("2h", "2026-08-11T10:30:00.000000Z"),
            ("1h30m", "2026-08-11T11:00:00.000000Z"),
            ("3d", "2026-08-08T12:30:00.000000Z"),
        ] {
            assert_eq!(at(text), means, "{text}");
        }
        for text in ["", "2", "h", "-2h", "2h-", "later", "2026-13-01", "99999999999999d"] {
            assert!(at(text).contains("is no time"), "{text}: {}", at(text));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = instant(&text, Utc::from_ns(0));
        }
    }
}
