//! Clips written by `export`: whole and checked, or not there at all.

use crate::files::folder;
use crate::footage::{Shape, Twice, run, twice};
use crate::judge::pictures;
use crate::spans::{at, pictures_in, piece, seconds, zero_of};
use hitless_model::{AudioCut, CameraId, Cause, Nanos, Seam, SeamKind, SegmentName, TimeRange};
use hitless_schema::timeline::{Entry, Span, What};
use hitless_stitcher::export::{
    End, ExportError, Gaps, Manifest, Meter, Order, Written, export, select,
};
use hitless_stitcher::virtual_mp4::Follows;
use std::path::{Path, PathBuf};

/// The parts of a recording as segments of a storage, and their timeline with
/// part 2 missing.
struct Storage {
    root: PathBuf,
    entries: Vec<Entry>,
}

fn storage(name: &str, twice: &Twice) -> Storage {
    let root = folder(name);
    let mut entries = Vec::new();
    for (number, part) in twice.parts.iter().enumerate() {
        let zero = zero_of(twice, number);
        let made = piece(part, 0..pictures_in(part), zero, Follows::Joined);
        if number == 2 {
            let what = What::Gap(Cause::RecorderDown);
            entries.push(Entry { start: made.start, end: made.end, what });
            continue;
        }
        let stamp = format!("20260811T0307{:02}.000000Z", 47 + number);
        let segment = SegmentName::parse(&format!("CAM_1_{stamp}_blue_{number:06}.mp4"));
        let segment = segment.expect("a name");
        let path = root.join(segment.relative_path());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::copy(part, &path).expect("copied");
        let kind = if number == 3 { SeamKind::Gap } else { SeamKind::SameStrand };
        let span = Span {
            segment,
            run: None,
            first_sample: 0,
            samples: u32::try_from(made.samples).expect("few"),
            damaged: 0,
            seam: Seam { kind, error: Nanos::ZERO, doubled: Nanos::ZERO },
            audio: AudioCut::Whole,
        };
        entries.push(Entry { start: made.start, end: made.end, what: What::Span(span) });
    }
    Storage { root, entries }
}

impl Storage {
    fn export(&self, gaps: Gaps, path: &Path, force: bool) -> Result<Vec<Written>, ExportError> {
        let range = TimeRange { from: seconds(0.5), to: seconds(4.5) };
        let (clips, lacks) = select(&self.entries, range, End::Asked, gaps, &self.root);
        assert_eq!(lacks.len(), 1);
        assert!(lacks[0].is_gap() && lacks[0].cause == Some(Cause::RecorderDown));
        let camera = CameraId::new("CAM_1").expect("an id");
        let several = clips.len() > 1;
        let numbered = clips.iter().enumerate().map(|(n, clip)| {
            let path =
                if several { path.with_extension(format!("{n}.mp4")) } else { path.to_owned() };
            export(&Order {
                camera: &camera,
                clip,
                path: &path,
                force,
                manifest: true,
                now: at(0),
                meter: &Meter::default(),
            })
        });
        numbered.collect()
    }
}

fn sha256(path: &Path) -> String {
    let text = run("sha256sum", &[path.to_str().expect("UTF-8")]);
    String::from_utf8_lossy(&text).split_whitespace().next().expect("a digest").to_owned()
}

