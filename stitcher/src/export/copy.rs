//! Bytes of originals into the clip, inside the kernel where it can.

use super::error::ExportError;
use super::meter::Meter;
use super::originals::Originals;
use super::target::{Target, folder_of};
use crate::virtual_mp4::{Part, SourceRange, VirtualMp4};
use rustix::fs::{FallocateFlags, copy_file_range, fallocate, fstatfs, statfs};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// File systems that share blocks (XFS, Btrfs): room set aside before would be
/// given back again.
const SHARING: [i64; 2] = [0x5846_5342, 0x9123_683E];
/// Bytes of the buffer where the kernel cannot copy by itself.
const BUFFER: usize = 1 << 20;

/// Writes all of a clip.
pub(super) fn write(clip: &VirtualMp4, target: &Target, meter: &Meter) -> Result<(), ExportError> {
    make_room(clip.size(), target)?;
    let mut originals = Originals::of(clip);
    let mut how = How::Kernel;
    for part in clip.parts() {
        match part {
            Part::Made(at, bytes) => {
                let written = target.file.write_all_at(&bytes, at);
                written.map_err(|e| failed(clip, target, e))?;
            }
            Part::Range(range) => {
                copy(clip, range, originals.file(range)?, target, &mut how)?;
                meter.add(range.length)?;
            }
        }
    }
    Ok(())
}

/// Whether blocks of originals can be the clip's, too.
pub(super) fn shares_blocks(target: &Target) -> bool {
    fstatfs(&target.file).is_ok_and(|f| SHARING.contains(&f.f_type))
}

/// The same before the clip is begun.
pub(super) fn will_share_blocks(clip: &Path) -> bool {
    statfs(folder_of(clip)).is_ok_and(|f| SHARING.contains(&f.f_type))
}

/// A disk that is too full says so before anything is copied.
pub(super) fn make_room(bytes: u64, target: &Target) -> Result<(), ExportError> {
    let full = || ExportError::Full { path: target.part().to_owned(), bytes };
    let fail = |e: Errno| ExportError::io("could not make room for", target.part(), e.into());
    if !shares_blocks(target) {
        match fallocate(&target.file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => return Ok(()),
            Err(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => return Err(full()),
            Err(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) => {}
            Err(error) => return Err(fail(error)),
        }
    }
    let sized = target.file.set_len(bytes);
    sized.map_err(|e| ExportError::io("could not make room for", target.part(), e))
}

/// What a failed write is told as.
pub(super) fn failed(clip: &VirtualMp4, target: &Target, error: std::io::Error) -> ExportError {
    match Errno::from_io_error(&error) {
        Some(Errno::NOSPC | Errno::DQUOT) => {
            ExportError::Full { path: target.part().to_owned(), bytes: clip.size() }
        }
        _ => ExportError::io("could not write", target.part(), error),
    }
}

/// How bytes are copied from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Kernel,
    /// The kernel refused: between these file systems it cannot.
    ByHand,
}

fn copy(
    clip: &VirtualMp4,
    range: &SourceRange,
    file: &File,
    target: &Target,
    how: &mut How,
) -> Result<(), ExportError> {
    let (mut from, mut at) = (range.from, range.at);
    while *how == How::Kernel && at < range.end() {
        let wanted = usize::try_from(range.end() - at).unwrap_or(usize::MAX);
        let (mut off_in, mut off_out) = (from, at);
        let done =
            copy_file_range(file, Some(&mut off_in), &target.file, Some(&mut off_out), wanted);
        match done {
            Ok(0) => return Err(cut_short(range, from)),
            Ok(done) => {
                from += done as u64;
                at += done as u64;
            }
            Err(Errno::INTR) => {}
            Err(
                Errno::XDEV
                | Errno::NOSYS
                | Errno::NOTSUP
                | Errno::INVAL
                | Errno::PERM
                | Errno::TXTBSY,
            ) => *how = How::ByHand,
            Err(Errno::IO) => {
                return Err(ExportError::io("could not copy from", &range.path, Errno::IO.into()));
            }
            Err(error) => return Err(failed(clip, target, error.into())),
        }
    }
    by_hand(clip, range, file, target, at)
}

