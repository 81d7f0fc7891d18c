//! A whole day, and cameras that change their picture.

use crate::files::{folder, write};
use crate::footage::{Shape, run, twice};
use crate::spans::{pictures_in, piece, seconds, zero_of};
use hitless_media::mp4::{Movie, ReadAt, Track};
use hitless_stitcher::virtual_mp4::{Cut, Follows, Piece, VirtualMp4};
use std::io;

/// A clip that nobody wrote anywhere.
struct Unwritten<'a>(&'a VirtualMp4);

impl ReadAt for Unwritten<'_> {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read_at(buffer, at).map_err(io::Error::other)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.size())
    }
}

/// 24 hours of five seconds, over and over: more than 4 GiB, two million
/// pictures. Nothing adds up: the last picture is where the first one's clock
/// puts it, and the sound beside it.
#[test]
fn a_day_has_the_clock_of_its_timeline() {
    let twice = twice(Shape::Aac);
    let rounds: u32 = 24 * 3600 / 5;
    let one = piece(&twice.whole, 0..125, 0, Follows::Joined);
    let pieces: Vec<Piece> = (0..rounds)
        .map(|n| {
            let start = seconds(f64::from(n) * 5.0);
            Piece { start, end: seconds(f64::from(n) * 5.0 + 5.0), ..one.clone() }
        })
        .collect();
    let day = Cut { from: seconds(0.0), to: seconds(86_400.0) };
    let clip = VirtualMp4::build(&pieces, &day).expect("a clip");
    assert!(clip.size() > u64::from(u32::MAX), "{} bytes", clip.size());
    assert_eq!(clip.ranges().len(), pieces.len());
    let movie = Movie::read(&Unwritten(&clip), "day.mp4".as_ref()).expect("readable");
    let (video, audio) = (movie.video().expect("pictures"), movie.audio().expect("sound"));
    assert_eq!(video.samples.len(), 125 * u64::from(rounds));
    let last = video.samples.get(video.samples.len() - 1).expect("there");
    assert_eq!(video.shown(&last), 86_400 * 90_000 - 3600);
    let heard = audio.samples.get(audio.samples.len() - 1).expect("there");
    let heard = audio.shown(&heard) as f64 / f64::from(audio.timescale);
    // Pictures and sound of live sources do not begin at one instant.
    let source = Movie::open(&twice.whole).expect("readable");
    let due = 86_400.0 - 5.0 + last_sound(&source);
    assert!((heard - due).abs() < 0.03, "the last sound is at {heard}, not at {due}");
    // Any sample of the day is the one that was recorded.
    let file = std::fs::read(&twice.whole).expect("readable");
    for number in [0, 125 * 7000 + 3, video.samples.len() - 1] {
        let (there, here) = (video.samples.get(number), source.video().expect("pictures"));
        let (there, here) = (there.expect("there"), here.samples.get(number % 125).expect("there"));
        let mut bytes = vec![0; there.size as usize];
        Unwritten(&clip).read_exact_at(&mut bytes, there.offset).expect("readable");
        let at = usize::try_from(here.offset).expect("small");
        assert_eq!(bytes, file[at..at + here.size as usize], "sample {number}");
    }
}

/// From the first picture to the last frame of sound.
fn last_sound(movie: &Movie) -> f64 {
    let (video, audio) = (movie.video().expect("pictures"), movie.audio().expect("sound"));
    let shown = |track: &Track, number| {
        let sample = track.samples.get(number).expect("there");
        track.shown(&sample) as f64 / f64::from(track.timescale)
    };
    shown(audio, audio.samples.len() - 1) - shown(video, 0)
}

/// A camera is set to another size: a sample description for each.
#[test]
fn parameters_may_change() {
    let (small, large) = (twice(Shape::Mute), twice(Shape::Large));
    let all = pictures_in(&small.whole);
    let pieces = [
        piece(&small.whole, 0..all, 0, Follows::Joined),
        piece(
            &large.parts[0],
            0..pictures_in(&large.parts[0]),
            zero_of(&small, 5),
            Follows::Joined,
        ),
        Piece {
            follows: Follows::Joined,
            ..piece(&small.parts[1], 0..25, zero_of(&small, 5) + 90_000, Follows::Joined)
        },
    ];
    let path = folder("parameters").join("clip.mp4");
    write(&pieces, &Cut { from: seconds(0.0), to: seconds(7.0) }, &path);
    let movie = Movie::open(&path).expect("readable");
    let video = movie.video().expect("pictures");
    assert_eq!(video.entries.len(), 2, "the small one comes back as it was");
    let sizes: Vec<u16> = video.samples.iter().map(|s| s.entry).collect();
    assert!(sizes[..125].iter().chain(&sizes[150..]).all(|e| *e == 0));
    assert!(sizes[125..150].iter().all(|e| *e == 1));
    let file = path.to_str().expect("UTF-8");
    let line = ["-v", "error", "-xerror", "-i", file, "-vf", "showinfo", "-f", "null", "-"];
    run("ffmpeg", &line);
    let line = ["-v", "error", "-show_entries", "frame=width", "-of", "csv=p=0", file];
    let text = String::from_utf8(run("ffprobe", &line)).expect("text");
    let widths: Vec<&str> =
        text.lines().map(|l| l.trim_matches(',')).filter(|l| !l.is_empty()).collect();
    assert_eq!(widths.len(), 175);
    assert!(widths[125..150].iter().all(|w| *w == "320"), "{widths:?}");
    assert!(widths[150..].iter().all(|w| *w == "160"), "{widths:?}");
}

