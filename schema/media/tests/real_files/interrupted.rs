//! Files that a kill caught in the middle of being finished.

use crate::footage::files;
use hitless_media::mp4::{Extent, Movie, Samples};
use std::path::Path;

fn read(bytes: &[u8]) -> Movie {
    Movie::read(bytes, Path::new("interrupted.mp4")).expect("readable")
}

/// In `first-moov-then-finalise` mode GStreamer appends the final `moov` and
/// only then hides the first one and all fragments in one big `mdat`, by its
/// size. This is the file between the two: full tables *and* fragments. And
/// where the first `moov` stands in it, and the last.
fn before_the_last_write(name: &str) -> (Vec<u8>, usize, usize) {
    let mut file = std::fs::read(files::named(name)).expect("readable");
    let find = |what: &[u8]| file.windows(4).position(|w| w == what).expect("is there");
    let data = find(b"mdat") - 4;
    let first = find(b"moov") - 4;
    let size = u32::from_be_bytes(file[data..data + 4].try_into().expect("four"));
    let last = data + usize::try_from(size).expect("small");
    assert!(first < last && &file[last + 4..last + 8] == b"moov", "{name}");
    let own = u32::try_from(first - data).expect("small");
    file[data..data + 4].copy_from_slice(&own.to_be_bytes());
    (file, first, last)
}

/// Place, size and key flag of every sample.
fn places(samples: &Samples) -> Vec<(u64, u32, bool)> {
    samples.iter().map(|s| (s.offset, s.size, s.key)).collect()
}

#[test]
fn full_tables_and_fragments_give_each_sample_once() {
    for name in ["recorder.mp4", "recorder-b.mp4", "h265-opus.mp4", "recorder-mute.mp4"] {
        let finished = Movie::open(files::named(name)).expect("readable");
        assert!(finished.finished);
        let (file, ..) = before_the_last_write(name);
        let movie = read(&file);
        assert_eq!(movie.tracks, finished.tracks, "{name}");
        assert_eq!(movie.extent, Extent::Whole, "{name}");
        assert!(!movie.finished, "{name}");
    }
}

#[test]
fn a_torn_last_moov_leaves_the_fragments() {
    for name in ["recorder.mp4", "recorder-b.mp4", "h265-opus.mp4"] {
        let finished = Movie::open(files::named(name)).expect("readable");
        let (file, _, last) = before_the_last_write(name);
        for cut in [last, last + 4, last + 8, last + 200, file.len() - 200] {
            let movie = read(&file[..cut]);
            assert!(movie.fragments >= 2, "{name}");
            let torn =
                if cut == last { Extent::Whole } else { Extent::CutShort { at: last as u64 } };
            assert_eq!(movie.extent, torn, "{name}");
            for (a, b) in movie.tracks.iter().zip(&finished.tracks) {
                assert_eq!(places(&a.samples), places(&b.samples), "{name}");
                // GStreamer rounds the times of each fragment by themselves.
                for (a, b) in a.samples.iter().zip(b.samples.iter()) {
                    assert!((a.decode - b.decode).abs() <= 1, "{name}: {a:?} {b:?}");
                }
            }
        }
    }
}

/// Tables that a fragment repeats: the same `moof` for what the tables have.
#[test]
fn a_fragment_that_repeats_the_tables_adds_nothing() {
    let (file, first, last) = before_the_last_write("recorder.mp4");
    let finished = read(&std::fs::read(files::named("recorder.mp4")).expect("readable"));
    // The final moov in the place of the first: offsets do not depend on it,
    // as base offsets are absolute; what comes after it moves.
    let moov = &file[last..];
    let first_size = u32::from_be_bytes(file[first..first + 4].try_into().expect("four"));
    let after = first + usize::try_from(first_size).expect("small");
    let grown = moov.len().saturating_sub(after - first);
    assert!(grown > 0);
    // Without moving anything: put it in front of the moofs by order alone is
    // not possible, so repeat the moofs behind it.
    let moofs: Vec<u8> = boxes(&file[..last])
        .filter(|(kind, _)| kind == b"moof")
        .flat_map(|(_, whole)| whole.to_vec())
        .collect();
    let movie = read(&[file.as_slice(), &moofs].concat());
    assert_eq!(movie.tracks, finished.tracks);
    assert_eq!(movie.fragments, 0);
}

/// The boxes at the top of a file.
fn boxes(mut file: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = u32::from_be_bytes(*file.first_chunk()?);
        let (whole, rest) = file.split_at_checked(usize::try_from(size).ok()?)?;
        file = rest;
        Some(([whole[4], whole[5], whole[6], whole[7]], whole))
    })
}

#[test]
fn data_without_its_moof_is_told() {
    let file = std::fs::read(files::named("recorder.mp4")).expect("readable");
    drop(file);
    let (file, _, last) = before_the_last_write("recorder.mp4");
    let top: Vec<([u8; 4], usize)> = {
        let mut at = 0;
        boxes(&file[..last])
            .map(|(kind, whole)| {
                at += whole.len();
                (kind, at - whole.len())
            })
            .collect()
    };
    let (last_moof, _) =
        top.iter().enumerate().rfind(|(_, (kind, _))| kind == b"moof").expect("has some");
    let (kind, data) = top[last_moof - 1];
    assert_eq!(&kind, b"mdat", "data first, then its moof");
    let movie = read(&file[..top[last_moof].1]);
    assert_eq!(movie.extent, Extent::CutShort { at: data as u64 });
}
