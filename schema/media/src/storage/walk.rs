//! Finds every segment below a storage root.
//!
//! `{root}/{camera}/{day}/{name}.mp4`, sorted by name at each step, so that
//! two walks of the same folders give the same order. What begins with a dot
//! is not ours; a file that ends in `.mp4` and is not named like a segment is
//! reported, and so is a folder that cannot be read. Links are followed: a
//! camera's folder may be on another disk.

use hitless_model::{NameError, SegmentName};
use std::fs;
use std::path::{Path, PathBuf};

/// A segment's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What its name says.
    pub name: SegmentName,
    /// Where it is.
    pub path: PathBuf,
}

/// What could not be walked.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A folder could not be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file among the segments is none.
    #[error("{path}: {source}", path = path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        source: NameError,
    },
}

/// Every segment below a root, and what could not be read on the way.
pub fn walk(root: &Path) -> impl Iterator<Item = Result<Found, WalkError>> + use<> {
    let cameras = folders(root);
    let days = cameras.flat_map(|camera| below(camera, |path| Box::new(folders(path))));
    days.flat_map(|day| below(day, |path| Box::new(segments(path))))
}

type Steps<T> = Box<dyn Iterator<Item = Result<T, WalkError>>>;

fn below<T: 'static>(
    folder: Result<PathBuf, WalkError>,
    list: impl FnOnce(&Path) -> Steps<T>,
) -> Steps<T> {
    match folder {
        Ok(path) => list(&path),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

fn folders(path: &Path) -> impl Iterator<Item = Result<PathBuf, WalkError>> + use<> {
    entries(path).filter(|entry| entry.as_ref().map_or(true, |path| path.is_dir()))
}

fn segments(path: &Path) -> impl Iterator<Item = Result<Found, WalkError>> + use<> {
    entries(path).filter_map(|entry| {
        let path = match entry {
            Ok(path) => path,
            Err(error) => return Some(Err(error)),
        };
        let name = path.file_name()?.to_string_lossy().into_owned();
        if !name.ends_with(".mp4") {
            return None;
        }
        Some(match SegmentName::parse(&name) {
            Ok(name) => Ok(Found { name, path }),
            Err(source) => Err(WalkError::Name { path, source }),
        })
    })
}

/// What a folder holds, sorted; hidden names are left out.
fn entries(path: &Path) -> impl Iterator<Item = Result<PathBuf, WalkError>> + use<> {
    let failed = |source| WalkError::Io { path: path.to_owned(), source };
    let mut found = Vec::new();
    let mut errors = Vec::new();
    match fs::read_dir(path) {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
                    Ok(entry) => found.push(entry.path()),
                    Err(source) => errors.push(failed(source)),
                }
            }
        }
        Err(source) => errors.push(failed(source)),
    }
    found.sort_unstable();
    errors.into_iter().map(Err).chain(found.into_iter().map(Ok))
}
