//! The same on PostgreSQL: a fleet copied there, stitched from nothing, then
//! what has changed, then nothing new. The bare loop reads and writes by COPY.

use crate::fleet::Fleet;
use crate::floor::{Bare, sweep};
use crate::program::{Ran, stitch, sum};
use crate::rows::{Rows, median, seconds};
use hitless_schema::testing::{Durability, EphemeralPostgres};
use hitless_schema::{DatabaseUrl, Store};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const REBUILD: f64 = 3.0;
const CHANGED: f64 = 2.0;
const IDLE: Duration = Duration::from_millis(100);
const RUNS: usize = 7;
/// What a bare timeline is made of.
const COLUMNS: &str = "camera_id, name, run_id, strand, start_ns, duration_ns, media_start,
    media_length, clock_error_ns, clock_drift_ppb, video_samples, video_damaged, video_parameters";
const TABLES: [&str; 6] = [
    "cameras",
    "recorder_runs",
    "change_counter",
    "video_segments",
    "segment_indexes",
    "stitch_cameras",
];

pub fn measure(cameras: usize, rows: &mut Rows) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(EphemeralPostgres::start(Durability::Durable)).expect("starts");
    let url = runtime.block_on(server.database()).to_string();
    let fleet = Fleet::make(cameras);
    let there = There { url: server.url("hitless", url.rsplit('/').next().unwrap_or_default()) };
    runtime.block_on(there.schema());
    there.fill(&fleet);
    let config = there.config(&fleet);
    there.sql("VACUUM ANALYZE");

    let what = format!("{cameras} cameras, {} segments", fleet.segments);
    let took = there.bare_rebuild();
    there.sql("CHECKPOINT");
    let newest = fleet.minute(1439);
    let ran = stitch(&config, 0);
    assert_eq!(sum(&ran, "entries_added"), fleet.segments as u64, "every segment is played");
    rows.ratio(
        format!("{what}: stitched / bare loop of {}", seconds(took)),
        ran.took,
        took,
        REBUILD,
    );

    // folders that changed a moment ago are looked into once more
    std::thread::sleep(Duration::from_secs(3));
    stitch(&config, 0);
    let idle = (0..RUNS).map(|_| {
        let ran = stitch(&config, 0);
        assert_eq!(ran.answer["unchanged"], cameras, "{}", ran.answer);
        ran.took
    });
    let idle = median(idle.collect());

    let floor = there.read_and_sort();
    let ran = there.again(&config, newest);
    assert_eq!(ran.answer["cameras"].as_array().map(Vec::len), Some(cameras), "one of each");
    rows.ratio(format!("{what}, one of each new, / one COPY and a sort"), ran.took, floor, CHANGED);
    let told = format!("{what}: a run with nothing new, whole process");
    rows.held(told, seconds(idle), "under 100 ms", idle < IDLE);
}

/// A database on a server.
struct There {
    url: String,
}

impl There {
    async fn schema(&self) {
        let url = DatabaseUrl::parse(&self.url).expect("a good URL");
        Store::open(&url).await.expect("opens").close().await;
    }

