//! A whole day, and cameras that change their picture.

use crate::files::{folder, write};
use crate::footage::{Shape, run, twice};
use crate::spans::{pictures_in, piece, seconds, zero_of};
use hitless_media::mp4::{Movie, ReadAt};
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
    assert!((heard - 86_400.0).abs() < 0.07, "the last sound is at {heard}");
    // Any sample of the day is the one that was recorded.
    let source = Movie::open(&twice.whole).expect("readable");
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
