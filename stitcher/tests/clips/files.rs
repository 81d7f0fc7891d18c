//! Clips as files.

use hitless_media::mp4::Movie;
use hitless_stitcher::virtual_mp4::{Cut, Outline, Part, Piece, VirtualMp4};
use std::path::{Path, PathBuf};

/// A folder of this test's own, emptied.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clips").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("writable");
    path
}

/// All bytes, read from front to end in pieces of an odd size.
pub fn bytes(clip: &VirtualMp4) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 10_007];
    loop {
        let read = clip.read_at(&mut buffer, bytes.len() as u64).expect("readable");
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(bytes.len() as u64, clip.size());
    assert_parts(clip, &bytes);
    bytes
}

/// What `parts` says is what `read_at` gives.
fn assert_parts(clip: &VirtualMp4, bytes: &[u8]) {
    let mut made = vec![0; bytes.len()];
    for part in clip.parts() {
        match part {
            Part::Made(at, part) => {
                let at = usize::try_from(at).expect("small");
                made[at..at + part.len()].copy_from_slice(&part);
            }
            Part::Range(range) => {
                assert_eq!(range.at % 4096, range.from % 4096, "{range:?}");
                let source = std::fs::read(&range.path).expect("readable");
                let from = usize::try_from(range.from).expect("small");
                let to = from + usize::try_from(range.length).expect("small");
                let at = usize::try_from(range.at).expect("small");
                made[at..at + (to - from)].copy_from_slice(&source[from..to]);
            }
        }
    }
    assert!(made == bytes);
}

/// The clip as a file.
pub fn write(pieces: &[Piece], cut: &Cut, path: &Path) -> VirtualMp4 {
    let clip = VirtualMp4::build(pieces, cut).expect("a clip");
    let whole = bytes(&clip);
    assert_outlined(pieces, cut, &whole);
    std::fs::write(path, whole).expect("writable");
    clip
}

/// As the database keeps them.
pub fn outlines(pieces: &[Piece]) -> Vec<Option<Outline>> {
    let one = |piece: &Piece| {
        let outline = Outline::of(&Movie::open(&piece.path).expect("readable"))?;
        let bytes = outline.to_bytes().expect("bytes");
        let back = Outline::from_bytes(&bytes);
        assert_eq!(back.as_ref(), Some(&outline));
        back
    };
    pieces.iter().map(one).collect()
}

/// A clip whose header is read later is, byte for byte, the same: from front to
/// end, and at any place first.
pub fn assert_outlined(pieces: &[Piece], cut: &Cut, whole: &[u8]) {
    let outlines = outlines(pieces);
    let clip = || VirtualMp4::build_outlined(pieces, cut, &outlines).expect("a clip");
    let made = clip();
    assert_eq!(made.size(), whole.len() as u64);
    let mut buffer = [0; 10_007];
    let mut at = 0;
    while at < whole.len() {
        let read = made.read_at(&mut buffer, at as u64).expect("readable");
        assert!(read > 0 && buffer[..read] == whole[at..at + read], "at {at}");
        at += read;
    }
    for part in 1..40 {
        let at = whole.len() / 40 * part;
        let read = clip().read_at(&mut buffer, at as u64).expect("readable");
        assert!(read > 0 && buffer[..read] == whole[at..at + read], "at {at}");
    }
}
