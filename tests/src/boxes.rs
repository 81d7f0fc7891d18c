//! The outermost boxes of an MP4 file, which tell what kind of file it is.
//!
//! Written for the tests alone: a judge shares no code with the judged.

use std::path::Path;

/// The kinds of the outermost boxes in order. The last is `"…"` if the file
/// ends inside of it or bytes are left over.
pub fn outermost(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).expect("the segment can be read");
    let mut kinds = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let Some((kind, size)) = head(rest) else {
            kinds.push("…".to_owned());
            break;
        };
        kinds.push(kind);
        rest = &rest[size..];
    }
    kinds
}

/// Whether it is an ordinary progressive file: one `moov`, no fragment, nothing
/// cut off, and no promise of fragments inside the `moov`.
#[track_caller]
pub fn assert_progressive(file: &Path) {
    let kinds = outermost(file);
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    let fits = count("ftyp") == 1 && count("moov") == 1 && count("moof") == 0 && count("…") == 0;
    assert!(fits, "{} is not an ordinary file: {kinds:?}", file.display());
    assert!(count("mdat") >= 1, "{} has no samples: {kinds:?}", file.display());
    let bytes = std::fs::read(file).expect("the segment can be read");
    let inside = moov(&bytes).is_some_and(|moov| moov.windows(4).any(|w| w == b"mvex"));
    assert!(!inside, "{} promises fragments", file.display());
}

fn moov(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    while let Some((kind, size)) = head(rest) {
        if kind == "moov" {
            return Some(&rest[..size]);
        }
        rest = &rest[size..];
    }
    None
}

/// Kind and length of the whole box that `bytes` begins with.
fn head(bytes: &[u8]) -> Option<(String, usize)> {
    let size = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let size = match size {
        1 => usize::try_from(u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?)).ok()?,
        size => size,
    };
    let kind = String::from_utf8_lossy(bytes.get(4..8)?).into_owned();
    (size >= 8 && size <= bytes.len()).then_some((kind, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_is_cut_off_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.mp4");
        std::fs::write(&file, b"\0\0\0\x08ftyp\0\0\0\x09moov.\0\0\0\x20mdat").expect("a file");
        assert_eq!(outermost(&file), ["ftyp", "moov", "…"]);
    }
}
