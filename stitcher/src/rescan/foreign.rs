//! Recordings of other recorders, brought in by links.
//!
//! A file that matches a configured pattern gets a name of ours: a symbolic
//! link at the place where a segment of its camera and time would lie. The
//! file itself stays where it is and as it is. Its number is its time in
//! microseconds, so that numbers count up with time and the same file always
//! gets the same name.

use super::pattern::{BadPattern, Pattern};
use hitless_model::{SegmentName, SegmentNumber};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file that was changed this lately is probably still being written; it is
/// brought in later.
const SETTLED: Duration = Duration::from_secs(10);

/// What was brought in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linked {
    /// Names given now.
    pub new: Vec<SegmentName>,
    /// What could not be brought in, and why.
    pub problems: Vec<String>,
}

/// Reads the configured patterns.
pub fn patterns(texts: &[String]) -> Result<Vec<Pattern>, BadPattern> {
    texts.iter().map(|text| Pattern::parse(text)).collect()
}

/// Links every file below the root that matches a pattern and has no name yet.
pub fn link_all(root: &Path, patterns: &[Pattern]) -> Linked {
    let mut linked = Linked::default();
    let Some(depth) = patterns.iter().map(Pattern::depth).max() else { return linked };
    let mut open = vec![(root.to_owned(), depth)];
    while let Some((folder, depth)) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) => {
                linked.problems.push(format!("{}: {e}", folder.display()));
                continue;
            }
        };
        for entry in entries.filter_map(Result::ok) {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if hidden {
                continue;
            }
            if kind.is_dir() && depth > 0 {
                open.push((path, depth - 1));
            } else if kind.is_file() && path.extension() == Some(OsStr::new("mp4")) {
                link(root, &path, patterns, &mut linked);
            }
        }
    }
    linked.new.sort();
    linked
}

fn link(root: &Path, path: &Path, patterns: &[Pattern], linked: &mut Linked) {
    let Some(relative) = path.strip_prefix(root).ok().and_then(Path::to_str) else { return };
    let own = path.file_name().and_then(OsStr::to_str);
    if own.is_some_and(|name| SegmentName::parse(name).is_ok()) {
        return;
    }
    let matched = patterns.iter().find_map(|p| Some((p, p.matches(relative)?)));
    let Some((pattern, matched)) = matched.filter(|_| is_settled(path)) else { return };
    let micros = matched.start.as_ns().div_euclid(1000);
    let name = SegmentName {
        camera: matched.camera,
        start: matched.start,
        instance: pattern.instance.clone(),
        number: SegmentNumber::new(micros.max(0).unsigned_abs()),
    };
    let place = root.join(name.relative_path());
    let made = place
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| symlink(target(&name, relative), &place));
    match made {
        Ok(()) => linked.new.push(name),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        Err(e) => linked.problems.push(format!("{relative} was not brought in: {e}")),
    }
}

/// From a segment's folder to the file, relative, so that the storage may move.
fn target(name: &SegmentName, relative: &str) -> PathBuf {
    let folder = name.folder();
    let up = Path::new(&folder).components().map(|_| Component::ParentDir);
    up.collect::<PathBuf>().join(relative)
}

fn is_settled(path: &Path) -> bool {
    let modified = path.metadata().and_then(|found| found.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > SETTLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_linked_once_and_read_through_the_link() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join("2026-08-11/03/front/07.47.mp4");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
        std::fs::write(&file, b"footage").expect("writes");
        let old = SystemTime::now() - Duration::from_secs(60);
        let set = std::fs::File::options().write(true).open(&file).expect("opens");
        set.set_modified(old).expect("sets the time");
        let patterns = patterns(&["frigate: YYYY-MM-DD/HH/{camera}/MM.SS.mp4".to_owned()]);
        let patterns = patterns.expect("valid");
        let linked = link_all(root.path(), &patterns);
        assert_eq!(linked.problems, Vec::<String>::new());
        let [name] = linked.new.as_slice() else { panic!("{:?}", linked.new) };
        assert_eq!(name.instance.as_str(), "frigate");
        let place = root.path().join(name.relative_path());
        assert_eq!(std::fs::read(place).expect("reads"), b"footage");
        assert_eq!(link_all(root.path(), &patterns), Linked::default());
    }
}
