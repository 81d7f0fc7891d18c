//! A fleet with a day behind it: every camera recorded by two instances in
//! turn, with four handovers at which both recorded for ten seconds; segments
//! of a minute, all of them indexed, none stitched.
//!
//! One camera is made of real files and real rows. The others are copies of
//! it, made by SQL: they have the same footage (their files at the handovers
//! are hard links), but rows, indexes and a timeline of their own. Rows lie in
//! the database as recorders write them, minute by minute, in each minute the
//! cameras in another order.

mod change;
mod copy;

pub use change::Taken;

use crate::footage::{EARLY, Footage, LATE_FROM, WHOLE};
use hitless_model::{
    CameraId, ClockMap, ClockPoint, ClockSource, InstanceId, MediaSpan, MediaTime, Nanos, Run,
    RunId, Segment, SegmentName, SegmentNumber, SegmentState, Utc,
};
use hitless_schema::index::{FileMark, NewIndex};
use hitless_schema::{Change, DatabaseUrl, Stamp, Stamped, Stamper, Store};
use hitless_stitcher::index::{Contents, packed, row_of_file};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const MINUTE: i64 = 60;
const DAY: i64 = 1440;
/// Handovers a day.
pub const OVERLAPS: i64 = 4;
/// Where in its minute a handover begins.
const TURN: i64 = DAY / (OVERLAPS + 1);
const NAMES: [&str; 2] = ["blue", "green"];

/// Cameras, rows, files.
pub struct Fleet {
    folder: TempDir,
    pub cameras: usize,
    /// The first instant of its day.
    pub begins: Utc,
    /// Rows of all cameras together.
    pub segments: usize,
}

/// One segment of the day.
struct Piece {
    turn: i64,
    /// Seconds after the day's beginning.
    from: i64,
    seconds: i64,
}

impl Fleet {
    /// Makes so many cameras.
    pub fn make(cameras: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("hitless-bench-").tempdir().expect("a folder");
        let now = hitless_stitcher::site::now().as_ns() / 1_000_000_000;
        let last_minute = (now / MINUTE - 1) * MINUTE;
        let begins = Utc::from_ns((last_minute - DAY * MINUTE) * 1_000_000_000);
        let mut fleet = Self { folder, cameras, begins, segments: 0 };
        std::fs::create_dir_all(fleet.storage().join(".hitless")).expect("a folder");
        std::fs::write(fleet.config(), CONFIG).expect("writes");
        let footage = Footage::make(fleet.folder.path(), false);
        let day = day();
        fleet.segments = day.len() * cameras;
        let (rows, handovers) = fleet.first(&footage, &day);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(fleet.fill(&rows, &footage, &day));
        fleet.copy_rows();
        fleet.note_indexed();
        fleet.link(&handovers);
        fleet
    }