/// A camera falls silent within a segment: the file lets the last picture stand
/// until the next one came. That is no footage: instants before are found where
/// they are, and leaving the gap out leaves it out.
#[test]
fn a_picture_that_stood_still_is_no_footage() {
    let twice = twice(Shape::Aac);
    let part = |n: usize, follows| {
        let path = &twice.parts[n];
        piece(path, 0..pictures_in(path), zero_of(&twice, n), follows)
    };
    let folder = folder("stood-still");
    let silent = folder.join("silent.mp4");
    let all = Cut { from: seconds(0.0), to: seconds(5.0) };
    let joined = [part(0, Follows::Joined), part(1, Follows::Joined), part(3, Follows::Apart)];
    write(&joined, &all, &silent);
    let before = piece(&silent, 0..50, 0, Follows::Joined);
    let pieces = |follows| {
        let after = piece(&silent, 50..75, 0, follows);
        [Piece { end: seconds(2.0), ..before.clone() }, after]
    };
    assert_eq!(before.end, seconds(3.0), "the file lets it stand");
    // Silent within a group of pictures: the rest is decoded from its key frame.
    let within = [
        Piece { end: seconds(0.4), ..piece(&silent, 0..10, 0, Follows::Joined) },
        piece(&silent, 10..50, 0, Follows::Apart),
    ];
    let path = folder.join("within.mp4");
    write(&within, &Cut { from: seconds(0.4), to: seconds(1.0) }, &path);
    let whole = crate::judge::pictures(&twice.whole);
    let found = crate::judge::pictures(&path);
    assert!(found.iter().map(|f| &f.hash).eq(whole[10..25].iter().map(|f| &f.hash)));
    let cut = Cut { from: seconds(0.52), to: seconds(3.52) };
    for (follows, long) in [(Follows::Apart, 3.0), (Follows::Collapsed, 2.0)] {
        let path = folder.join(format!("{follows:?}.mp4"));
        let clip = write(&pieces(follows), &cut, &path);
        assert_eq!(clip.begins(), seconds(0.52));
        assert!((clip.duration().as_secs_f64() - long).abs() < 0.000_1, "{:?}", clip.duration());
        let whole = crate::judge::pictures(&twice.whole);
        let wanted = whole[13..50].iter().chain(&whole[75..88]).map(|f| &f.hash);
        let found = crate::judge::pictures(&path);
        assert!(found.iter().map(|f| &f.hash).eq(wanted), "{follows:?}: {}", found.len());
    }
}

/// More than the 6 h 37 min that a picture may stand at 90 kHz: the clip keeps
/// its clock, in coarser ticks, and other readers show every picture of it where
/// it belongs.
#[test]
fn a_gap_of_a_day_is_kept() {
    const DAY: f64 = 86_400.0;
    for shape in [Shape::ReorderedAac, Shape::H265Opus] {
        let twice = twice(shape);
        let part = |n: usize, zero: i64, follows| {
            let path = &twice.parts[n];
            piece(path, 0..pictures_in(path), zero, follows)
        };
        let later = 86_400 * 90_000;
        let pieces = [
            part(0, 0, Follows::Joined),
            part(1, zero_of(&twice, 1) + later, Follows::Apart),
            part(2, zero_of(&twice, 2) + later, Follows::Joined),
        ];
        let path = folder(&format!("{shape:?}-day-apart")).join("clip.mp4");
        let cut = Cut { from: seconds(0.52), to: seconds(DAY + 2.52) };
        let clip = write(&pieces, &cut, &path);
        assert!((clip.duration().as_secs_f64() - DAY - 2.0).abs() < 0.000_1);
        assert!((crate::judge::length(&path) - DAY - 2.0).abs() < 0.002);
        let all = crate::judge::pictures(&twice.whole);
        let found = crate::judge::pictures(&path);
        let wanted: Vec<_> = all[13..63].iter().map(|f| (f.hash.as_str(), f.at_us)).collect();
        assert_eq!(found.len(), wanted.len(), "{shape:?}");
        for (n, (found, (hash, at))) in found.iter().zip(wanted).enumerate() {
            assert_eq!(found.hash, hash, "{shape:?}: picture {n}");
            let gap = if n < 12 { 0 } else { 86_400_000_000 };
            let off = found.at_us - (at - all[13].at_us + gap);
            assert!(off.abs() <= 60, "{shape:?}: picture {n} is off by {off} us");
        }
        // Sound lies beside its pictures.
        let sounds = crate::judge::sounds(&path);
        let last = sounds.last().expect("sound");
        let end = (last.at_us + last.length_us) as f64 / 1e6;
        assert!((end - DAY - 2.0).abs() < 0.06, "{shape:?}: sound ends at {end}");
    }
}