fn left_in(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().expect("readable").flatten();
    let mut names: Vec<String> =
        names.map(|f| f.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_third_party_can_check_a_clip_against_its_manifest() {
    let twice = twice(Shape::Aac);
    let storage = storage("manifest-storage", &twice);
    let folder = folder("manifest");
    let path = folder.join("clip.mp4");
    let written = storage.export(Gaps::Keep, &path, false).expect("written");
    assert_eq!(left_in(&folder), ["clip.mp4", "clip.mp4.json"]);
    let text = std::fs::read_to_string(folder.join("clip.mp4.json")).expect("there");
    let manifest: Manifest = serde_json::from_str(&text).expect("a manifest");
    assert_eq!(written[0].manifest.as_ref(), Some(&manifest));
    assert_eq!(manifest.sha256, sha256(&path));
    assert_eq!(manifest.bytes, path.metadata().expect("there").len());
    assert_eq!(manifest.from, "2026-08-11T03:07:47.623456Z");
    assert_eq!((manifest.spans.len(), manifest.missing.len()), (4, 1));
    assert_eq!(manifest.missing[0].cause.as_deref(), Some("recorder_down"));
    let clip = std::fs::read(&path).expect("there");
    for range in &manifest.ranges {
        let name = SegmentName::parse(&range.segment).expect("a name");
        let source = std::fs::read(storage.root.join(name.relative_path())).expect("there");
        let cut = |bytes: &[u8], at: u64| {
            let at = usize::try_from(at).expect("small");
            bytes[at..at + usize::try_from(range.bytes).expect("small")].to_vec()
        };
        let original = cut(&source, range.offset);
        assert_eq!(original, cut(&clip, range.clip_offset));
        let alone = folder.join("range");
        std::fs::write(&alone, &original).expect("written");
        assert_eq!(range.sha256, sha256(&alone));
    }
}

#[test]
fn missing_time_is_kept_left_out_or_split_at() {
    let twice = twice(Shape::ReorderedAac);
    let storage = storage("gaps-storage", &twice);
    let all = pictures(&twice.whole);
    let wanted: Vec<&str> = (12..50).chain(75..113).map(|n| all[n].hash.as_str()).collect();
    for (gaps, lengths) in
        [(Gaps::Keep, vec![4.02]), (Gaps::Collapse, vec![3.02]), (Gaps::Split, vec![1.52, 1.5])]
    {
        let path = folder(&format!("gaps-{gaps:?}")).join("clip.mp4");
        let written = storage.export(gaps, &path, false).expect("written");
        let found: Vec<f64> = written.iter().map(|w| w.duration.as_secs_f64()).collect();
        assert!(found.iter().zip(&lengths).all(|(a, b)| (a - b).abs() < 0.001), "{found:?}");
        let shown: Vec<String> =
            written.iter().flat_map(|w| pictures(&w.path)).map(|f| f.hash).collect();
        assert_eq!(shown, wanted, "{gaps:?}");
        let missing: usize =
            written.iter().flat_map(|w| &w.manifest).map(|m| m.missing.len()).sum();
        assert_eq!(missing, usize::from(gaps != Gaps::Split), "{gaps:?}");
    }
}

#[test]
fn a_clip_that_is_there_goes_only_by_force() {
    let twice = twice(Shape::Mute);
    let storage = storage("force-storage", &twice);
    let folder = folder("force");
    let path = folder.join("clip.mp4");
    std::fs::write(&path, "something else").expect("written");
    let error = storage.export(Gaps::Keep, &path, false).expect_err("refused");
    assert!(matches!(error, ExportError::Exists { .. }), "{error}");
    assert_eq!(std::fs::read(&path).expect("there"), b"something else");
    assert_eq!(left_in(&folder), ["clip.mp4"]);
    storage.export(Gaps::Keep, &path, true).expect("written");
    assert_eq!(pictures(&path).len(), 76);
}

#[test]
fn an_original_that_is_gone_or_cut_short_leaves_nothing() {
    let twice = twice(Shape::Aac);
    for (what, length) in [("gone", None), ("short", Some(60_000)), ("empty", Some(0))] {
        let storage = storage(&format!("source-{what}-storage"), &twice);
        let folder = folder(&format!("source-{what}"));
        let What::Span(span) = &storage.entries[3].what else { panic!("a span") };
        let source = storage.root.join(span.segment.relative_path());
        match length {
            None => std::fs::remove_file(&source).expect("removed"),
            Some(length) => {
                let file = std::fs::File::options().write(true).open(&source).expect("there");
                file.set_len(length).expect("cut");
            }
        }
        let error = storage.export(Gaps::Keep, &folder.join("clip.mp4"), false);
        let error = error.expect_err(what).to_string();
        assert!(error.contains(span.segment.to_string().as_str()), "{what}: {error}");
        assert!(left_in(&folder).is_empty(), "{what}: {:?}", left_in(&folder));
    }
}

/// Who is asked to leave off leaves nothing behind.
#[test]
fn an_interrupted_export_takes_away_what_it_began() {
    let twice = twice(Shape::Aac);
    let storage = storage("interrupted-storage", &twice);
    let folder = folder("interrupted");
    let range = TimeRange { from: seconds(0.5), to: seconds(4.5) };
    let (clips, _) = select(&storage.entries, range, End::Asked, Gaps::Keep, &storage.root);
    let meter = Meter::default();
    meter.stop();
    let error = export(&Order {
        camera: &CameraId::new("CAM_1").expect("an id"),
        clip: &clips[0],
        path: &folder.join("clip.mp4"),
        force: false,
        manifest: true,
        now: at(0),
        meter: &meter,
    });
    assert!(matches!(error, Err(ExportError::Interrupted)), "{error:?}");
    assert!(left_in(&folder).is_empty(), "{:?}", left_in(&folder));
}

/// What is not stitched yet makes no picture stand at the end; what is known to
/// be missing does, unless the clip is to go as far as there is footage.
#[test]
fn a_clip_ends_with_the_last_picture_that_is_stitched() {
    let twice = twice(Shape::Aac);
    let mut storage = storage("ends-storage", &twice);
    let after = |entries: &[Entry]| entries.last().expect("entries").end;
    let ends = |storage: &Storage, end| {
        let range = TimeRange { from: seconds(3.0), to: seconds(60.0) };
        let (clips, lacks) = select(&storage.entries, range, end, Gaps::Keep, &storage.root);
        let path = folder("ends").join("clip.mp4");
        let order = Order {
            camera: &CameraId::new("CAM_1").expect("an id"),
            clip: &clips[0],
            path: &path,
            force: false,
            manifest: false,
            now: at(0),
            meter: &Meter::default(),
        };
        let long = export(&order).expect("written").duration.as_secs_f64();
        assert_eq!(pictures(&path).len(), 50);
        (long, lacks.iter().map(|lack| lack.kind).collect::<Vec<_>>())
    };
    let is = |found: (f64, Vec<&str>), long: f64, kinds: &[&str]| {
        assert!(
            (found.0 - long).abs() < 0.001 && found.1 == kinds,
            "{found:?} for {long} {kinds:?}"
        );
    };
    is(ends(&storage, End::Asked), 2.0, &["unknown"]);
    let start = after(&storage.entries);
    storage.entries.push(Entry { start, end: seconds(20.0), what: What::Pending });
    is(ends(&storage, End::Asked), 2.0, &["pending", "unknown"]);
    is(ends(&storage, End::LastPicture), 2.0, &["pending", "unknown"]);
    let gap = What::Gap(Cause::RecorderDown);
    storage.entries.pop();
    storage.entries.push(Entry { start, end: seconds(90.0), what: gap });
    is(ends(&storage, End::Asked), 57.0, &["gap"]);
    is(ends(&storage, End::LastPicture), 2.0, &["gap"]);
}

/// A mounted file system of its own, a megabyte small.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(name: &str, kilobytes: u32) -> Self {
        let path = folder(name);
        let size = format!("size={kilobytes}k");
        run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", path.to_str().expect("UTF-8")]);
        Self(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn may_mount() -> bool {
    let may = rustix::process::geteuid().is_root();
    if !may {
        eprintln!("NOTE: only root may mount; this test did nothing");
    }
    may
}

#[test]
fn a_full_disk_says_so_and_keeps_no_half_clip() {
    if !may_mount() {
        return;
    }
    let twice = twice(Shape::Aac);
    let storage = storage("full-storage", &twice);
    let disk = SmallDisk::mount("full", 64);
    let error = storage.export(Gaps::Keep, &disk.0.join("clip.mp4"), false).expect_err("full");
    assert!(matches!(error, ExportError::Full { .. }), "{error}");
    assert!(left_in(&disk.0).is_empty(), "{:?}", left_in(&disk.0));
    // Room for the clip and none for what is to stand beside it.
    let elsewhere = storage.export(Gaps::Keep, &folder("full-not").join("clip.mp4"), false);
    let pages = elsewhere.expect("written")[0].bytes.div_ceil(4096);
    let disk = SmallDisk::mount("full-later", u32::try_from(pages * 4).expect("small"));
    storage.export(Gaps::Keep, &disk.0.join("clip.mp4"), false).expect_err("full");
    assert!(left_in(&disk.0).is_empty(), "{:?}", left_in(&disk.0));
}

/// Between file systems the kernel may refuse to copy by itself.
#[test]
fn a_clip_on_another_file_system_is_the_same() {
    if !may_mount() {
        return;
    }
    let twice = twice(Shape::Aac);
    let storage = storage("other-storage", &twice);
    let disk = SmallDisk::mount("other", 16_384);
    let (here, there) = (folder("here").join("clip.mp4"), disk.0.join("clip.mp4"));
    storage.export(Gaps::Keep, &here, false).expect("written");
    storage.export(Gaps::Keep, &there, false).expect("written");
    assert_eq!(sha256(&here), sha256(&there));
}

/// Killed as soon as it has begun, over and over: under the final name there is
/// nothing or all of it, and the next export is not in anybody's way.
#[test]
fn a_killed_export_leaves_no_half_clip() {
    let site = crate::verified::site("killed");
    let range = ["--from", crate::verified::FROM, "--to", crate::verified::TO];
    let export = [&["export", "--camera", "CAM_1", "-o", "clip.mp4"], &range[..]].concat();
    let (clip, part) = (site.folder.join("clip.mp4"), site.folder.join("clip.mp4.part"));
    for round in 0..12 {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_stitcher"))
            .current_dir(&site.folder)
            .args(&export)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        // Each round lets it live a little longer after it has begun.
        let mut left = round * 300;
        while child.try_wait().expect("ours").is_none() {
            if part.exists() {
                left -= 1;
            }
            if left < 0 {
                child.kill().expect("ours");
            }
        }
        child.wait().expect("ours");
        if clip.exists() {
            site.stitcher(&["verify", "--file", "clip.mp4"], &[0]);
            std::fs::remove_file(&clip).expect("removed");
        }
        let _ = std::fs::remove_file(site.folder.join("clip.mp4.json"));
    }
    site.stitcher(&export, &[0]);
    site.stitcher(&["verify", "--file", "clip.mp4"], &[0]);
    assert!(!part.exists());
}
