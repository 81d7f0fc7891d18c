//! HTTP ranges (RFC 9110, section 14). Pure.

/// What a client wants of something with a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range, or one that may be passed over.
    All,
    /// From the first to the last of these bytes.
    Part(u64, u64),
    /// Nothing that there is.
    Outside,
}

/// Reads a header `Range` for something of `size` bytes. Of several ranges none
/// is taken, as the standard allows.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|h| h.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((from, to)) = spec.trim().split_once('-') else { return Wanted::All };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (number(from), number(to)) {
        (Some(from), _) if from >= size => Wanted::Outside,
        (Some(from), Some(to)) if to >= from => Wanted::Part(from, to.min(size - 1)),
        (Some(from), None) if to.trim().is_empty() => Wanted::Part(from, size - 1),
        (None, Some(0)) if from.trim().is_empty() => Wanted::Outside,
        (None, Some(last)) if from.trim().is_empty() && size > 0 => {
            Wanted::Part(size.saturating_sub(last), size - 1)
        }
        _ => Wanted::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, means) in [
            (None, Wanted::All),
            (Some("bytes=0-"), Wanted::Part(0, 99)),
            (Some("bytes=10-19"), Wanted::Part(10, 19)),
            (Some("bytes=90-500"), Wanted::Part(90, 99)),
            (Some("bytes=-10"), Wanted::Part(90, 99)),
            (Some("bytes=-500"), Wanted::Part(0, 99)),
            (Some("bytes=100-"), Wanted::Outside),
            (Some("bytes=-0"), Wanted::Outside),
            (Some("bytes=20-10"), Wanted::All),
            (Some("bytes=0-1,5-6"), Wanted::All),
            (Some("lines=0-1"), Wanted::All),
            (Some("bytes=a-b"), Wanted::All),
        ] {
            assert_eq!(wanted(header, 100), means, "{header:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Outside);
    }
}
