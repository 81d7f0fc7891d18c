//! Rows that go and come back, and all that was stitched forgotten.

use super::Fleet;

/// Segments that were hidden.
pub struct Taken {
    begin: i64,
    pub segments: usize,
}

impl Fleet {
    /// Hides the segments that begin at an instant, of every `nth` camera.
    pub fn take_away(&self, begin: i64, nth: usize) -> Taken {
        let bare = self.bare();
        bare.execute_batch(&format!(
            "BEGIN; DROP TABLE IF EXISTS taken_names_{begin};
             CREATE TABLE taken_names_{begin} AS SELECT camera_id, name FROM video_segments
               WHERE start_ns = {begin} AND CAST(substr(camera_id, 4) AS INTEGER) % {nth} = 0;
             CREATE TABLE taken_segments_{begin} AS SELECT v.* FROM taken_names_{begin} t
               JOIN video_segments v ON v.camera_id = t.camera_id AND v.name = t.name;
             CREATE TABLE taken_indexes_{begin} AS SELECT i.* FROM taken_names_{begin} t
               JOIN segment_indexes i ON i.camera_id = t.camera_id AND i.name = t.name;
             DELETE FROM video_segments WHERE name IN (SELECT name FROM taken_names_{begin})
               AND camera_id IN (SELECT camera_id FROM taken_names_{begin});
             DELETE FROM segment_indexes WHERE name IN (SELECT name FROM taken_names_{begin})
               AND camera_id IN (SELECT camera_id FROM taken_names_{begin});
             COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .expect("takes away");
        let sql = format!("SELECT COUNT(*) FROM taken_segments_{begin}");
        let segments: i64 = bare.query_row(&sql, [], |row| row.get(0)).expect("counts");
        Taken { begin, segments: usize::try_from(segments).expect("some") }
    }

    /// Puts them back, as rows that are new.
    pub fn bring_back(&self, taken: &Taken) {
        let begin = taken.begin;
        self.bare()
            .execute_batch(&format!(
                "BEGIN;
                 CREATE TEMP TABLE head AS SELECT value FROM change_counter;
                 UPDATE taken_segments_{begin}
                   SET change_seq = (SELECT value FROM head) + rowid;
                 UPDATE taken_indexes_{begin} SET change_seq =
                   (SELECT s.change_seq FROM taken_segments_{begin} s
                    WHERE s.name = taken_indexes_{begin}.name);
                 UPDATE taken_indexes_{begin} SET segment_seq = change_seq;
                 INSERT INTO video_segments SELECT * FROM taken_segments_{begin};
                 INSERT INTO segment_indexes SELECT * FROM taken_indexes_{begin};
                 UPDATE change_counter SET value =
                   (SELECT MAX(change_seq) FROM taken_segments_{begin});
                 DROP TABLE taken_segments_{begin}; DROP TABLE taken_indexes_{begin};
                 DROP TABLE taken_names_{begin};
                 COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
            ))
            .expect("brings back");
    }

    /// Forgets all that was stitched, and keeps a copy of the timelines.
    pub fn forget(&self) {
        self.bare()
            .execute_batch(
                "BEGIN;
                 CREATE TABLE stitched_before AS SELECT * FROM timeline_hours;
                 DELETE FROM timeline_hours; DELETE FROM gaps; DELETE FROM judged_hours;
                 DELETE FROM displaced_segments; DELETE FROM strand_alignments;
                 DELETE FROM stitch_findings; DELETE FROM stitch_carries;
                 UPDATE stitch_cameras
                   SET generation = 0, planned_seq = 0, planned_until_ns = NULL;
                 DELETE FROM stitch_runs;
                 UPDATE video_segments SET overlap_status = 'pending';
                 COMMIT; PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .expect("forgets");
    }

    /// Hours of timelines that are not what they were before.
    pub fn differing_hours(&self) -> i64 {
        let sql = "SELECT (SELECT COUNT(*) FROM (SELECT * FROM timeline_hours
              EXCEPT SELECT * FROM stitched_before))
            + (SELECT COUNT(*) FROM (SELECT * FROM stitched_before
              EXCEPT SELECT * FROM timeline_hours))";
        self.bare().query_row(sql, [], |row| row.get(0)).expect("compares")
    }
}
