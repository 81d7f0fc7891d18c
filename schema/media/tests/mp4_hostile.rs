//! Files cut, flipped and invented: whatever the bytes, the reader neither
//! panics nor hangs, holds its memory within what the file pays for, and gives
//! only samples that lie within the file.

mod footage;

use footage::files;
use hitless_media::mp4::{Extent, Movie, inspect_movie};
use peak_alloc::PeakAlloc;
use std::path::Path;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The memory is measured for the whole process: one test at a time.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// What a byte of a file may cost in memory: a sample's size has 4 bytes in a
/// table and 64 in a run, and vectors double.
const BYTES_PER_BYTE: usize = 64;
/// What any file may cost.
const BYTES_FLAT: usize = 1 << 20;
/// On a busy machine and unoptimised; a hang would take for ever.
const PATIENCE: Duration = Duration::from_secs(5);

const NAMES: [&str; 10] = [
    "recorder-b.mp4",
    "killed.mp4",
    "killed-h265.mp4",
    "h265-opus.mp4",
    "dash-b.mp4",
    "pcm.mov",
    "pcm-dash.mov",
    "ff-cut.mp4",
    "ff-frag-tables.mp4",
    "ff-every-frame.mp4",
];

/// Reads a file and holds the reader to its promises; how many samples it
/// gave, `None` if it refused the file.
fn read(bytes: &[u8], what: &dyn Fn() -> String) -> Option<u64> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let started = Instant::now();
    let movie = Movie::read(bytes, Path::new("hostile.mp4"));
    let facts = movie.as_ref().ok().map(inspect_movie);
    let took = started.elapsed();
    let peak = MEMORY.peak_usage().saturating_sub(before);
    let allowed = BYTES_FLAT + BYTES_PER_BYTE * bytes.len();
    assert!(peak <= allowed, "{}: {peak} bytes for a file of {}", what(), bytes.len());
    assert!(took < PATIENCE, "{}: {took:?}", what());
    drop(facts);
    let movie = movie.ok()?;
    let mut count = 0;
    for track in &movie.tracks {
        let mut expected = 0;
        for run in track.samples.runs() {
            assert_eq!(run.first, expected, "{}", what());
            assert!(run.offset + run.bytes() <= bytes.len() as u64, "{}: {run:?}", what());
            expected += u64::from(run.count);
        }
        assert_eq!(track.samples.len(), expected, "{}", what());
        // Whoever goes through them must come to an end.
        assert!(expected <= bytes.len() as u64, "{}: {expected} samples", what());
        assert!(track.samples.bytes() <= bytes.len() as u64, "{}", what());
        count += expected;
    }
    Some(count)
}