    fn psql(&self, sql: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url, "-c", sql]);
        psql
    }

    fn sql(&self, sql: &str) {
        let done =
            self.psql(sql).stdout(Stdio::null()).status().expect("psql (Debian: postgresql)");
        assert!(done.success(), "{sql}");
    }

    /// Rows of the fleet's SQLite database, as they are.
    fn fill(&self, fleet: &Fleet) {
        let bare = fleet.bare();
        for table in TABLES {
            let mut rows = bare.prepare(&format!("SELECT * FROM {table}")).expect("good sql");
            let columns = rows.column_names().join(", ");
            let count = rows.column_count();
            let into = format!("TRUNCATE {table}; COPY {table} ({columns}) FROM STDIN");
            let (mut psql, mut out) = self.copy_in(&into);
            let mut found = rows.query([]).expect("reads");
            let mut line = String::new();
            while let Some(row) = found.next().expect("reads") {
                line.clear();
                for column in 0..count {
                    line.push_str(if column > 0 { "\t" } else { "" });
                    field(row.get_ref(column).expect("a column"), &mut line);
                }
                line.push('\n');
                out.write_all(line.as_bytes()).expect("takes it");
            }
            drop(out);
            assert!(psql.wait().expect("it ends").success(), "{table}");
        }
    }

    fn copy_in(&self, sql: &str) -> (Child, BufWriter<std::process::ChildStdin>) {
        let mut psql = self.psql(sql).stdin(Stdio::piped()).spawn().expect("psql");
        let input = psql.stdin.take().expect("piped");
        (psql, BufWriter::new(input))
    }

    fn config(&self, fleet: &Fleet) -> PathBuf {
        let text = std::fs::read_to_string(fleet.config()).expect("reads");
        let path = fleet.config().with_file_name("postgres.toml");
        std::fs::write(&path, text.replace("sqlite://index.db", &self.url)).expect("writes");
        path
    }

    fn read(&self) -> Vec<Bare> {
        let sql = format!("COPY (SELECT {COLUMNS} FROM video_segments) TO STDOUT");
        let mut psql = self.psql(&sql).stdout(Stdio::piped()).spawn().expect("psql");
        let mut lines = BufReader::with_capacity(1 << 20, psql.stdout.take().expect("piped"));
        let (mut rows, mut line) = (Vec::new(), String::new());
        let mut ids = std::collections::HashMap::new();
        while lines.read_line(&mut line).expect("reads") > 0 {
            rows.push(Bare::of_line(line.trim_end(), &mut ids));
            line.clear();
        }
        assert!(psql.wait().expect("it ends").success());
        rows
    }

    fn read_and_sort(&self) -> Duration {
        let begun = Instant::now();
        let mut rows = self.read();
        std::hint::black_box(sweep(&mut rows));
        begun.elapsed()
    }

    /// Reads every row, sorts, sweeps, and writes a row for each entry.
    fn bare_rebuild(&self) -> Duration {
        self.sql(
            "CREATE TABLE bare_timeline (camera BIGINT NOT NULL, start_ns BIGINT NOT NULL,
               end_ns BIGINT NOT NULL, segment TEXT NOT NULL, run BIGINT NOT NULL,
               first_sample BIGINT NOT NULL, samples BIGINT NOT NULL, seam TEXT NOT NULL,
               PRIMARY KEY (camera, start_ns))",
        );
        let begun = Instant::now();
        let mut rows = self.read();
        let entries = sweep(&mut rows);
        let (mut psql, mut out) = self.copy_in("COPY bare_timeline FROM STDIN");
        for (at, from, to) in entries {
            let row = &rows[at];
            let (camera, name, run, samples) = row.told();
            writeln!(out, "{camera}\t{from}\t{to}\t{name}\t{run}\t0\t{samples}\tsame-strand")
                .expect("takes it");
        }
        drop(out);
        assert!(psql.wait().expect("it ends").success());
        let took = begun.elapsed();
        self.sql("DROP TABLE bare_timeline");
        took
    }

    /// Makes the rows that begin at an instant new, and stitches.
    fn again(&self, config: &std::path::Path, begin: i64) -> Ran {
        self.sql(&format!(
            "CREATE TEMP TABLE fresh AS
               SELECT camera_id, name, (SELECT value FROM change_counter)
                 + row_number() OVER (ORDER BY camera_id) AS seq
               FROM video_segments WHERE start_ns = {begin};
             UPDATE video_segments v SET change_seq = f.seq FROM fresh f
               WHERE v.camera_id = f.camera_id AND v.name = f.name;
             UPDATE segment_indexes i SET change_seq = f.seq, segment_seq = f.seq FROM fresh f
               WHERE i.camera_id = f.camera_id AND i.name = f.name;
             UPDATE change_counter SET value = (SELECT MAX(seq) FROM fresh);"
        ));
        stitch(config, 0)
    }
}

/// As COPY takes it.
fn field(value: rusqlite::types::ValueRef<'_>, line: &mut String) {
    use rusqlite::types::ValueRef;
    use std::fmt::Write;
    let _ = match value {
        ValueRef::Null => write!(line, "\\N"),
        ValueRef::Integer(n) => write!(line, "{n}"),
        ValueRef::Real(n) => write!(line, "{n}"),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text).replace('\\', "\\\\");
            write!(line, "{}", text.replace('\t', "\\t").replace('\n', "\\n"))
        }
        ValueRef::Blob(bytes) => {
            line.push_str("\\\\x");
            bytes.iter().try_for_each(|byte| write!(line, "{byte:02x}"))
        }
    };
}
