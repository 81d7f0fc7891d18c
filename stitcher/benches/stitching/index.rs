//! Reading the headers of a day of one camera.
//!
//! The files have the header of a real minute with sound; their media are
//! holes, so that 24 hours of them fit. They lie as a recorder leaves them:
//! the table behind the media, a `.meta` file beside them.

use crate::footage::Footage;
use crate::rows::{Rows, median, seconds};
use hitless_media::mp4::Movie;
use hitless_media::sidecar::{Clock, Closed, Opened, Record, Writer};
use hitless_model::{
    CameraId, ClockPoint, ClockSource, InstanceId, MediaTime, Nanos, RunId, Segment, SegmentName,
    SegmentNumber, Utc,
};
use hitless_stitcher::index::{Examined, Files, examine_files, packed, row_of_file};
use rayon::prelude::*;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SEGMENTS: i64 = 1440;
const RUNS: usize = 7;
const MOST: f64 = 1.5;
const MOST_BYTES: u64 = 60_000;

pub fn measure(rows: &mut Rows) {
    let folder = tempfile::tempdir().expect("a folder");
    let footage = Footage::make(folder.path(), true);
    let root = folder.path().join("storage");
    let day = Day::make(&root, &footage.whole);
    let table = day.table.1 - day.table.0;
    rows.told("header of a segment", format!("{} bytes and a .meta file", table));
    let pool = rayon::ThreadPoolBuilder::new().build().expect("threads");
    for (state, cold) in [("warm", false), ("cold", true)] {
        let (mut floors, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            day.prepare(cold);
            floors.push(timed(|| pool.install(|| day.read_bare())));
            day.prepare(cold);
            ours.push(timed(|| pool.install(|| day.index())));
        }
        let floor = median(floors);
        let each = floor / u32::try_from(SEGMENTS).expect("few");
        let there = if cold { "199 us each by a parser" } else { "22 us each by a parser" };
        rows.floor(
            format!("pread of the same headers, {state}, {} us each", each.as_micros()),
            floor,
            there,
        );
        let took = median(ours);
        rows.ratio(
            format!("index of {SEGMENTS} segments, {state} ({})", seconds(took)),
            took,
            floor,
            MOST,
        );
    }
    let before = bytes_read();
    day.index();
    let each = (bytes_read() - before) / SEGMENTS.unsigned_abs();
    rows.held("read of each segment", format!("{each} bytes"), "at most 60 KB", each <= MOST_BYTES);
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// All that this process has read so far, of files in memory too.
fn bytes_read() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").expect("Linux");
    let read = text.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("a count");
    read.trim().parse().expect("a number")
}

struct Day {
    root: PathBuf,
    rows: Vec<Segment>,
    files: Vec<PathBuf>,
    /// Where the table lies in each file.
    table: (u64, u64),
}

impl Day {
    fn make(root: &Path, whole: &Path) -> Self {
        let bytes = std::fs::read(whole).expect("footage");
        let begins = Utc::parse("2026-08-11T00:00:00Z").expect("valid");
        let table = (find(&bytes, b"moov") as u64, bytes.len() as u64);
        let head = find(&bytes, b"mdat") + 8;
        let (mut rows, mut files) = (Vec::new(), Vec::new());
        for number in 0..SEGMENTS {
            let name = SegmentName {
                camera: CameraId::new("CAMERA_1").expect("valid"),
                start: begins.plus(Nanos::from_secs(60 * number)),
                instance: InstanceId::new("blue").expect("valid"),
                number: SegmentNumber::new(number.unsigned_abs()),
            };
            let path = root.join(name.relative_path());
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
            copy(&bytes, (head, table.0), &path);
            meta(&path, &name, number);
            rows.push(row_of_file(root, &name).expect("a good file"));
            files.push(path);
        }
        let day = Self { root: root.to_owned(), rows, files, table };
        for file in day.files.iter().chain(&day.metas()) {
            File::open(file).and_then(|file| file.sync_all()).expect("is on disk");
        }
        day
    }

    fn metas(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.with_extension("meta")).collect()
    }

    /// Drops the files' bytes from memory.
    fn prepare(&self, cold: bool) {
        for path in self.files.iter().chain(&self.metas()).filter(|_| cold) {
            let file = File::open(path).expect("it is there");
            let advice = rustix::fs::Advice::DontNeed;
            rustix::fs::fadvise(&file, 0, None, advice).expect("takes advice");
        }
    }

    /// The least: the first boxes, the table and the `.meta` file of each.
    fn read_bare(&self) {
        self.files.par_iter().for_each(|path| {
            let file = File::open(path).expect("it is there");
            let mut first = [0; 64];
            file.read_exact_at(&mut first, 0).expect("reads");
            let mut table = vec![0; (self.table.1 - self.table.0) as usize];
            file.read_exact_at(&mut table, self.table.0).expect("reads");
            let meta = std::fs::read(path.with_extension("meta")).expect("reads");
            std::hint::black_box((first, table, meta));
        });
    }

    /// What the program does with each of them.
    fn index(&self) {
        self.rows.par_chunks(16).for_each(|rows| {
            let paths = rows.iter().map(|row| self.root.join(row.name.relative_path()));
            let files: Vec<Files> = paths.map(Files::open).inspect(Files::announce).collect();
            rows.iter().zip(&files).for_each(|(row, files)| {
                match examine_files(&self.root, row, files) {
                    Examined::Agrees(Some(contents)) => {
                        std::hint::black_box(packed::pack_all(
                            contents.outline.as_ref(),
                            &contents.table(),
                            row.media_start,
                        ));
                    }
                    other => panic!("{}: {other:?}", row.name),
                }
            });
        });
    }
}

fn find(bytes: &[u8], kind: &[u8; 4]) -> usize {
    let found = bytes.windows(4).rposition(|four| four == kind);
    found.expect("there is one") - 4
}

/// All but the media, which lie between the first boxes and the table.
fn copy(bytes: &[u8], (head, table): (usize, u64), path: &Path) {
    let mut file = File::create(path).expect("creates");
    file.write_all(&bytes[..head]).expect("writes");
    file.write_all_at(&bytes[table as usize..], table).expect("writes");
    assert!(Movie::open(path).is_ok_and(|movie| movie.finished));
}

fn meta(path: &Path, name: &SegmentName, number: i64) {
    let run = RunId::new("a-run-of-blue").expect("valid");
    let media = MediaTime::new(60 * 90_000 * number);
    let point = ClockPoint {
        media,
        utc: name.start,
        source: ClockSource::SenderReport,
        error: Nanos::from_millis(3),
    };
    let opened = Opened {
        run,
        strand: 0,
        rtp_start: media,
        timescale: 90_000,
        reorder_depth: Some(0),
        frame: None,
        version: "0.1.0".to_owned(),
    };
    let closed = Closed {
        samples: 1500,
        size_bytes: std::fs::metadata(path).expect("it is there").len(),
        media_end: MediaTime::new(60 * 90_000 * (number + 1)),
        at: name.start.plus(Nanos::from_secs(60)),
        cause: None,
    };
    let mut writer = Writer::create(path).expect("creates");
    for record in [
        Record::Opened(opened),
        Record::Clock(Clock { point, drift_ppb: 0 }),
        Record::Clock(Clock { point, drift_ppb: -12 }),
        Record::Closed(closed),
    ] {
        writer.write(&record).expect("writes");
    }
}