    /// Leaves it where it is.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hitless.toml")
    }

    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("index.db")
    }

    /// A plain connection, with the durability of the program's own.
    pub fn bare(&self) -> rusqlite::Connection {
        let bare = rusqlite::Connection::open(self.database()).expect("opens");
        bare.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536").expect("sets");
        bare
    }

    /// Takes a part of the rows away; what is left is as it was.
    /// A camera's id, all of one length.
    pub fn id(camera: usize) -> String {
        format!("cam{camera:05}")
    }

    /// An instant of the day.
    pub fn minute(&self, minute: i64) -> i64 {
        self.begins.plus(Nanos::from_secs(minute * MINUTE)).as_ns()
    }

    /// The rows of the first camera, and the files that lie at handovers.
    fn first(&self, footage: &Footage, day: &[Piece]) -> (Vec<Segment>, Vec<(PathBuf, String)>) {
        let mut known: BTreeMap<i64, Segment> = BTreeMap::new();
        let (mut rows, mut handovers) = (Vec::new(), Vec::new());
        let mut numbers = [0_u64; 2];
        for piece in day {
            let source = piece.source(footage);
            let number = &mut numbers[piece.instance()];
            *number += 1;
            let name = self.name(piece, *number);
            let path = self.storage().join(name.relative_path());
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
            let read = known.entry(piece.seconds).or_insert_with(|| {
                std::fs::hard_link(source, &path).expect("links");
                let row = row_of_file(&self.storage(), &name).expect("a good file");
                std::fs::remove_file(&path).expect("removes");
                row
            });
            if piece.seconds != WHOLE {
                std::fs::hard_link(source, &path).expect("links");
                handovers.push((source.to_owned(), name.to_string()));
            }
            rows.push(self.row(read, piece, name));
        }
        (rows, handovers)
    }

    fn name(&self, piece: &Piece, number: u64) -> SegmentName {
        SegmentName {
            camera: CameraId::new(Self::id(0)).expect("valid"),
            start: self.begins.plus(Nanos::from_secs(piece.from)),
            instance: InstanceId::new(NAMES[piece.instance()]).expect("valid"),
            number: SegmentNumber::new(number),
        }
    }

    /// What the file says, on the clock of its turn's strand.
    fn row(&self, read: &Segment, piece: &Piece, name: SegmentName) -> Segment {
        let timescale = read.video.as_ref().expect("it has pictures").timescale;
        let ticks = |seconds: i64| MediaSpan::new(seconds * i64::from(timescale));
        let zero = MediaTime::new(1_000_000_007 * (piece.turn + 1));
        let media_start = zero.plus(ticks(piece.from - piece.turn_begins()));
        let point = ClockPoint {
            media: media_start,
            utc: name.start,
            source: ClockSource::SenderReport,
            error: Nanos::from_millis(20),
        };
        Segment {
            run: Some(run_id(piece.turn)),
            state: SegmentState::Complete,
            start: name.start,
            media_start,
            media_length: ticks(piece.seconds),
            duration: Nanos::from_secs(piece.seconds),
            clock: Some(ClockMap { point, timescale, drift_ppb: -12 }),
            name,
            ..read.clone()
        }
    }

    /// The first camera, as recorders and stitcher write it, and who recorded.
    async fn fill(&self, rows: &[Segment], footage: &Footage, day: &[Piece]) {
        let store = Store::open(&DatabaseUrl::sqlite_file(self.database())).await.expect("opens");
        let stamp = Stamp::from_ns(1);
        let mut changes: Vec<Stamped> = (0..=OVERLAPS)
            .map(|turn| Stamped { stamp, change: Change::Run(self.run(turn)) })
            .collect();
        changes.extend((0..self.cameras).map(|camera| {
            let camera = CameraId::new(Self::id(camera)).expect("valid");
            let change = Change::CameraSeen { camera, enabled: true, at: self.begins };
            Stamped { stamp, change }
        }));
        store.apply(&changes).await.expect("writes");
        store.put_found(rows, Stamper::new().next(self.begins)).await.expect("writes");
        let listed = store
            .segments_to_index(&rows[0].name.camera, u32::MAX)
            .await
            .expect("reads")
            .into_iter()
            .map(|one| (one.segment.name, one.seq))
            .collect::<BTreeMap<_, _>>();
        let mut packed_of: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        let mark = FileMark { size_bytes: 1, modified: self.begins, changed: self.begins };
        let indexes: Vec<NewIndex> = rows
            .iter()
            .zip(day)
            .map(|(row, piece)| NewIndex {
                segment: row.name.clone(),
                seq: listed[&row.name],
                mark,
                version: packed::VERSION,
                path: None,
                contents: packed_of
                    .entry(piece.seconds)
                    .or_insert_with(|| contents(piece.source(footage), row.media_start))
                    .clone(),
                pauses: None,
            })
            .collect();
        store.put_indexes(&indexes).await.expect("writes");
        store.close().await;
    }

    /// A turn's recorder; the last one runs on.
    fn run(&self, turn: i64) -> Run {
        let at = |seconds: i64| self.begins.plus(Nanos::from_secs(seconds));
        let begins = turn * TURN * MINUTE - 5;
        let stopped = (turn < OVERLAPS).then(|| at((turn + 1) * TURN * MINUTE + EARLY + 1));
        Run {
            run: run_id(turn),
            instance: InstanceId::new(NAMES[usize::from(turn % 2 == 1)]).expect("valid"),
            host: "host".to_owned(),
            pid: 1,
            version: "1".to_owned(),
            started: at(begins),
            ready: Some(at(begins)),
            draining: stopped,
            stopped,
            // a day of life is enough for any measurement
            heartbeat: stopped.unwrap_or(at(2 * DAY * MINUTE)),
        }
    }

    fn link(&self, handovers: &[(PathBuf, String)]) {
        for camera in 1..self.cameras {
            for (source, name) in handovers {
                let name = name.replacen(&Self::id(0), &Self::id(camera), 1);
                let name = SegmentName::parse(&name).expect("valid");
                let path = self.storage().join(name.relative_path());
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
                std::fs::hard_link(source, path).expect("links");
            }
        }
    }
}

impl Piece {
    fn instance(&self) -> usize {
        usize::from(self.turn % 2 == 1)
    }

    fn turn_begins(&self) -> i64 {
        self.turn * TURN * MINUTE + if self.turn == 0 { 0 } else { LATE_FROM }
    }

    fn source<'f>(&self, footage: &'f Footage) -> &'f Path {
        match self.seconds {
            EARLY => &footage.early,
            WHOLE => &footage.whole,
            _ => &footage.late,
        }
    }
}

/// The day of a camera, turn by turn.
fn day() -> Vec<Piece> {
    let mut pieces = Vec::new();
    for turn in 0..=OVERLAPS {
        let (first, last) = (turn * TURN, (turn + 1) * TURN);
        if turn > 0 {
            let from = first * MINUTE + LATE_FROM;
            pieces.push(Piece { turn, from, seconds: WHOLE - LATE_FROM });
        }
        let whole = first + i64::from(turn > 0)..last;
        pieces.extend(whole.map(|minute| Piece { turn, from: minute * MINUTE, seconds: WHOLE }));
        if turn < OVERLAPS {
            pieces.push(Piece { turn, from: last * MINUTE, seconds: EARLY });
        }
    }
    pieces
}

fn run_id(turn: i64) -> RunId {
    RunId::new(format!("{}-run-{turn}", NAMES[usize::from(turn % 2 == 1)])).expect("valid")
}

fn contents(path: &Path, media_start: MediaTime) -> Vec<u8> {
    let contents = Contents::read(path, media_start).expect("a good file");
    packed::pack_all(None, &contents.table(), media_start)
}

const CONFIG: &str = r#"storage = "storage"
database = "sqlite://index.db"

[[camera]]
id = "cam00000"
url = "rtsp://127.0.0.1:1/none"
"#;
