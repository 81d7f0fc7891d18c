//! Bare loops on the same database, with a plain driver: what has to be done
//! in any case.

use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The columns that a timeline is made of.
const COLUMNS: &str = "camera_id, name, run_id, strand, state, start_ns, duration_ns, media_start,
    media_length, clock_error_ns, clock_drift_ppb, clock_timescale, video_samples, video_damaged,
    video_parameters";

/// A row of them, its camera and run as numbers.
pub struct Bare {
    camera: u32,
    run: u32,
    name: String,
    start: i64,
    end: i64,
    numbers: [i64; 8],
}

impl Bare {
    /// Of a line that COPY gives: camera, name, run, strand, start, length and
    /// seven numbers.
    pub fn of_line(line: &str, ids: &mut HashMap<String, u32>) -> Self {
        let mut fields = line.split('\t');
        let mut number = |text: &str| match ids.get(text) {
            Some(n) => *n,
            None => {
                let n = u32::try_from(ids.len()).expect("few");
                ids.insert(text.to_owned(), n);
                n
            }
        };
        let camera = number(fields.next().unwrap_or_default());
        let name = fields.next().unwrap_or_default().to_owned();
        let run = number(fields.next().unwrap_or_default());
        let mut int = || fields.next().and_then(|text| text.parse().ok()).unwrap_or(0_i64);
        let strand = int();
        let (start, length) = (int(), int());
        let rest = [int(), int(), int(), int(), int(), int(), int()];
        let [media, span, error, drift, samples, damaged, parameters] = rest;
        let numbers = [strand, media, span, error, drift, samples, damaged, parameters];
        Self { camera, run, name, start, end: start + length, numbers }
    }

    /// Camera, name, run and how many samples.
    pub fn told(&self) -> (u32, &str, u32, i64) {
        (self.camera, &self.name, self.run, self.numbers[5])
    }
}

/// How long each step took.
pub struct Took {
    pub read: Duration,
    pub sort: Duration,
    pub write: Duration,
}

impl Took {
    pub fn all(&self) -> Duration {
        self.read + self.sort + self.write
    }
}

/// Reads every row, sorts, sweeps, and writes a row for each entry of the
/// timelines that come of it, in one transaction.
pub fn rebuild(bare: &mut Connection) -> Took {
    let begun = Instant::now();
    let mut rows = read(bare);
    let read = begun.elapsed();
    let begun = Instant::now();
    let entries = sweep(&mut rows);
    let sort = begun.elapsed();
    let begun = Instant::now();
    write(bare, &entries, &rows);
    Took { read, sort, write: begun.elapsed() }
}

/// One SELECT of every row, and a sort.
pub fn read_and_sort(bare: &Connection) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut rows = read(bare);
    let read = begun.elapsed();
    let begun = Instant::now();
    std::hint::black_box(sweep(&mut rows));
    (read, begun.elapsed())
}

fn read(bare: &Connection) -> Vec<Bare> {
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut number = |text: &str| match ids.get(text) {
        Some(n) => *n,
        None => {
            let n = u32::try_from(ids.len()).expect("few");
            ids.insert(text.to_owned(), n);
            n
        }
    };
    let mut one = |row: &Row<'_>| -> rusqlite::Result<Bare> {
        let text = |at| row.get_ref(at).map(|value| value.as_str().unwrap_or_default());
        let int = |at| row.get::<_, Option<i64>>(at).map(Option::unwrap_or_default);
        let (start, length) = (int(5)?, int(6)?);
        std::hint::black_box(text(4)?);
        Ok(Bare {
            camera: number(text(0)?),
            run: number(text(2)?),
            name: text(1)?.to_owned(),
            start,
            end: start + length,
            numbers: [int(3)?, int(7)?, int(8)?, int(9)?, int(10)?, int(12)?, int(13)?, int(14)?],
        })
    };
    let mut statement =
        bare.prepare(&format!("SELECT {COLUMNS} FROM video_segments")).expect("good sql");
    let mut found = statement.query([]).expect("reads");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("reads") {
        rows.push(one(row).expect("a row"));
    }
    rows
}

/// What is played: each row from where the one before has ended.
pub fn sweep(rows: &mut [Bare]) -> Vec<(usize, i64, i64)> {
    rows.sort_unstable_by_key(|row| (row.camera, row.start, row.end));
    let mut entries = Vec::with_capacity(rows.len());
    let (mut camera, mut end) = (u32::MAX, i64::MIN);
    for (at, row) in rows.iter().enumerate() {
        if row.camera != camera {
            (camera, end) = (row.camera, i64::MIN);
        }
        if row.end > end {
            entries.push((at, row.start.max(end), row.end));
            end = row.end;
        }
    }
    entries
}

fn write(bare: &mut Connection, entries: &[(usize, i64, i64)], rows: &[Bare]) {
    bare.execute_batch(
        "CREATE TABLE bare_timeline (camera INTEGER NOT NULL, start_ns INTEGER NOT NULL,
           end_ns INTEGER NOT NULL, segment TEXT NOT NULL, run INTEGER NOT NULL,
           first_sample INTEGER NOT NULL, samples INTEGER NOT NULL, seam TEXT NOT NULL,
           PRIMARY KEY (camera, start_ns)) WITHOUT ROWID",
    )
    .expect("creates");
    let transaction = bare.transaction().expect("begins");
    let mut insert = transaction
        .prepare("INSERT INTO bare_timeline VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .expect("good sql");
    for (at, from, to) in entries {
        let row = &rows[*at];
        let values = (row.camera, from, to, &row.name, row.run, 0, row.numbers[5], "same-strand");
        insert.execute(values).expect("writes");
    }
    drop(insert);
    transaction.commit().expect("commits");
    bare.execute_batch("DROP TABLE bare_timeline; PRAGMA wal_checkpoint(TRUNCATE)").expect("drops");
}
