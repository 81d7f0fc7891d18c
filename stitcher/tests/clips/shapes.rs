//! Every shape that the recorder writes, cut anywhere, over seams and gaps.

use crate::files::{folder, write};
use crate::footage::{Shape, Twice, twice};
use crate::judge::{Frame, length, pictures, sounds};
use crate::spans::{BEGIN, pictures_in, piece, seconds, switched, whole, zero_of};
use hitless_model::Utc;
use hitless_stitcher::virtual_mp4::{Cut, Follows, Piece};
use std::path::Path;

/// Length of a picture.
const PICTURE_US: i64 = 40_000;

fn us(from: Utc, to: Utc) -> i64 {
    to.since(from).get() / 1000
}

/// The pictures of the whole recording that a cut shows, at their times in it.
fn expected(twice: &Twice, cut: &Cut) -> Vec<(i64, String)> {
    let all = pictures(&twice.whole);
    let begin = all[0].at_us;
    let to = us(BEGIN, cut.to);
    // The picture on the screen at the beginning belongs to it, from its start.
    let first = begins(cut);
    let inside = all.iter().map(|f| (f.at_us - begin, f.hash.clone()));
    let inside = inside.filter(|(at, _)| *at >= first - 20 && *at < to - 20);
    inside.map(|(at, hash)| (at - first, hash)).collect()
}

/// When a clip begins, as it should: with a picture, where there is any.
fn begins(cut: &Cut) -> i64 {
    let from = us(BEGIN, cut.from);
    if from < 0 { from } else { from / PICTURE_US * PICTURE_US }
}

fn assert_pictures(found: &[Frame], wanted: &[(i64, String)]) {
    assert_eq!(found.len(), wanted.len(), "pictures");
    for (n, (found, (at, hash))) in found.iter().zip(wanted).enumerate() {
        assert_eq!(&found.hash, hash, "picture {n}");
        assert!((found.at_us - at).abs() <= 30, "picture {n}: {} for {at}", found.at_us);
    }
}

/// The sound is the whole recording's, packet by packet, none twice and at most
/// one left out at a switch, and at most a packet away from its time.
fn assert_sounds(clip: &Path, twice: &Twice, cut: &Cut, switches: usize) {
    let (found, all) = (sounds(clip), sounds(&twice.whole));
    let from = begins(cut) + pictures(&twice.whole)[0].at_us;
    let first = all.iter().position(|f| f.hash == found[0].hash).expect("from the recording");
    let (mut at, mut left_out) = (first, 0);
    for (n, found) in found.iter().enumerate() {
        if found.hash != all[at].hash {
            left_out += 1;
            at += 1;
        }
        assert_eq!(found.hash, all[at].hash, "sound {n}");
        let off = found.at_us - (all[at].at_us - from);
        assert!(off.abs() <= all[at].length_us, "sound {n} is off by {off} us");
        at += 1;
    }
    // Where recorders are switched, the border of pictures is in a packet.
    assert!(left_out <= switches, "{left_out} packets left out");
    let last = found.last().expect("sound");
    let end = us(BEGIN, cut.to) + from - begins(cut);
    let until = end.min(all.last().map_or(0, |f| f.at_us + f.length_us)) - from;
    assert!((last.at_us + last.length_us - until).abs() <= 2 * last.length_us, "sound ends");
}

