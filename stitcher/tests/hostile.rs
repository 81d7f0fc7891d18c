//! Hostile files: whatever the bytes, a segment is read, quarantined or put
//! off; nothing panics, hangs or asks for unbounded memory.

use hitless_media::Sidecar;
use hitless_media::mp4::Movie;
use hitless_model::{Segment, SegmentName, SegmentState};
use hitless_stitcher::index::{Contents, Examined, examine, packed, prints, row_of_file};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const NAME: &str = "CAM_1_20260811T030747.123456Z_blue_000042.mp4";
/// One file of some hundred kilobytes takes milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

struct Ground {
    folder: tempfile::TempDir,
    name: SegmentName,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = SegmentName::parse(NAME).expect("valid");
        std::fs::create_dir_all(folder.path().join(name.folder())).expect("a folder");
        Self { folder, name }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name.relative_path())
    }

    /// Footage of two seconds, made by ffmpeg.
    fn footage(&self, fragmented: bool) -> Vec<u8> {
        let path = self.folder.path().join("footage.mp4");
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-hide_banner", "-v", "error", "-y", "-f", "lavfi", "-i"]);
        ffmpeg.args(["testsrc=size=160x120:rate=25:duration=2", "-f", "lavfi", "-i"]);
        ffmpeg.args(["sine=duration=2", "-c:v", "libx264", "-g", "10", "-bf", "2", "-c:a", "aac"]);
        if fragmented {
            ffmpeg.args(["-movflags", "frag_keyframe+empty_moov"]);
        }
        assert!(ffmpeg.arg(&path).status().expect("ffmpeg runs").success());
        std::fs::read(path).expect("footage")
    }

    /// All that the index does with a file; how it was judged.
    fn judge(&self, bytes: &[u8]) -> SegmentState {
        std::fs::write(self.path(), bytes).expect("writes");
        let begun = Instant::now();
        let row = row_of_file(self.folder.path(), &self.name).expect("the system lets us read");
        self.read(&row);
        let again = examine(self.folder.path(), &row);
        assert!(matches!(again, Examined::Agrees(_)), "two looks agree: {again:?}");
        assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
        row.state
    }

    fn read(&self, row: &Segment) {
        let path = self.path();
        if let Ok(contents) = Contents::read(&path, row.media_start) {
            let table = contents.table();
            let bytes = packed::pack(&table, row.media_start);
            assert_eq!(packed::unpack(&bytes, row.media_start), Some(table));
            let size = path.metadata().expect("a size").len();
            assert!(contents.samples.len() as u64 <= size + 1, "samples take bytes");
        }
        // the samples that planning may ask for, and some that are not there
        let _ = prints(&path, [0, 1, 10, 49, 50, u32::MAX]);
    }
}

