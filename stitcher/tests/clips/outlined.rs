//! Clips whose headers are made of outlines: byte for byte the same as those
//! whose files are read, whatever the files hold and however they follow.

use crate::files::{assert_outlined, bytes, folder, outlines};
use crate::footage::{Shape, twice};
use crate::spans::{BEGIN, pictures_in, piece, seconds};
use hitless_model::{CameraId, MediaSpan, MediaTime, Nanos, TimeRange, Utc};
use hitless_stitcher::export::{End, Gaps, select};
use hitless_stitcher::index::{outlines as stored, packed};
use hitless_stitcher::site::{Site, load};
use hitless_stitcher::virtual_mp4::{Cut, Follows, Outline, Piece, Sound, VirtualMp4};
use hitless_stitcher_core::GopTable;
use std::path::{Path, PathBuf};

const SHAPES: [Shape; 7] = [
    Shape::Mute,
    Shape::Large,
    Shape::Aac,
    Shape::ReorderedAac,
    Shape::H265Opus,
    Shape::MuLaw,
    Shape::Linear,
];

/// How files follow each other: how much later than the one before ends each
/// begins, in ticks, and how.
type Way = (&'static str, fn(usize) -> (i64, Follows));

const WAYS: [Way; 6] = [
    ("joined", |_| (0, Follows::Joined)),
    ("a fast clock", |n| (-((n as i64 * 37) % 90), Follows::Joined)),
    ("a slow clock", |n| ((n as i64 * 131) % 900, Follows::Joined)),
    ("two milliseconds", |n| (if n % 2 == 0 { 170 } else { -175 }, Follows::Joined)),
    ("holes", |n| if n % 3 == 2 { (200_000, Follows::Apart) } else { (0, Follows::Joined) }),
    ("left out", |n| if n % 4 == 1 { (90_000, Follows::Collapsed) } else { (3, Follows::Joined) }),
];

/// Files one behind the other.
fn line(files: &[PathBuf], way: &Way) -> Vec<Piece> {
    let mut end = BEGIN;
    let one = |(n, file): (usize, &PathBuf)| {
        let one = piece(file, 0..pictures_in(file), 0, Follows::Joined);
        let (later, follows) = (way.1)(n);
        let start = end.plus(MediaSpan::new(later).to_nanos(90_000));
        let long = one.end.since(one.start);
        end = start.plus(long);
        Piece { start, end, follows, ..one }
    };
    files.iter().enumerate().map(one).collect()
}

/// Some rounds of the files that a recorder wrote.
fn rounds(shape: Shape) -> Vec<PathBuf> {
    let parts = twice(shape).parts;
    parts.iter().cycle().take(parts.len() * 3).cloned().collect()
}

fn assert_both(pieces: &[Piece], what: &str) {
    let (begin, end) = (pieces[0].start, pieces[pieces.len() - 1].end);
    let within =
        Cut { from: begin.plus(Nanos::from_millis(1730)), to: end.plus(Nanos::from_millis(-1290)) };
    for cut in [Cut { from: begin, to: end }, within] {
        println!("{what}");
        let whole = bytes(&VirtualMp4::build(pieces, &cut).expect("a clip"));
        assert_outlined(pieces, &cut, &whole);
    }
}

#[test]
fn headers_made_of_outlines_are_those_of_the_files() {
    for shape in SHAPES {
        let files = rounds(shape);
        for way in &WAYS {
            assert_both(&line(&files, way), &format!("{shape:?}, {}", way.0));
        }
    }
}

/// Other sizes, sound that comes and goes, parts of files, files of which
/// nothing is known: what is not foretold is read.
#[test]
fn what_differs_is_read() {
    let [mute, large, aac, reordered] =
        [Shape::Mute, Shape::Large, Shape::Aac, Shape::ReorderedAac].map(rounds);
    let mixed = |more: &[&[PathBuf]]| more.concat();
    let all = mixed(&[&mute[..5], &large[..4], &mute[..4], &large[..4]]);
    for way in &WAYS {
        assert_both(&line(&all, way), &format!("sizes, {}", way.0));
        let heard = mixed(&[&mute[..3], &aac[..5], &mute[..3], &reordered[..5], &aac[..3]]);
        assert_both(&line(&heard, way), &format!("sound, {}", way.0));
    }
    let mut parts = line(&aac, &WAYS[0]);
    for (n, one) in parts.iter_mut().enumerate() {
        match n % 5 {
            1 => one.samples -= 3,
            2 => one.sound = Sound::None,
            3 => one.sound = Sound::Frames { first: 1, frames: 20 },
            4 => one.sound = Sound::Frames { first: 0, frames: 1000 },
            _ => {}
        }
    }
    assert_both(&parts, "parts of files");
    let pieces = line(&aac, &WAYS[0]);
    let cut = Cut { from: pieces[0].start, to: pieces[pieces.len() - 1].end };
    let whole = VirtualMp4::build(&pieces, &cut).expect("a clip");
    let mut known = outlines(&pieces);
    known.iter_mut().step_by(2).for_each(|outline| *outline = None);
    let clip = VirtualMp4::build_outlined(&pieces, &cut, &known).expect("a clip");
    let mut all = vec![0; usize::try_from(clip.size()).expect("small")];
    let mut at = 0;
    while at < all.len() {
        at += clip.read_at(&mut all[at..], at as u64).expect("readable");
    }
    assert!(all == bytes(&whole));
}

fn copies(shape: Shape, into: &Path) -> Vec<PathBuf> {
    let copy = |(n, file): (usize, &PathBuf)| {
        let to = into.join(format!("{n:02}.mp4"));
        std::fs::copy(file, &to).expect("copied");
        to
    };
    twice(shape).parts.iter().enumerate().map(copy).collect()
}

fn first_bytes(clip: &VirtualMp4) -> usize {
    let mut buffer = [0; 1 << 16];
    clip.read_at(&mut buffer, 0).expect("the beginning")
}

/// Files whose outlines are known are not even opened: they may be gone, and
/// the clip begins all the same; what would be read of them is an error.
#[test]
fn files_between_the_ends_are_not_read_before_somebody_asks() {
    for shape in [Shape::Mute, Shape::Aac, Shape::ReorderedAac, Shape::H265Opus] {
        let files = copies(shape, &folder(&format!("outlined-{shape:?}")));
        let pieces = line(&files, &WAYS[2]);
        let cut = Cut { from: pieces[0].start, to: pieces[pieces.len() - 1].end };
        let whole = bytes(&VirtualMp4::build(&pieces, &cut).expect("a clip"));
        let known = outlines(&pieces);
        assert!(known.iter().all(Option::is_some), "{shape:?}");
        files[1..files.len() - 1].iter().for_each(|file| std::fs::remove_file(file).expect("gone"));
        let clip = VirtualMp4::build_outlined(&pieces, &cut, &known).expect("not read");
        assert_eq!(clip.size(), whole.len() as u64);
        let known = first_bytes(&clip);
        assert!(known > 100 && clip.is_promised(known as u64) && !clip.is_promised(0));
        let mut buffer = [0; 1000];
        let end = clip.size() - 1000;
        clip.read_at(&mut buffer, end).expect("of the last file");
        assert_eq!(buffer[..], whole[whole.len() - 1000..]);
        let mut at = 0;
        let error = loop {
            match clip.read_at(&mut buffer, at) {
                Ok(read) => at += read as u64,
                Err(error) => break error,
            }
        };
        assert!(at < 1 << 16, "{error}");
    }
}

/// An outline of what was in a file before: the header is not given as if it
/// were right.
#[test]
fn a_file_that_is_not_as_its_outline_says_is_told() {
    let files = copies(Shape::Aac, &folder("outlined-changed"));
    let pieces = line(&files, &WAYS[0]);
    let cut = Cut { from: seconds(0.0), to: pieces[pieces.len() - 1].end };
    let mut known = outlines(&pieces);
    known.swap(1, 2);
    let whole = VirtualMp4::build(&pieces, &cut).expect("a clip");
    let clip = VirtualMp4::build_outlined(&pieces, &cut, &known).expect("as it is told");
    let (mut at, mut buffer) = (0, vec![0; 1 << 16]);
    let error = loop {
        match clip.read_at(&mut buffer, at) {
            Ok(0) => panic!("{} bytes and no error, {} are right", at, whole.size()),
            Ok(read) => at += read as u64,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn no_bytes_make_an_outline_panic() {
    let files = twice(Shape::Aac).parts;
    let movie = hitless_media::mp4::Movie::open(&files[1]).expect("readable");
    let good = Outline::of(&movie).expect("even").to_bytes().expect("bytes");
    assert!(good.len() < 200, "{} bytes", good.len());
    let outline = Outline::of(&movie);
    let table = GopTable::default();
    let stored = packed::pack_all(outline.as_ref(), &table, MediaTime::new(0));
    assert_eq!(packed::outline(&stored[..stored.len().min(packed::OUTLINE as usize)]), outline);
    let back = packed::unpack_table(packed::VERSION, &stored, MediaTime::new(0));
    assert_eq!(back, Some(table));
    for at in 0..good.len() {
        for byte in [0, 1, 0x7F, 0x80, 0xFF, good[at] ^ 1] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let Some(outline) = Outline::from_bytes(&bytes) else { continue };
            let pieces = line(&vec![files[1].clone(); 4], &WAYS[0]);
            let cut = Cut { from: pieces[0].start, to: pieces[3].end };
            let clip = VirtualMp4::build_outlined(&pieces, &cut, &vec![Some(outline); 4]);
            let _ = clip.map(|clip| clip.read_at(&mut [0; 100], clip.size() / 2));
        }
    }
}

/// What `stitcher run` stored of the files is what serving makes clips of; of a
/// file that was touched since, nothing is believed.
#[test]
fn outlines_are_stored_and_held_against_the_files() {
    let site = crate::verified::Site::new("outlined-site");
    let parts = twice(Shape::Aac).parts;
    for (n, part) in parts.iter().cycle().take(24).enumerate() {
        let (minute, second) = (7 + n * 2 / 60, n * 2 % 60);
        site.put(&format!("CAM_1_20260811T03{minute:02}{second:02}.000000Z_blue_{n:06}"), part);
    }
    site.stitch();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(stored_outlines(&site.folder));
}

async fn stored_outlines(folder: &Path) {
    let config = load(Some(folder.join("hitless.toml"))).expect("a configuration");
    let site = Site::open_to_read(config).await.expect("a database");
    let camera = CameraId::new("CAM_1").expect("an id");
    let range = |text| Utc::parse(text).expect("an instant");
    let (from, to) = (range("2026-08-11T03:07:00Z"), range("2026-08-11T03:08:00Z"));
    let entries = site.store.timeline(&camera, from, to).await.expect("a timeline");
    let asked = TimeRange { from, to };
    let (mut clips, _) = select(&entries, asked, End::LastPicture, Gaps::Keep, site.root());
    let clip = clips.pop().expect("a clip");
    assert!(clip.spans.len() > 20, "{} spans", clip.spans.len());
    let known = stored(&site, &camera, &clip).await.expect("reads");
    assert!(known.iter().all(Option::is_some), "{known:?}");
    let pieces = clip.pieces();
    let whole = bytes(&VirtualMp4::build(&pieces, &clip.cut).expect("a clip"));
    let made = VirtualMp4::build_outlined(&pieces, &clip.cut, &known).expect("a clip");
    let mut all = vec![0; whole.len()];
    let mut at = 0;
    while at < all.len() {
        at += made.read_at(&mut all[at..], at as u64).expect("readable");
        assert!(at < 1 << 16 || !made.is_promised(at as u64));
    }
    assert!(all == whole);
    let file = std::fs::File::options().write(true).open(&pieces[5].path).expect("there");
    file.set_modified(std::time::UNIX_EPOCH).expect("touched");
    let held = stored(&site, &camera, &clip).await.expect("reads");
    let missing: Vec<usize> = (0..held.len()).filter(|n| held[*n].is_none()).collect();
    let same: Vec<usize> = (0..held.len()).filter(|n| pieces[*n].path == pieces[5].path).collect();
    assert_eq!(missing, same);
}