fn by_hand(
    clip: &VirtualMp4,
    range: &SourceRange,
    file: &File,
    target: &Target,
    mut at: u64,
) -> Result<(), ExportError> {
    if at == range.end() {
        return Ok(());
    }
    let mut buffer = vec![0; BUFFER];
    while at < range.end() {
        let from = range.from + (at - range.at);
        let wanted = buffer.len().min(usize::try_from(range.end() - at).unwrap_or(BUFFER));
        let read = match file.read_at(&mut buffer[..wanted], from) {
            Ok(0) => return Err(cut_short(range, from)),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ExportError::io("could not read", &range.path, error)),
        };
        let written = target.file.write_all_at(&buffer[..read], at);
        written.map_err(|e| failed(clip, target, e))?;
        at += read as u64;
    }
    Ok(())
}

fn cut_short(range: &SourceRange, at: u64) -> ExportError {
    ExportError::CutShort { path: range.path.to_path_buf(), at }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::export::target::Replace;
    use crate::virtual_mp4::{Cut, Follows, Piece, Sound};
    use hitless_model::Utc;
    use std::path::Path;

    /// Two seconds of a file that is made there.
    pub(in crate::export) fn clip(path: &Path) -> VirtualMp4 {
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2"])
            .args(["-c:v", "libx264", "-x264-params", "log=-1", "-pix_fmt", "yuv420p"])
            .arg(path)
            .status();
        assert!(made.expect("ffmpeg is installed").success());
        VirtualMp4::build(&[piece(path)], &CUT).expect("a clip")
    }

    const CUT: Cut = Cut { from: Utc::from_ns(0), to: Utc::from_ns(2_000_000_000) };

    fn piece(path: &Path) -> Piece {
        Piece {
            path: path.to_owned(),
            first_sample: 0,
            samples: 20,
            sound: Sound::None,
            start: CUT.from,
            end: CUT.to,
            follows: Follows::Joined,
        }
    }

    /// A clip that is made to be copied has its originals, whatever becomes of
    /// their names meanwhile.
    #[test]
    fn originals_that_stay_open_are_not_looked_for_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("source.mp4");
        let clip = clip(&path);
        let to_copy = VirtualMp4::build_to_copy(&[piece(&path)], &CUT).expect("a clip");
        std::fs::remove_file(&path).expect("gone");
        let target = Target::create(&folder.path().join("clip.mp4"), Replace::Never);
        let target = target.expect("created");
        let meter = Meter::default();
        write(&to_copy, &target, &meter).expect("still open");
        let error = write(&clip, &target, &meter).expect_err("gone");
        assert!(matches!(error, ExportError::Io { .. }), "{error}");
    }

    /// The original loses its end between the reading of its table and the
    /// copying: in the kernel and by hand the same error, and no zeros.
    #[test]
    fn an_original_that_is_cut_short_meanwhile_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("source.mp4");
        let clip = clip(&path);
        let target = Target::create(&folder.path().join("clip.mp4"), Replace::Never);
        let target = target.expect("created");
        let meter = Meter::default();
        write(&clip, &target, &meter).expect("whole");
        let range = &clip.ranges()[0];
        let source = File::options().read(true).write(true).open(&path).expect("there");
        source.set_len(range.from + range.length - 100).expect("cut");
        let kernel = write(&clip, &target, &meter).expect_err("short");
        let mut how = How::ByHand;
        let by_hand = copy(&clip, range, &source, &target, &mut how).expect_err("short");
        for error in [kernel, by_hand] {
            assert!(
                matches!(&error, ExportError::CutShort { path: of, .. } if *of == path),
                "{error}"
            );
        }
    }
}
