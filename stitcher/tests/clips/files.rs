//! Clips as files.

use hitless_stitcher::virtual_mp4::{Cut, Part, Piece, VirtualMp4};
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
    std::fs::write(path, bytes(&clip)).expect("writable");
    clip
}
