//! Every sample of every file against ffprobe: place, size, times, key.

use crate::footage::{self, files};
use hitless_media::mp4::{Extent, Movie, Track, TrackKind};
use std::path::Path;

/// A packet as ffprobe prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packet {
    shown: i64,
    decode: i64,
    offset: u64,
    size: u64,
    key: bool,
}

/// The packets of a stream; edit lists applied, but not used to drop packets.
fn ffprobe(path: &Path, stream: usize) -> Vec<Packet> {
    let text = footage::run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-advanced_editlist",
            "0",
            "-select_streams",
            &stream.to_string(),
            "-show_entries",
            "packet=pts,dts,size,pos,flags",
            "-of",
            "csv=p=0",
            path.to_str().expect("UTF-8"),
        ],
    );
    let packet = |line: &str| {
        let mut fields = line.split(',');
        let mut number = || fields.next()?.parse::<i64>().ok();
        let (shown, decode, size, offset) = (number()?, number()?, number()?, number()?);
        Some(Packet {
            shown,
            decode,
            offset: u64::try_from(offset).ok()?,
            size: u64::try_from(size).ok()?,
            key: fields.next()?.starts_with('K'),
        })
    };
    let text = String::from_utf8(text).expect("UTF-8");
    // Side data of a packet is printed as an empty line.
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| packet(line).unwrap_or_else(|| panic!("{}: {line}", path.display()))).collect()
}

fn ours(track: &Track) -> Vec<Packet> {
    // Where composition offsets are negative, ffprobe moves all decode times
    // so far ahead that none is shown before it is decoded.
    let lead = track.samples.iter().map(|s| i64::from(-s.composition)).max().unwrap_or(0).max(0);
    let packet = |sample: hitless_media::mp4::Sample| Packet {
        shown: track.shown(&sample),
        decode: sample.decode + track.shift - lead,
        offset: sample.offset,
        size: u64::from(sample.size),
        key: sample.key,
    };
    track.samples.iter().map(packet).collect()
}

/// Linear PCM: ffprobe joins samples into packets as it likes, so the bytes
/// that both cover are compared, and the times at packet starts.
fn assert_same_sound(name: &str, track: &Track, packets: &[Packet]) {
    let covered = |pieces: &mut dyn Iterator<Item = (u64, u64)>| {
        let mut out: Vec<(u64, u64)> = Vec::new();
        for (offset, size) in pieces {
            match out.last_mut() {
                Some(last) if last.0 + last.1 == offset => last.1 += size,
                _ => out.push((offset, size)),
            }
        }
        out
    };
    let runs = track.samples.runs().iter();
    assert_eq!(
        covered(&mut runs.map(|run| (run.offset, run.bytes()))),
        covered(&mut packets.iter().map(|p| (p.offset, p.size))),
        "{name}"
    );
    let samples = ours(track);
    for packet in packets {
        let found = samples.iter().find(|s| s.offset == packet.offset).expect("begins a sample");
        assert_eq!((found.shown, found.decode), (packet.shown, packet.decode), "{name}");
    }
}

#[test]
fn every_sample_is_where_ffprobe_says() {
    let mut compared = 0;
    for path in files::all() {
        let name = path.file_name().expect("named").to_string_lossy().into_owned();
        let movie = Movie::open(path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(movie.set_aside, [], "{name}");
        for (stream, track) in movie.tracks.iter().enumerate() {
            let theirs = ffprobe(path, stream);
            assert!(!theirs.is_empty(), "{name}");
            let pcm = track.kind == TrackKind::Audio && theirs.len() as u64 != track.samples.len();
            if pcm {
                assert!(name.contains("pcm") || name.contains("law"), "{name}");
                assert_same_sound(&name, track, &theirs);
            } else {
                let ours = ours(track);
                for (number, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                    // GStreamer left its size and duration out; ffprobe takes
                    // them for 0 (see `interrupted` for what they are).
                    if b.size == 0 && name.contains("opus") {
                        continue;
                    }
                    assert_eq!(a, b, "{name}, stream {stream}, sample {number}");
                }
                assert_eq!(ours.len(), theirs.len(), "{name}, stream {stream}");
            }
            compared += theirs.len();
        }
    }
    assert!(compared > 5000, "{compared}");
}

#[test]
fn finished_files_are_whole_and_killed_ones_are_not() {
    for path in files::all() {
        let name = path.file_name().expect("named").to_string_lossy().into_owned();
        let movie = Movie::open(path).expect("readable");
        if name.starts_with("killed") {
            assert!(movie.fragments > 0, "{name}");
        } else {
            assert_eq!(movie.extent, Extent::Whole, "{name}");
            let fragmented = ["dash", "frag", "every", "separate"].iter().any(|w| name.contains(w));
            assert_eq!(movie.fragments > 0, fragmented, "{name}");
        }
    }
}
