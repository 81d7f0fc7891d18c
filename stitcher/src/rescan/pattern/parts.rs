//! From the text of a pattern to its parts.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Literal(char),
    Anything,
    Camera,
    /// MediaMTX's path, which may have folders.
    Path,
    Number(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
}

/// What a pattern is made of; `None` where something of it is not known.
pub(super) fn parts(pattern: &str) -> Option<Vec<Part>> {
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
