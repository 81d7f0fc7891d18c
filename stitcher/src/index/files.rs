//! The two files of a segment, each opened once.
//!
//! Opening and asking for sizes costs as much as reading a table that is in
//! memory: who announces files that are read soon keeps them open until then.
//! Pipes and folders are refused, and opening one never waits.

use crate::regular;
use hitless_media::Sidecar;
use hitless_media::mp4::{Movie, Mp4Error};
use hitless_media::sidecar::{SIDECAR_BYTES, SidecarError, path_of};
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where the table of a minute lies: behind the media.
const TABLE: u64 = 56 << 10;

/// An open file and how long it was then.
type Opened = io::Result<(File, u64)>;

/// A segment's files, opened.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    movie: Opened,
    meta: Opened,
}

impl Files {
    /// Opens what there is.
    pub fn open(path: PathBuf) -> Self {
        let (movie, meta) = (regular::open(&path), regular::open(&path_of(&path)));
        Self { path, movie, meta }
    }

    /// Tells the system that they are read next, so that it fetches them while
    /// others are looked at: a disk answers many questions at once sooner than
    /// one after the other. What cannot be told is no loss.
    pub fn announce(&self) {
        if let Ok((movie, length)) = &self.movie {
            let _ = fadvise(movie, 0, NonZeroU64::new(1), Advice::WillNeed);
            let table = length.saturating_sub(TABLE);
            let _ = fadvise(movie, table, NonZeroU64::new(TABLE), Advice::WillNeed);
        }
        if let Ok((meta, _)) = &self.meta {
            let _ = fadvise(meta, 0, None, Advice::WillNeed);
        }
    }

    /// Where the segment is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its sample tables.
    pub fn movie(&self) -> Result<Movie, Mp4Error> {
        match &self.movie {
            Ok((file, _)) => Movie::read(file, &self.path),
            Err(problem) => Err(Mp4Error::Io { path: self.path.clone(), source: again(problem) }),
        }
    }

    /// What its `.meta` file says; `None` if there is none.
    pub fn sidecar(&self) -> Result<Option<Sidecar>, SidecarError> {
        let path = || path_of(&self.path);
        let failed = |source| SidecarError::Io { path: path(), source };
        let (file, length) = match &self.meta {
            Ok(meta) => meta,
            Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(None),
            Err(problem) => return Err(failed(again(problem))),
        };
        if *length > SIDECAR_BYTES {
            return Err(SidecarError::TooLarge { path: path(), limit: SIDECAR_BYTES });
        }
        let bytes = whole(file, *length).map_err(failed)?;
        Ok(Some(Sidecar::parse(&bytes)))
    }
}

/// All of a file, as long as it was when it was opened.
fn whole(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let mut end = 0;
    while end < bytes.len() {
        match file.read_at(&mut bytes[end..], end as u64) {
            Ok(0) => break,
            Ok(read) => end += read,
            Err(problem) if problem.kind() == ErrorKind::Interrupted => {}
            Err(problem) => return Err(problem),
        }
    }
    bytes.truncate(end);
    Ok(bytes)
}

/// An error that was told may be told again.
fn again(problem: &io::Error) -> io::Error {
    match problem.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(problem.kind(), problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_refused_at_once_and_what_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe.mp4");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).expect("makes a pipe");
        let told = |path: PathBuf| match Files::open(path).movie() {
            Err(Mp4Error::Io { source, .. }) => source.kind(),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(pipe), ErrorKind::InvalidInput);
        assert_eq!(told(folder.path().to_owned()), ErrorKind::InvalidInput);
        assert_eq!(told(folder.path().join("none.mp4")), ErrorKind::NotFound);
        let none = Files::open(folder.path().join("none.mp4")).sidecar();
        assert!(none.expect("no error").is_none());
    }

    fn with_meta(folder: &Path, meta: &[u8]) -> PathBuf {
        let path = folder.join("segment.mp4");
        std::fs::write(path_of(&path), meta).expect("written");
        path
    }

    #[test]
    fn a_meta_file_is_read_whole_and_what_was_added_meanwhile_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let closed = br#"{"closed":{"samples":7}}"#;
        let path = with_meta(folder.path(), closed);
        let files = Files::open(path.clone());
        with_meta(folder.path(), &[closed.as_slice(), b"\n", closed].concat());
        let (file, length) = files.meta.as_ref().expect("there");
        assert_eq!(whole(file, *length).expect("read"), closed);
        // One that became shorter is read as far as it goes.
        assert_eq!(whole(file, 1000).expect("read").len(), 2 * closed.len() + 1);
        assert!(Files::open(path).sidecar().expect("no error").is_some());
    }

    #[test]
    fn a_meta_file_that_is_too_large_or_none_at_all_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = with_meta(folder.path(), b"");
        let meta = File::options().write(true).open(path_of(&path)).expect("there");
        meta.set_len(SIDECAR_BYTES + 1).expect("longer");
        let told = Files::open(path.clone()).sidecar();
        assert!(matches!(told, Err(SidecarError::TooLarge { .. })), "{told:?}");
        std::fs::remove_file(path_of(&path)).expect("removed");
        std::fs::create_dir(path_of(&path)).expect("a folder in its place");
        let told = Files::open(path).sidecar();
        assert!(matches!(told, Err(SidecarError::Io { .. })), "{told:?}");
    }
}
