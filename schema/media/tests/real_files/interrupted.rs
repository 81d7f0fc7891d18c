//! Files that a kill or a power cut caught in the middle of being finished.
//!
//! The states are made from finished files by undoing GStreamer's last three
//! writes, as `strace` shows them (see `mp4::salvage`), alone and together: a
//! kill keeps their order, a power cut does not.

use crate::footage::files;
use hitless_media::mp4::{Extent, Movie, Samples};
use std::path::Path;

const NAMES: [&str; 4] = ["recorder.mp4", "recorder-b.mp4", "h265-opus.mp4", "recorder-mute.mp4"];

fn read(bytes: &[u8]) -> Movie {
    Movie::read(bytes, Path::new("interrupted.mp4")).expect("readable")
}

/// A finished file, and what can be undone of it.
struct Finished {
    bytes: Vec<u8>,
    movie: Movie,
    /// The first `mdat`, which covers all but the end.
    data: usize,
    /// The first `moov`, renamed to `hoov`.
    first: usize,
    /// The last `moov`.
    last: usize,
}

/// What became of the last `moov`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tail {
    Whole,
    Absent,
    /// So many bytes of it.
    Torn(usize),
    /// Its place was reserved, its bytes were never written.
    Zeros,
}

impl Finished {
    fn new(name: &str) -> Self {
        let bytes = std::fs::read(files::named(name)).expect("readable");
        let find = |what: &[u8]| {
            let found = bytes.windows(4).position(|w| w == what);
            found.unwrap_or_else(|| panic!("{name} has no {}", what.escape_ascii())) - 4
        };
        let (data, first, last) = (find(b"mdat"), find(b"hoov"), find(b"moov"));
        assert!(data < first && first < last, "{name}");
        let movie = read(&bytes);
        assert!(movie.finished && movie.extent == Extent::Whole);
        Self { bytes, movie, data, first, last }
    }

    fn with(&self, renamed: bool, stretched: bool, tail: Tail) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if !renamed {
            bytes[self.first + 4] = b'm';
        }
        if !stretched {
            let own = u32::try_from(self.first - self.data).expect("small");
            bytes[self.data..self.data + 4].copy_from_slice(&own.to_be_bytes());
        }
        match tail {
            Tail::Whole => {}
            Tail::Absent => bytes.truncate(self.last),
            Tail::Torn(kept) => bytes.truncate(self.last + kept),
            Tail::Zeros => bytes[self.last..].fill(0),
        }
        bytes
    }
}

/// Place, size and key flag of every sample.
fn places(samples: &Samples) -> Vec<(u64, u32, bool)> {
    samples.iter().map(|s| (s.offset, s.size, s.key)).collect()
}

/// Samples of a track that came after the last fragment: only the last `moov`
/// tells them.
const UNTOLD: usize = 2;

fn assert_nothing_lost(what: &str, movie: &Movie, finished: &Movie, untold: usize) {
    assert_eq!(movie.tracks.len(), finished.tracks.len(), "{what}");
    for (ours, all) in movie.tracks.iter().zip(&finished.tracks) {
        let (found, expected) = (places(&ours.samples), places(&all.samples));
        assert!(found.len() + untold >= expected.len(), "{what}: {}", found.len());
        for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{what}: {:?}, sample {number}", ours.kind);
        }
        // GStreamer rounds the times of each fragment by themselves.
        for (a, b) in ours.samples.iter().zip(all.samples.iter()) {
            assert!((a.decode - b.decode).abs() <= 1, "{what}: {a:?} {b:?}");
        }
    }
}

#[test]
fn no_order_of_the_last_writes_loses_or_doubles_a_sample() {
    let tails = [Tail::Whole, Tail::Absent, Tail::Torn(8), Tail::Torn(300), Tail::Zeros];
    for name in NAMES {
        let finished = Finished::new(name);
        for (renamed, stretched) in [(false, false), (true, false), (false, true), (true, true)] {
            for tail in tails {
                let what = format!("{name}: renamed {renamed}, stretched {stretched}, {tail:?}");
                let movie = read(&finished.with(renamed, stretched, tail));
                let untold = if tail == Tail::Whole { 0 } else { UNTOLD };
                assert_nothing_lost(&what, &movie, &finished.movie, untold);
                let done = stretched && tail == Tail::Whole;
                assert_eq!(movie.finished, done, "{what}");
                if done {
                    assert_eq!(movie, finished.movie, "{what}");
                }
                match movie.extent {
                    Extent::Whole => {
                        assert!([Tail::Whole, Tail::Absent].contains(&tail), "{what}");
                    }
                    Extent::CutShort { at } => assert!(at >= used(&movie), "{what}: {at}"),
                }
            }
        }
    }
}

/// End of the last sample.
fn used(movie: &Movie) -> u64 {
    let runs = movie.tracks.iter().flat_map(|track| track.samples.runs());
    runs.map(|run| run.offset + run.bytes()).max().unwrap_or(0)
}

/// What the tables have and a fragment tells again: the order of writes that
/// leaves the first `moov` in its place, behind the whole one.
#[test]
fn a_fragment_that_repeats_the_tables_adds_nothing() {
    let finished = Finished::new("recorder.mp4");
    let bytes = finished.with(false, false, Tail::Absent);
    let moofs: Vec<u8> = boxes(&bytes)
        .filter(|(_, kind, _)| kind == b"moof")
        .flat_map(|(_, _, whole)| whole.to_vec())
        .collect();
    assert!(!moofs.is_empty());
    let movie = read(&[finished.bytes.as_slice(), &moofs].concat());
    assert_eq!(movie.tracks, finished.movie.tracks);
    assert_eq!(movie.fragments, 0);
}

#[test]
fn data_without_its_moof_is_told() {
    let finished = Finished::new("recorder.mp4");
    let bytes = finished.with(false, false, Tail::Absent);
    let top: Vec<(usize, [u8; 4])> = boxes(&bytes).map(|(at, kind, _)| (at, kind)).collect();
    let last = top.iter().rposition(|(_, kind)| kind == b"moof").expect("has some");
    assert_eq!(&top[last - 1].1, b"mdat", "data first, then its moof");
    let movie = read(&bytes[..top[last].0]);
    assert_eq!(movie.extent, Extent::CutShort { at: top[last - 1].0 as u64 });
    assert!(movie.fragments > 0);
}

/// The boxes at the top of a file: where, which, and their bytes.
fn boxes(file: &[u8]) -> impl Iterator<Item = (usize, [u8; 4], &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &file[at..];
        let size = match u32::from_be_bytes(*rest.first_chunk()?) {
            0 => rest.len(),
            size => usize::try_from(size).ok()?,
        };
        let whole = rest.get(..size)?;
        at += size;
        Some((at - size, [whole[4], whole[5], whole[6], whole[7]], whole))
    })
}
