//! A virtual MP4 of a day: how soon its first byte is there, and whether it is
//! what was recorded.

use crate::clip::selected;
use hitless_media::mp4::{Movie, ReadAt, Track};
use hitless_model::{CameraId, Nanos, Utc};
use hitless_stitcher::virtual_mp4::{Cut, VirtualMp4};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const FIRST_BYTE: Duration = Duration::from_millis(10);

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

/// Prints the rows.
pub async fn measure(site: &hitless_stitcher::site::Site, camera: &CameraId, from: Utc, to: Utc) {
    let clip = selected(site, camera, from, to).await;
    let (pieces, cut) = (clip.pieces(), Cut { from, to });
    let build = || VirtualMp4::build(&pieces, &cut).expect("a clip");
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let made = build();
        assert_eq!(made.read_at(&mut [0], 0).expect("readable"), 1);
        times.push(begun.elapsed());
    }
    times.sort();
    let taken = times[ROUNDS / 2];
    let files = pieces.len();
    row(
        &format!("first byte of a virtual MP4 of {files} segments, its header made anew"),
        &format!("{:.1} ms", taken.as_secs_f64() * 1e3),
        "under 10 ms",
        taken < FIRST_BYTE,
    );
    let made = build();
    let begun = Instant::now();
    assert_eq!(made.read_at(&mut [0], 0).expect("readable"), 1);
    println!("the same of a header that is kept | {:.1?} | |", begun.elapsed());
    judge(&made, pieces.into_iter().map(|piece| piece.path).collect(), to.since(from));
}

/// Clock, sound and bytes against the originals: picture n is due n frames
/// after the first one, sample n of the sound n samples after it.
fn judge(clip: &VirtualMp4, originals: Vec<PathBuf>, long: Nanos) {
    let unwritten = Unwritten(clip);
    let movie = Movie::read(&unwritten, "the day".as_ref()).expect("readable");
    let (video, sound) = (movie.video().expect("pictures"), movie.audio().expect("sound"));
    let frame = ticks(long, video.timescale) / video.samples.len().cast_signed();
    let late = video.samples.iter().zip(0..).map(|(s, n)| (video.shown(&s) - n * frame).abs());
    let late = seconds(late.max().unwrap_or(i64::MAX), video);
    row("clock error over 24 h, worst picture", &format!("{:.6} s", late), "0", late == 0.0);
    let mut due = 0;
    let mut away = 0;
    for frame in sound.samples.iter() {
        away = away.max((sound.shown(&frame) - due).abs());
        due += i64::from(frame.duration);
    }
    let heard = seconds(due, sound) - long.as_secs_f64();
    let away = seconds(away, sound).max(heard.abs());
    let one = seconds(1024, sound);
    row(
        "sound against pictures over 24 h, worst frame",
        &format!("{:.3} ms", away * 1e3),
        "one frame of sound (21.3 ms)",
        away <= one,
    );
    let (samples, wrong) = compare(clip, [video, sound], &originals);
    row(
        &format!("{samples} samples against the originals"),
        &format!("{wrong} differ"),
        "byte-exact",
        wrong == 0,
    );
}

/// Every sample of the clip against the samples of the originals in order.
fn compare(clip: &VirtualMp4, tracks: [&Track; 2], originals: &[PathBuf]) -> (u64, u64) {
    let mut known: HashMap<u64, (Movie, Vec<u8>)> = HashMap::new();
    let mut next = tracks.map(|track| track.samples.iter());
    let (mut compared, mut wrong) = (0, 0);
    for path in originals {
        let (movie, bytes) = known.entry(inode(path)).or_insert_with(|| {
            (Movie::open(path).expect("readable"), std::fs::read(path).expect("readable"))
        });
        let theirs = [movie.video().expect("pictures"), movie.audio().expect("sound")];
        for (ours, theirs) in next.iter_mut().zip(theirs) {
            for (original, sample) in theirs.samples.iter().zip(ours) {
                let mut found = vec![0; sample.size as usize];
                Unwritten(clip).read_exact_at(&mut found, sample.offset).expect("readable");
                let at = usize::try_from(original.offset).expect("small");
                compared += 1;
                wrong += u64::from(bytes.get(at..at + original.size as usize) != Some(&found));
            }
        }
    }
    let rest: u64 = next.into_iter().map(|rest| rest.count() as u64).sum();
    (compared, wrong + rest)
}

/// Names of one file are read once.
fn inode(path: &PathBuf) -> u64 {
    use std::os::unix::fs::MetadataExt;
    File::open(path).and_then(|f| f.metadata()).expect("there").ino()
}

fn ticks(long: Nanos, timescale: u32) -> i64 {
    (long.as_secs_f64() * f64::from(timescale)).round() as i64
}

fn seconds(ticks: i64, track: &Track) -> f64 {
    ticks as f64 / f64::from(track.timescale)
}

fn row(what: &str, measured: &str, limit: &str, good: bool) {
    println!("{what} | {measured} | {limit} | {}", if good { "ok" } else { "MISSED" });
}
