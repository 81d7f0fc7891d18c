//! Pieces of the two recordings, as a timeline would list them.

use crate::footage::Twice;
use hitless_media::mp4::{Movie, Sample};
use hitless_model::{MediaSpan, Nanos, Utc};
use hitless_stitcher::virtual_mp4::{Follows, Piece, Sound};
use std::path::Path;

/// When the first picture of all is shown.
pub const BEGIN: Utc = Utc::from_ns(1_786_417_667_123_456_789);

/// The instant so many ticks after the beginning.
pub fn at(ticks: i64) -> Utc {
    BEGIN.plus(MediaSpan::new(ticks).to_nanos(90_000))
}

/// The instant so many seconds after the beginning.
pub fn seconds(s: f64) -> Utc {
    BEGIN.plus(Nanos::new((s * 1e9).round() as i64))
}

/// Samples of a file as a piece; `zero` is when its first picture is shown, in
/// ticks after the beginning.
pub fn piece(path: &Path, samples: std::ops::Range<u64>, zero: i64, follows: Follows) -> Piece {
    let movie = Movie::open(path).expect("readable");
    let video = movie.video().expect("pictures");
    let scale = i64::from(video.timescale);
    let begin = video.samples.iter().map(|s| video.shown(&s)).min().expect("samples");
    let place = |shown: i64| at(zero + (shown - begin) * 90_000 / scale);
    let of: Vec<Sample> = samples.clone().filter_map(|n| video.samples.get(n)).collect();
    let from = of.iter().map(|s| video.shown(s)).min().expect("samples");
    let to = of.iter().map(|s| video.shown(s) + i64::from(s.duration)).max().expect("samples");
    let all = samples == (0..video.samples.len());
    let sound = match movie.audio() {
        None => Sound::None,
        Some(_) if all => Sound::Whole,
        Some(_) => {
            let ticks = |shown: i64| shown * 90_000 / scale;
            sound_between(&movie, ticks(from), ticks(to), of[0].number == 0)
        }
    };
    Piece {
        path: path.to_owned(),
        first_sample: samples.start,
        samples: samples.end - samples.start,
        sound,
        start: place(from),
        end: place(to),
        follows,
    }
}

/// Frames with their middle in a stretch of the pictures, as the planner cuts.
fn sound_between(movie: &Movie, from: i64, to: i64, from_start: bool) -> Sound {
    let track = movie.audio().expect("sound");
    let scale = i64::from(track.timescale);
    let middles = track.samples.iter().map(|s| {
        let middle = 2 * track.shown(&s) + i64::from(s.duration);
        (s.number, middle * 90_000 / scale)
    });
    let inside: Vec<u64> = middles
        .filter(|(_, m)| (from_start || *m >= 2 * from) && *m < 2 * to)
        .map(|(n, _)| n)
        .collect();
    Sound::Frames { first: inside.first().copied().unwrap_or(0), frames: inside.len() as u64 }
}

/// How many pictures a file has.
pub fn pictures_in(path: &Path) -> u64 {
    Movie::open(path).expect("readable").video().expect("pictures").samples.len()
}

/// The whole recording as one piece.
pub fn whole(twice: &Twice) -> Vec<Piece> {
    vec![piece(&twice.whole, 0..pictures_in(&twice.whole), 0, Follows::Joined)]
}

/// When each part begins: the pictures before it, 25 a second.
pub fn zero_of(twice: &Twice, part: usize) -> i64 {
    let before: u64 = twice.parts[..part].iter().map(|p| pictures_in(p)).sum();
    i64::try_from(before).expect("few") * 3600
}

/// Two seconds of the one recording, the rest of the other: an exact seam
/// between them, and one within a strand after each part.
pub fn switched(twice: &Twice) -> Vec<Piece> {
    let first: u64 = twice.parts[..2].iter().map(|p| pictures_in(p)).sum();
    let mut pieces = vec![piece(&twice.whole, 0..first, 0, Follows::Joined)];
    for part in 2..twice.parts.len() {
        let path = &twice.parts[part];
        let zero = zero_of(twice, part);
        pieces.push(piece(path, 0..pictures_in(path), zero, Follows::Joined));
    }
    pieces
}
