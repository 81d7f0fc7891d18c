//! A virtual MP4 of a day: how soon its first byte is there, and whether it is
//! what was recorded.

use crate::clip::selected;
use hitless_media::mp4::{Movie, ReadAt, Track};
use hitless_model::{CameraId, Nanos, Utc};
use hitless_stitcher::index::outlines;
use hitless_stitcher::site::Site;
use hitless_stitcher::virtual_mp4::VirtualMp4;
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

/// A clip as it is served, from asking the database on.
async fn served(site: &Site, camera: &CameraId, from: Utc, to: Utc) -> VirtualMp4 {
    let clip = selected(site, camera, from, to).await;
    let known = outlines(site, camera, &clip).await.expect("a database");
    let made = VirtualMp4::build_outlined(&clip.pieces(), &clip.cut, &known).expect("a clip");
    assert_eq!(made.read_at(&mut [0], 0).expect("readable"), 1);
    made
}

/// Prints the rows.
pub async fn measure(site: &Site, camera: &CameraId, from: Utc, to: Utc) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        served(site, camera, from, to).await;
        times.push(begun.elapsed());
    }
    times.sort();
    let taken = times[ROUNDS / 2];
    let clip = selected(site, camera, from, to).await;
    let (pieces, cut) = (clip.pieces(), clip.cut);
    row(
        &format!(
            "first byte of a virtual MP4 of {} segments, from asking the database on",
            pieces.len()
        ),
        &format!("{:.1} ms", taken.as_secs_f64() * 1e3),
        "under 10 ms",
        taken < FIRST_BYTE,
    );
    let made = served(site, camera, from, to).await;
    let begun = Instant::now();
    let header = head(&made);
    let taken = begun.elapsed().as_secs_f64() * 1e3;
    println!("all {:.1} MB of its header | {taken:.1} ms | |", header.len() as f64 / 1e6);
    let begun = Instant::now();
    assert_eq!(made.read_at(&mut [0], 0).expect("readable"), 1);
    println!("first byte of a header that is kept | {:.1?} | |", begun.elapsed());
    let begun = Instant::now();
    let plain = VirtualMp4::build(&pieces, &cut).expect("a clip");
    let taken = begun.elapsed().as_secs_f64() * 1e3;
    println!("first byte where nothing is known of the files | {taken:.1} ms | |");
    let same = plain.size() == made.size() && head(&plain) == header;
    let told = if same { "the same" } else { "another" };
    row("header against that of files that are read", told, "the same", same);
    judge(&made, pieces.into_iter().map(|piece| piece.path).collect(), to.since(from));
}

/// Everything before the media.
fn head(clip: &VirtualMp4) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(clip.ranges()[0].at).expect("small")];
    let mut done = 0;
    while done < bytes.len() {
        done += clip.read_at(&mut bytes[done..], done as u64).expect("readable");
    }
    bytes
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