/// Where boxes begin and end, and where their headers do, at any depth.
fn borders(bytes: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    walk(bytes, 0, 0, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn walk(bytes: &[u8], from: usize, depth: u32, found: &mut Vec<usize>) {
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 8) {
        let size = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        if size < 8 || at + size > bytes.len() {
            return;
        }
        found.extend([from + at, from + at + 4, from + at + 8, from + at + size]);
        let holds = [&b"moov"[..], b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex"];
        if holds.contains(&&header[4..8]) && depth < 8 {
            walk(&bytes[at + 8..at + size], from + at + 8, depth + 1, found);
        }
        at += size;
    }
}

#[test]
fn a_file_cut_at_any_border_of_a_box_is_judged() {
    let ground = Ground::new();
    for fragmented in [false, true] {
        let whole = ground.footage(fragmented);
        assert!(ground.judge(&whole) != SegmentState::Corrupt);
        let borders = borders(&whole);
        assert!(borders.len() > 50, "{borders:?}");
        let mut states = std::collections::BTreeSet::new();
        for border in borders {
            for cut in [border.saturating_sub(1), border, border + 1] {
                states.insert(ground.judge(&whole[..cut.min(whole.len())]));
            }
        }
        assert!(states.contains(&SegmentState::Corrupt), "{states:?}");
    }
    assert_eq!(ground.judge(b""), SegmentState::Corrupt);
}

#[test]
fn a_box_that_lies_about_its_size_is_judged() {
    let ground = Ground::new();
    for fragmented in [false, true] {
        let whole = ground.footage(fragmented);
        for border in borders(&whole).into_iter().filter(|at| at + 8 <= whole.len()) {
            for size in [0_u32, 1, 7, 8, u32::MAX, 1 << 31, whole.len() as u32] {
                let mut bytes = whole.clone();
                bytes[border..border + 4].copy_from_slice(&size.to_be_bytes());
                ground.judge(&bytes);
            }
        }
    }
}

#[test]
fn thousands_of_flipped_bits_are_judged() {
    let ground = Ground::new();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    for fragmented in [false, true] {
        let whole = ground.footage(fragmented);
        let headers = borders(&whole);
        for _ in 0..2000 {
            let mut bytes = whole.clone();
            for _ in 0..=draw(4) {
                // half of them where it hurts
                let at = match draw(2) {
                    0 => headers[draw(headers.len())] + draw(64),
                    _ => draw(whole.len()),
                };
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << draw(8);
                }
            }
            ground.judge(&bytes);
        }
    }
}

#[test]
fn a_file_of_another_kind_is_corrupt_and_says_why() {
    let ground = Ground::new();
    let text = b"This is no movie.".repeat(1000);
    for bytes in [&b""[..], &text, &[0; 4096], b"\x00\x00\x00\x08moov"] {
        assert_eq!(ground.judge(bytes), SegmentState::Corrupt);
        let row = row_of_file(ground.folder.path(), &ground.name).expect("a row");
        assert!(row.note.is_some_and(|note| !note.is_empty()));
    }
    // sound alone
    let path = ground.path();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=duration=1"]);
    assert!(ffmpeg.args(["-c:a", "aac"]).arg(&path).status().expect("ffmpeg runs").success());
    let bytes = std::fs::read(&path).expect("reads");
    assert_eq!(ground.judge(&bytes), SegmentState::Corrupt);
}

/// The `.meta` file is as little to be believed.
#[test]
fn a_meta_file_of_any_bytes_is_read() {
    let ground = Ground::new();
    let whole = ground.footage(false);
    std::fs::write(ground.path(), &whole).expect("writes");
    let meta = ground.path().with_extension("meta");
    let lines = [
        &b"\xff\xfe\x00"[..],
        b"{\"kind\":\"opened\",\"run\":\"r\",\"strand\":4294967295,\"rtp_start\":9223372036854775807,\"timescale\":0}\n",
        b"{\"kind\":\"opened\",\"run\":\"r\",\"strand\":0,\"rtp_start\":-9223372036854775808,\"timescale\":4294967295}\n",
        b"{\"kind\":\"damaged\",\"first\":18446744073709551615,\"count\":18446744073709551615}\n",
        b"{\"kind\":\"opened\",\"run\":\"r\",\"strand\":0,\"rtp_start\":0,\"timescale\":1}\n{\"kind\":\"clock\",\"media\":9223372036854775807,\"utc\":-9223372036854775808,\"source\":\"sender_report\",\"error\":-1,\"drift_ppb\":-1000000000}\n",
    ];
    for line in lines {
        std::fs::write(&meta, line).expect("writes");
        ground.judge(&whole);
    }
}

/// The name says one thing, the file another: the file is believed.
#[test]
fn a_name_that_lies_changes_nothing_but_a_clock_of_low_trust() {
    let ground = Ground::new();
    let whole = ground.footage(false);
    ground.judge(&whole);
    let row = row_of_file(ground.folder.path(), &ground.name).expect("a row");
    let contents = contents(&ground.path(), &row);
    assert_eq!(row.video.map(|v| v.samples), Some(contents.samples.len() as u64));
    let ours = row.clock.expect("a clock").point.error.as_secs_f64();
    assert!((0.5..1.0).contains(&ours), "it tells when its first sample was there: {ours} s");
    let elsewhere = ground.folder.path().join("07.47.mp4");
    std::fs::rename(ground.path(), &elsewhere).expect("moves");
    std::os::unix::fs::symlink(&elsewhere, ground.path()).expect("links");
    let row = row_of_file(ground.folder.path(), &ground.name).expect("a row");
    let strangers = row.clock.expect("a clock").point.error.as_secs_f64();
    assert!(strangers >= 10.0, "a stranger's name: {strangers} s");
}

/// Somebody's pipe lay among the footage: opening it never ended.
#[test]
fn a_pipe_among_the_footage_is_not_waited_for() {
    let ground = Ground::new();
    assert!(Command::new("mkfifo").arg(ground.path()).status().expect("mkfifo runs").success());
    let (root, name) = (ground.folder.path().to_owned(), ground.name.clone());
    let (tell, told) = std::sync::mpsc::channel();
    // Who asked may be gone by then.
    std::thread::spawn(move || drop(tell.send(row_of_file(&root, &name))));
    let row = told.recv_timeout(LIMIT).expect("an answer in time");
    let problem = row.expect_err("there is nothing to read").to_string();
    assert!(problem.contains("this is no file"), "{problem}");
}

fn contents(path: &Path, row: &Segment) -> Contents {
    let movie = Movie::open(path).expect("a movie");
    Contents::of(&movie, &Sidecar::default(), row.media_start).expect("pictures")
}