/// Where boxes begin, and where their bodies do; containers are gone into.
fn borders(file: &[u8]) -> Vec<usize> {
    const CONTAINERS: [&[u8; 4]; 10] =
        [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex", b"edts", b"udta"];
    let mut found = vec![file.len()];
    let mut open = vec![(0, file.len())];
    while let Some((mut at, end)) = open.pop() {
        while at + 8 <= end {
            let size = u32::from_be_bytes(file[at..at + 4].try_into().expect("four")) as usize;
            let size = if size < 8 { end - at } else { size };
            found.extend([at, at + 8]);
            if CONTAINERS.iter().any(|kind| file[at + 4..at + 8] == **kind) {
                open.push((at + 8, (at + size).min(end)));
            }
            at += size;
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Bytes of tables: everything but media.
fn tables(file: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut found = Vec::new();
    while at + 8 <= file.len() {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().expect("four")) as usize;
        let end = if size < 8 { file.len() } else { (at + size).min(file.len()) };
        found.extend(if &file[at + 4..at + 8] == b"mdat" { at..at + 16 } else { at..end });
        at = end;
    }
    found.retain(|at| *at + 8 <= file.len());
    found
}

/// A small generator of our own, so that a seed means the same for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(rolled).expect("31 bits") % sides
    }
}

#[test]
fn a_file_cut_at_any_border_gives_what_is_whole() {
    let _alone = ALONE.lock();
    for name in NAMES {
        let file = std::fs::read(files::named(name)).expect("readable");
        let whole = read(&file, &|| name.to_owned()).expect("a good file");
        let mut last = None;
        for border in borders(&file) {
            for at in [border.saturating_sub(1), border, border + 1, border + 7] {
                let cut = &file[..at.min(file.len())];
                let count = read(cut, &|| format!("{name} cut at {at}"));
                assert!(count.unwrap_or(0) <= whole, "{name} cut at {at}");
                last = count.max(last);
            }
        }
        assert!(last.is_some(), "{name}: at some border the tables are whole");
    }
}

#[test]
fn a_fragmented_file_keeps_every_fragment_before_the_cut() {
    let _alone = ALONE.lock();
    let file = std::fs::read(files::named("dash-b.mp4")).expect("readable");
    let whole = Movie::read(file.as_slice(), Path::new("whole")).expect("good");
    let moofs = borders(&file);
    let moofs: Vec<usize> =
        moofs.into_iter().filter(|at| file.get(at + 4..at + 8) == Some(b"moof")).collect();
    assert!(moofs.len() >= 4);
    for at in moofs {
        let cut = Movie::read(&file[..at], Path::new("cut")).expect("its moov is there");
        assert_eq!(cut.extent, Extent::Whole);
        // In the middle of a moof: the same samples, and it says so.
        let torn = Movie::read(&file[..at + 20], Path::new("torn")).expect("its moov is there");
        assert_eq!(torn.extent, Extent::CutShort { at: at as u64 });
        for (torn, (cut, whole)) in torn.tracks.iter().zip(cut.tracks.iter().zip(&whole.tracks)) {
            assert_eq!(torn.samples, cut.samples);
            let expected = whole.samples.runs().iter().filter(|run| run.offset < at as u64);
            assert!(cut.samples.runs().iter().eq(expected));
        }
    }
}

#[test]
fn flipped_bytes_never_break_the_reader() {
    let _alone = ALONE.lock();
    const ROUNDS: usize = 1000;
    const NASTY: [u32; 10] =
        [0, 1, 7, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x0001_0000, 0x6d6f_6f66];
    let mut dice = Dice(0x5eed_0001);
    let mut refused = 0;
    for name in NAMES {
        let good = std::fs::read(files::named(name)).expect("readable");
        let tables = tables(&good);
        let mut file = good.clone();
        for round in 0..ROUNDS {
            let mut touched = Vec::new();
            for _ in 0..=dice.roll(4) {
                let at = tables[dice.roll(tables.len())];
                let at = if dice.roll(2) == 0 { at } else { at & !3 };
                touched.push(at);
                match dice.roll(3) {
                    0 => file[at] ^= 1 << dice.roll(8),
                    1 => file[at] = u8::try_from(dice.roll(256)).expect("a byte"),
                    _ => {
                        let value = NASTY[dice.roll(NASTY.len())];
                        file[at..at + 4].copy_from_slice(&value.to_be_bytes());
                    }
                }
            }
            let what = || format!("{name}, round {round}, bytes {touched:?}");
            refused += usize::from(read(&file, &what).is_none());
            for at in &touched {
                file[*at..at + 4].copy_from_slice(&good[*at..at + 4]);
            }
        }
        assert_eq!(file, good);
    }
    // Neither all nor none: else the mutations miss the tables.
    assert!(refused > 100 && refused < ROUNDS * NAMES.len() / 2, "{refused}");
}

fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).expect("small");
    [&size.to_be_bytes()[..], kind, body].concat()
}

/// Replaces the body of the first box of a kind, and of all that hold it.
fn with_body(file: &[u8], path: &[&[u8; 4]], body: &[u8]) -> Vec<u8> {
    let [kind, deeper @ ..] = path else { return body.to_vec() };
    let mut out = Vec::new();
    let mut at = 0;
    let mut done = false;
    while at + 8 <= file.len() {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().expect("four")) as usize;
        let end = (at + size).min(file.len());
        if file[at + 4..at + 8] == **kind && !done {
            done = true;
            out.extend(atom(kind, &with_body(&file[at + 8..end], deeper, body)));
        } else {
            out.extend(&file[at..end]);
        }
        at = end;
    }
    assert!(done, "no {}", kind.escape_ascii());
    out
}

const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

fn in_table(file: &[u8], table: &'static [u8; 4], numbers: &[u32]) -> Vec<u8> {
    let path: Vec<&[u8; 4]> = STBL.into_iter().chain([table]).collect();
    let body: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    with_body(file, &path, &body)
}

