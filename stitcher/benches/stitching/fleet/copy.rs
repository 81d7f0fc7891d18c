//! All cameras but the first: its rows and indexes under other names, by SQL.

use super::Fleet;

impl Fleet {
    /// Every camera is indexed, as the stitcher notes once it has read files.
    pub(super) fn note_indexed(&self) {
        let bare = rusqlite::Connection::open(self.database()).expect("opens");
        bare.execute_batch(
            "INSERT INTO stitch_cameras (camera_id, generation, planned_seq, indexed_seq)
               SELECT camera_id, 0, 0, (SELECT value FROM change_counter) FROM cameras;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .expect("notes");
    }

    /// The other cameras' rows and indexes, minute by minute.
    pub(super) fn copy_rows(&self) {
        let bare = rusqlite::Connection::open(self.database()).expect("opens");
        bare.execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY;",
        )
        .expect("sets");
        let (first, others) = (Self::id(0), self.cameras - 1);
        if others == 0 {
            return;
        }
        let columns = |table: &str| {
            let mut statement =
                bare.prepare(&format!("SELECT * FROM {table} LIMIT 0")).expect("sql");
            let names: Vec<String> =
                statement.column_names().into_iter().map(str::to_owned).collect();
            let _ = statement.query([]);
            names
        };
        let copied = |table: &str| -> String {
            let value = |column: &String| match column.as_str() {
                "camera_id" => "o.id".to_owned(),
                "name" => format!("o.id || substr(t.name, {})", first.len() + 1),
                "change_seq" | "segment_seq" => "q.base + o.n".to_owned(),
                other => format!("t.{other}"),
            };
            let names = columns(table);
            let values: Vec<String> = names.iter().map(value).collect();
            format!(
                "INSERT INTO {table} ({}) SELECT {} FROM place_of q
                 CROSS JOIN {table} t ON t.camera_id = '{first}' AND t.name = q.name
                 CROSS JOIN other k CROSS JOIN other o
                   ON o.n = (k.n * 7919 + q.place * 104729) % {others} + 1",
                names.join(", "),
                values.join(", "),
            )
        };
        let head: i64 = bare
            .query_row("SELECT value FROM change_counter", [], |row| row.get(0))
            .expect("a counter");
        bare.execute_batch(&format!(
            "BEGIN;
             CREATE TEMP TABLE other (id TEXT NOT NULL, n INTEGER PRIMARY KEY);
             CREATE TEMP TABLE place_of (place INTEGER PRIMARY KEY, name TEXT, base INTEGER);
             INSERT INTO place_of SELECT p, name, {head} + p * {others}
               FROM (SELECT name, ROW_NUMBER() OVER (ORDER BY start_ns, name) AS p
                     FROM video_segments WHERE camera_id = '{first}');"
        ))
        .expect("prepares");
        for camera in 1..self.cameras {
            let id = Self::id(camera);
            bare.execute("INSERT INTO other VALUES (?1, ?2)", (id, camera as i64)).expect("writes");
        }
        for table in ["video_segments", "segment_indexes"] {
            bare.execute_batch(&copied(table)).expect("copies");
        }
        bare.execute_batch(
            "UPDATE change_counter SET value = (SELECT MAX(change_seq) + 1 FROM video_segments);
             COMMIT;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .expect("ends");
    }
}