fn cuts() -> [(&'static str, Cut); 4] {
    let cut = |from, to| Cut { from: seconds(from), to: seconds(to) };
    [
        ("all", cut(0.0, 5.0)),
        ("from a key frame", cut(1.0, 4.0)),
        ("from any picture", cut(1.52, 3.48)),
        ("between pictures", cut(0.73, 4.21)),
    ]
}

fn check(shape: Shape, name: &str, pieces: &[Piece], twice: &Twice) {
    let folder = folder(&format!("{shape:?}-{name}"));
    for (what, cut) in cuts() {
        let path = folder.join(format!("{}.mp4", what.replace(' ', "-")));
        let clip = write(pieces, &cut, &path);
        println!("{shape:?}, {name}, {what}: {} ranges", clip.ranges().len());
        assert_pictures(&pictures(&path), &expected(twice, &cut));
        assert!((us(BEGIN, clip.begins()) - begins(&cut)).abs() <= 12);
        let long = (us(BEGIN, cut.to) - begins(&cut)) as f64 / 1e6;
        assert!((clip.duration().as_secs_f64() - long).abs() < 0.000_02);
        assert!((length(&path) - long).abs() < 0.002, "{} for {long}", length(&path));
        // Fragments of linear sound have tables as large as the sound.
        if shape != Shape::Linear {
            assert_eq!(clip.ranges().len(), pieces_in(pieces, &cut), "a range for each piece");
        }
        if !matches!(shape, Shape::Mute | Shape::MuLaw | Shape::Linear) {
            assert_sounds(&path, twice, &cut, usize::from(name == "switched"));
        }
    }
}

fn pieces_in(pieces: &[Piece], cut: &Cut) -> usize {
    pieces.iter().filter(|p| p.end > cut.from && p.start < cut.to).count()
}

macro_rules! each_shape {
    ($($test:ident: $shape:ident;)*) => {$(
        #[test]
        fn $test() {
            let twice = twice(Shape::$shape);
            check(Shape::$shape, "whole", &whole(&twice), &twice);
            check(Shape::$shape, "switched", &switched(&twice), &twice);
        }
    )*};
}
each_shape! {
    mute: Mute;
    aac: Aac;
    reordered_pictures_and_aac: ReorderedAac;
    h265_and_opus: H265Opus;
    mu_law: MuLaw;
    linear_sound: Linear;
}

/// Linear sound is compared sample by sample.
#[test]
fn linear_sound_is_cut_to_the_sample() {
    for shape in [Shape::Linear, Shape::MuLaw] {
        let twice = twice(shape);
        let rate: f64 = if shape == Shape::Linear { 48_000.0 } else { 8_000.0 };
        let all = samples_of(&twice.whole);
        let folder = folder(&format!("{shape:?}-samples"));
        for (what, cut) in cuts() {
            let path = folder.join(format!("{}.mov", what.replace(' ', "-")));
            write(&switched(&twice), &cut, &path);
            let found = samples_of(&path);
            let from = begins(&cut) + pictures(&twice.whole)[0].at_us;
            let from = from as f64 / 1e6 * rate;
            let slack = (rate * 0.003) as usize;
            let near = (from as usize).saturating_sub(slack)..from as usize + slack;
            let begin = near.clone().find(|n| all[*n..].starts_with(&found[..2000]));
            let begin = begin.unwrap_or_else(|| panic!("{shape:?} {what}: not near {near:?}"));
            let same = same(&found, &all[begin..]);
            let rest = &found[same..];
            // The other recorder's sound begins with a packet of 1,024.
            let again = (begin + same..=begin + same + 1024).find(|n| {
                all.get(*n..).is_some_and(|all| self::same(rest, all) == rest.len().min(all.len()))
            });
            assert!(again.is_some(), "{shape:?} {what}: {same} of {} samples", found.len());
        }
    }
}

fn same(a: &[i32], b: &[i32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn samples_of(path: &Path) -> Vec<i32> {
    let file = path.to_str().expect("UTF-8");
    let line = ["-v", "error", "-i", file, "-map", "0:a:0", "-f", "s16le", "-"];
    let bytes = crate::footage::run("ffmpeg", &line);
    let channels = if path.to_string_lossy().contains("Linear") { 2 } else { 1 };
    bytes
        .chunks_exact(2 * channels)
        .map(|c| {
            c.chunks_exact(2).fold(0, |sum, s| sum << 16 | i32::from(s[0]) | i32::from(s[1]) << 8)
        })
        .collect()
}

/// Part 2 is missing: the clock stays true, or the clip leaves it out.
#[test]
fn gaps_are_kept_or_left_out() {
    for shape in [Shape::Aac, Shape::ReorderedAac, Shape::H265Opus] {
        let twice = twice(shape);
        let folder = folder(&format!("{shape:?}-gap"));
        let cut = Cut { from: seconds(0.52), to: seconds(4.52) };
        let missing = 2_000_000..3_000_000;
        let from = begins(&cut);
        for follows in [Follows::Apart, Follows::Collapsed] {
            let part = |n: usize, follows| {
                let path = &twice.parts[n];
                piece(path, 0..pictures_in(path), zero_of(&twice, n), follows)
            };
            let joined = Follows::Joined;
            let pieces = [part(0, joined), part(1, joined), part(3, follows), part(4, joined)];
            let path = folder.join(format!("{follows:?}.mp4"));
            let clip = write(&pieces, &cut, &path);
            let gap = if follows == Follows::Apart { 0 } else { 1_000_000 };
            let wanted: Vec<(i64, String)> = expected(&twice, &cut)
                .into_iter()
                .filter(|(at, _)| !missing.contains(&(at + from + 20)))
                .map(
                    |(at, hash)| {
                        if at + from > missing.start { (at - gap, hash) } else { (at, hash) }
                    },
                )
                .collect();
            assert_eq!(wanted.len(), 75);
            assert_pictures(&pictures(&path), &wanted);
            let long = 4.0 - gap as f64 / 1e6;
            assert!((clip.duration().as_secs_f64() - long).abs() < 0.000_02, "{follows:?}");
        }
    }
}

/// A clip may begin and end where nothing was recorded.
#[test]
fn a_clip_longer_than_its_footage_keeps_its_clock() {
    let twice = twice(Shape::ReorderedAac);
    let path = folder("longer").join("clip.mp4");
    let cut = Cut { from: seconds(-1.5), to: seconds(7.0) };
    let clip = write(&switched(&twice), &cut, &path);
    assert!((clip.duration().as_secs_f64() - 8.5).abs() < 0.000_02);
    assert_pictures(&pictures(&path), &expected(&twice, &cut));
    assert!((length(&path) - 8.5).abs() < 0.002, "{}", length(&path));
}