#[test]
fn counts_without_bytes_cost_nothing() {
    let _alone = ALONE.lock();
    let good = std::fs::read(files::named("recorder-mute.mp4")).expect("readable");
    let all = u32::MAX;
    let cases = [
        ("sizes", in_table(&good, b"stsz", &[0, 0, all])),
        ("equal sizes", in_table(&good, b"stsz", &[0, 1, all])),
        ("durations", in_table(&good, b"stts", &[0, all, 1, 1])),
        ("one long duration", in_table(&good, b"stts", &[0, 1, all, all])),
        ("chunks", in_table(&good, b"stco", &[0, all, 48])),
        ("samples in a chunk", in_table(&good, b"stsc", &[0, 1, 1, all, 1])),
        ("first chunk", in_table(&good, b"stsc", &[0, 2, 0, 5, 1, all, all, all])),
        ("keys", in_table(&good, b"stss", &[0, all, 0, all])),
        (
            "many small samples in each of many chunks",
            in_table(&in_table(&good, b"stsz", &[0, 1, all]), b"stsc", &[0, 1, 1, all, 1]),
        ),
    ];
    for (what, file) in cases {
        let _ = read(&file, &|| what.to_owned());
    }
}

#[test]
fn a_run_of_samples_without_bytes_of_their_own_is_held_to_the_file() {
    let _alone = ALONE.lock();
    let good = std::fs::read(files::named("pcm-dash.mov")).expect("readable");
    let path: [&[u8; 4]; 3] = [b"moof", b"traf", b"trun"];
    for count in [0, 1, 1000, u32::MAX] {
        // data offset only: size and duration are inherited
        let body: Vec<u8> =
            [1_u32, count, 0].iter().flat_map(|number| number.to_be_bytes()).collect();
        let file = with_body(&good, &path, &body);
        let _ = read(&file, &|| format!("{count} samples inherit everything"));
        for size in [0_u32, 1, 4] {
            let head: Vec<u8> = [0x10_u32, 2, size].iter().flat_map(|n| n.to_be_bytes()).collect();
            let file = with_body(&file, &[b"moof", b"traf", b"tfhd"], &head);
            let _ = read(&file, &|| format!("{count} samples of {size}"));
        }
    }
}

#[test]
fn invented_boxes_end_the_walk_and_nothing_else() {
    let _alone = ALONE.lock();
    let good = std::fs::read(files::named("recorder.mp4")).expect("readable");
    let expected = read(&good, &|| "good".to_owned());
    let nested: Vec<u8> = (1..=20_000_u32)
        .rev()
        .flat_map(|depth| [(8 * depth).to_be_bytes(), *b"trak"].concat())
        .collect();
    let cut = Extent::CutShort { at: good.len() as u64 };
    let tails: [(&str, Vec<u8>, Extent); 8] = [
        ("nothing", Vec::new(), Extent::Whole),
        ("padding", vec![0; 5], cut),
        ("zeros", vec![0; 4096], cut),
        ("a box to the end", [&[0, 0, 0, 0][..], b"free", &[1; 50]].concat(), Extent::Whole),
        ("4 GiB", [&u32::MAX.to_be_bytes()[..], b"free"].concat(), cut),
        ("16 EiB", [&[0, 0, 0, 1][..], b"moof", &[0xff; 8]].concat(), cut),
        ("a size within its header", [&[0, 0, 0, 1][..], b"free", &[0; 7], &[9]].concat(), cut),
        ("a second moov, all nesting", atom(b"moov", &nested), cut),
    ];
    for (what, tail, extent) in tails {
        let file = [good.as_slice(), &tail].concat();
        assert_eq!(read(&file, &|| what.to_owned()), expected, "{what}");
        let movie = Movie::read(file.as_slice(), Path::new("tail.mp4")).expect("readable");
        assert_eq!(movie.extent, extent, "{what}");
    }
    let tiny: Vec<u8> = std::iter::repeat_n(atom(b"free", &[]), 50_000).flatten().collect();
    assert!(read(&[tiny.as_slice(), &good].concat(), &|| "tiny".to_owned()).is_some());
    for empty in [&[][..], &[0], &[0; 7], &[0; 8], &[0; 16], &[0xff; 64]] {
        assert_eq!(read(empty, &|| format!("{empty:?}")), None);
    }
}
