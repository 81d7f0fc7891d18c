-- The whole schema as it stands after every migration. It is read by people
-- and by the test "all migrations == the schema"; programs run the numbered
-- files in migrations/.
--
-- One text for SQLite and PostgreSQL. Types are BIGINT, TEXT and BYTEA only.
-- *_ns        nanoseconds; instants are since 1970-01-01 UTC.
-- *_bytes     bytes.
-- media_*     ticks of the camera's own clock, never added to *_ns.
-- stamp       version of a row: nanoseconds of its writer's clock, always
--             increasing within one process. The higher stamp wins, so that
--             changes may be repeated and may come late (see Change).
-- change_seq  position in the order of changes: taken from change_counter in
--             the transaction that writes the row; see there.
-- /* WITHOUT ROWID */ is read by SQLite alone: rows lie in the order of their
-- key, a camera's beside each other. Recorders write them minute by minute, all
-- cameras in turn; in that order a plan would touch a page for every row.
-- /* WITH (fillfactor = 50) */ is read by PostgreSQL alone: each page keeps room
-- for the next versions of its rows.
-- There are no foreign keys: rows come from several machines, some of them
-- hours late from a spool, and the media files are the truth.

-- A row is one migration that this database has seen.
CREATE TABLE schema_migrations (
  number      BIGINT NOT NULL PRIMARY KEY,
  name        TEXT   NOT NULL,
  -- 1: programs that do not know it may go on using the database; 0: they
  -- must refuse it.
  additive    BIGINT NOT NULL
);

-- One row: the last change_seq given out. Its row lock is held until the
-- transaction ends, so numbers become visible in their order: a reader that
-- has seen n will never later find a new row below n.
CREATE TABLE change_counter (
  id          BIGINT NOT NULL PRIMARY KEY,
  value       BIGINT NOT NULL
);

-- A row is one camera that a recorder was configured with.
CREATE TABLE cameras (
  camera_id     TEXT   NOT NULL PRIMARY KEY,
  -- 1: records; 0: switched off in the configuration.
  enabled       BIGINT NOT NULL,
  first_seen_ns BIGINT NOT NULL,
  last_seen_ns  BIGINT NOT NULL,
  stamp         BIGINT NOT NULL
);

-- A row is one life of one recorder process. Instants are on its host's clock;
-- null: not reached.
CREATE TABLE recorder_runs (
  run_id       TEXT   NOT NULL PRIMARY KEY,
  instance_id  TEXT   NOT NULL,
  host         TEXT   NOT NULL,
  pid          BIGINT NOT NULL,
  version      TEXT   NOT NULL,
  started_ns   BIGINT NOT NULL,
  ready_ns     BIGINT,
  draining_ns  BIGINT,
  stopped_ns   BIGINT,
  -- Last sign of life.
  heartbeat_ns BIGINT NOT NULL,
  stamp        BIGINT NOT NULL
);
CREATE INDEX recorder_runs_instance ON recorder_runs (instance_id, started_ns);

-- A row is one MP4 file of one camera. Everything in it can be rebuilt from
-- the file, its name and the .meta file beside it.
CREATE TABLE video_segments (
  -- The file's name, which holds camera, instance and number; never reused.
  name              TEXT   NOT NULL,
  camera_id         TEXT   NOT NULL,
  instance_id       TEXT   NOT NULL,
  -- Counts up per camera and instance; never restarts.
  number            BIGINT NOT NULL,
  -- Null: not made by one of our recorders.
  run_id            TEXT,
  -- Unbroken stretch within run and camera, from 0.
  strand            BIGINT NOT NULL,
  -- 0 while recording.
  size_bytes        BIGINT NOT NULL,
  -- recording | complete | recovered | corrupt | missing | expired
  state             TEXT   NOT NULL,
  -- pending | unique | kept | trimmed | duplicate; the stitcher's word, which
  -- no recorder overwrites.
  overlap_status    TEXT   NOT NULL,
  -- First sample, by the best mapping known when it was written.
  start_ns          BIGINT NOT NULL,
  duration_ns       BIGINT NOT NULL,
  -- Ticks on the strand's media clock.
  media_start       BIGINT NOT NULL,
  media_length      BIGINT NOT NULL,
  -- The clock map, media time to UTC: sender_report | host_arrival |
  -- file_name. All clock_* are null until anything is known.
  clock_source      TEXT,
  clock_media       BIGINT,
  clock_utc_ns      BIGINT,
  -- How far off the mapping may be, to either side.
  clock_error_ns    BIGINT,
  -- Ticks per second.
  clock_timescale   BIGINT,
  -- How much faster than declared the media clock runs, parts per billion; 0
  -- where not measured.
  clock_drift_ppb   BIGINT,
  -- h264 | h265. All video_* are null until indexed.
  video_codec       TEXT,
  -- Pixels as shown.
  video_width       BIGINT,
  video_height      BIGINT,
  -- Ticks per second.
  video_timescale   BIGINT,
  video_samples     BIGINT,
  video_key_frames  BIGINT,
  -- Sum over all samples.
  video_bytes       BIGINT,
  -- Samples damaged by loss on the way from the camera.
  video_damaged     BIGINT,
  -- Hash of the parameter sets: an unsigned 64 bit number kept as a signed one
  -- of the same bits. Equal only if two segments may share one description.
  video_parameters  BIGINT,
  -- aac | opus | pcmu | pcma | pcm. All audio_* are null without audio or
  -- until indexed.
  audio_codec       TEXT,
  -- Samples per second.
  audio_sample_rate BIGINT,
  audio_channels    BIGINT,
  -- Coded frames.
  audio_samples     BIGINT,
  -- Why it is corrupt, or what recovery found, for people. Null: nothing.
  note              TEXT,
  stamp             BIGINT NOT NULL,
  -- Renewed by every change but that of overlap_status.
  change_seq        BIGINT NOT NULL,
  -- The camera leads, so that PostgreSQL can partition by it.
  PRIMARY KEY (camera_id, name)
) /* WITHOUT ROWID */ /* WITH (fillfactor = 50) */;
-- The segments of a camera in a range.
CREATE INDEX video_segments_start ON video_segments (camera_id, start_ns, instance_id);
-- The oldest of all, for retention.
CREATE INDEX video_segments_oldest ON video_segments (start_ns);
-- The last number of a camera and instance.
CREATE INDEX video_segments_number ON video_segments (camera_id, instance_id, number);
-- What has changed since.
CREATE INDEX video_segments_change ON video_segments (change_seq);
-- What a crash left open.
CREATE INDEX video_segments_recording ON video_segments (instance_id)
  WHERE state = 'recording';
-- What retention removed and the stitcher has still to fold.
CREATE INDEX video_segments_expired ON video_segments (camera_id)
  WHERE state = 'expired';
-- What a report counts of a camera; few of a month's rows.
CREATE INDEX video_segments_unplayable ON video_segments (camera_id, start_ns)
  WHERE state IN ('corrupt', 'missing');
-- The changed segments of a camera.
CREATE INDEX video_segments_camera_change ON video_segments (camera_id, change_seq);

-- A row is one change of a camera's state, or something noticed about it.
CREATE TABLE camera_events (
  camera_id   TEXT   NOT NULL,
  run_id      TEXT   NOT NULL,
  instance_id TEXT   NOT NULL,
  -- When, on the host's clock. Order within a run is that of the stamps.
  at_ns       BIGINT NOT NULL,
  -- The state entered: disabled | connecting | awaiting_key_frame | recording
  -- | stalled | backing_off | draining | stopped
  state       TEXT   NOT NULL,
  -- camera_away | recorder_down | disk_full | storage_failed | packets_lost |
  -- disabled | corrupt | unknown. Null: nothing is missing.
  cause       TEXT,
  -- For people; never credentials.
  detail      TEXT   NOT NULL,
  stamp       BIGINT NOT NULL,
  change_seq  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, run_id, stamp)
);
CREATE INDEX camera_events_at ON camera_events (camera_id, at_ns);
CREATE INDEX camera_events_change ON camera_events (change_seq);
CREATE INDEX camera_events_camera_change ON camera_events (camera_id, change_seq);

-- A row is one step of a clock that a recorder noticed.
CREATE TABLE clock_events (
  run_id      TEXT   NOT NULL,
  stamp       BIGINT NOT NULL,
  instance_id TEXT   NOT NULL,
  -- Null: the clock of the recorder's host.
  camera_id   TEXT,
  -- When, on the host's clock after the step.
  at_ns       BIGINT NOT NULL,
  -- How far it went; negative: backwards.
  step_ns     BIGINT NOT NULL,
  PRIMARY KEY (run_id, stamp)
);
CREATE INDEX clock_events_at ON clock_events (at_ns);

-- A row is one range that retention must not touch: from_ns <= t < to_ns.
CREATE TABLE protections (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  -- For people.
  reason      TEXT   NOT NULL,
  created_ns  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, from_ns, to_ns)
);

-- A row is one range of a camera that retention removed and whose segment rows
-- were folded away: from_ns <= t < to_ns. Ranges of a camera never touch.
CREATE TABLE expired_ranges (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  PRIMARY KEY (camera_id, from_ns)
);

-- A row is what was read from the file of one segment.
CREATE TABLE segment_indexes (
  camera_id   TEXT   NOT NULL,
  name        TEXT   NOT NULL,
  -- change_seq of the segment's row when the file was read; an index of an
  -- older row is out of date.
  segment_seq BIGINT NOT NULL,
  -- read | corrupt | put_off (could not be read at the time, try again)
  state       TEXT   NOT NULL,
  -- Format of contents. 0 where there are none.
  version     BIGINT NOT NULL,
  -- The file as it was, so that a changed one is seen. Null: not reached.
  size_bytes  BIGINT,
  modified_ns BIGINT,
  changed_ns  BIGINT,
  -- Relative to the storage. Null: where its name says.
  path        TEXT,
  -- Why it was not read, for people. Null: it was.
  reason      TEXT,
  -- Packed sample tables, the stitcher's own format. Null: not read.
  contents    BYTEA,
  -- Where the camera sent nothing for a while and the recorder went on, the
  -- stitcher's own format. Null: nowhere, as nearly always, or not read.
  pauses      BYTEA,
  -- Renewed whenever contents or pauses change.
  change_seq  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, name)
) /* WITHOUT ROWID */;
-- What has changed since.
CREATE INDEX segment_indexes_change ON segment_indexes (camera_id, change_seq);
-- The few that pause.
CREATE INDEX segment_indexes_paused ON segment_indexes (camera_id, segment_seq)
  WHERE pauses IS NOT NULL;
-- What has to be tried again.
CREATE INDEX segment_indexes_put_off ON segment_indexes (camera_id, segment_seq)
  WHERE state = 'put_off';

-- A row is the entries of a camera's timeline that start within one hour,
-- packed: a day is 24 rows, not thousands (see decisions/0002). The last one
-- may end later; an hour in which none starts has no row.
CREATE TABLE timeline_hours (
  camera_id   TEXT   NOT NULL,
  -- The full hour.
  hour_ns     BIGINT NOT NULL,
  -- End of the last entry.
  end_ns      BIGINT NOT NULL,
  entries     BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, hour_ns)
);

-- A row is one gap of a timeline, open or repaired: from_ns <= t < to_ns.
CREATE TABLE gaps (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  -- As camera_events.cause; never null.
  cause       TEXT   NOT NULL,
  -- When a stitcher first saw footage missing there.
  noticed_ns  BIGINT NOT NULL,
  -- When a stitcher found footage there after all. Null: open.
  repaired_ns BIGINT,
  -- Names of the segments that play there, one a line. Null: open.
  repaired_by TEXT,
  PRIMARY KEY (camera_id, from_ns, to_ns)
);

-- A row is what the stitcher made of a camera's segments whose names lie within
-- one hour, packed: statuses as in video_segments, and where the last plan put
-- each. Kept apart from the rows, so that a plan rewrites no more of them than
-- their status.
CREATE TABLE judged_hours (
  camera_id   TEXT   NOT NULL,
  -- The full hour.
  hour_ns     BIGINT NOT NULL,
  judged      BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, hour_ns)
);

-- A row is a segment that a plan has put far from where its name says.
CREATE TABLE displaced_segments (
  camera_id      TEXT   NOT NULL,
  name           TEXT   NOT NULL,
  placed_from_ns BIGINT NOT NULL,
  placed_to_ns   BIGINT NOT NULL,
  PRIMARY KEY (camera_id, name)
);

-- A row is how two strands of a camera were aligned.
CREATE TABLE strand_alignments (
  camera_id      TEXT   NOT NULL,
  -- The strand that began first. Run: empty for foreign recordings.
  early_instance TEXT   NOT NULL,
  early_run      TEXT   NOT NULL,
  early_strand   BIGINT NOT NULL,
  -- The other one.
  late_instance  TEXT   NOT NULL,
  late_run       TEXT   NOT NULL,
  late_strand    BIGINT NOT NULL,
  -- Where they overlap.
  from_ns        BIGINT NOT NULL,
  to_ns          BIGINT NOT NULL,
  -- exact (by fingerprints) | joined (key frame upon key frame by clocks) |
  -- apart (by clocks alone) | differs (as apart, and no picture is equal)
  evidence       TEXT   NOT NULL,
  -- Ticks to add to the later strand's media times. Null: apart, differs.
  media_offset   BIGINT,
  -- How far off it may be. Null: exact.
  error_ns       BIGINT,
  -- Equal samples, and those that could have been. Null unless exact.
  matched        BIGINT,
  compared       BIGINT,
  -- How far the clocks were off. Null: they may both be right.
  step_ns        BIGINT,
  -- How much faster the later one's clock ran. Null: not known.
  drift_ppb      BIGINT,
  PRIMARY KEY (camera_id, early_instance, early_run, early_strand,
               late_instance, late_run, late_strand)
);
CREATE INDEX strand_alignments_from ON strand_alignments (camera_id, from_ns);

-- A row is something that did not fit together when a camera was planned.
CREATE TABLE stitch_findings (
  camera_id   TEXT   NOT NULL,
  at_ns       BIGINT NOT NULL,
  -- Counts what was found at one instant, from 0.
  part        BIGINT NOT NULL,
  -- A word that scripts may look for.
  kind        TEXT   NOT NULL,
  -- For people.
  detail      TEXT   NOT NULL,
  PRIMARY KEY (camera_id, at_ns, part)
);

-- A row is a joint of a timeline at which a later plan may go on, with the
-- state of the planner there (its own format).
CREATE TABLE stitch_carries (
  camera_id   TEXT   NOT NULL,
  at_ns       BIGINT NOT NULL,
  carry       BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, at_ns)
);

-- A row is how far a camera has been stitched, and who is at it.
CREATE TABLE stitch_cameras (
  camera_id        TEXT   NOT NULL PRIMARY KEY,
  -- Counts every change of the camera's timeline; 0: never stitched. Whoever
  -- writes names the one that he read.
  generation       BIGINT NOT NULL,
  -- Changes up to this change_seq are in the timeline.
  planned_seq      BIGINT NOT NULL,
  -- Where the timeline ends. Null: never stitched, or with a gap that goes on.
  planned_until_ns BIGINT,
  -- Run id of the stitcher that holds it, and until when unless renewed. Null:
  -- nobody.
  holder           TEXT,
  leased_until_ns  BIGINT,
  -- The files of all segments that changed up to this change_seq have been
  -- looked at. 0: not known, all are looked up.
  indexed_seq      BIGINT NOT NULL DEFAULT 0
);

-- A row is one run of the stitcher. Instants are on its host's clock.
CREATE TABLE stitch_runs (
  run_id      TEXT   NOT NULL PRIMARY KEY,
  host        TEXT   NOT NULL,
  pid         BIGINT NOT NULL,
  version     TEXT   NOT NULL,
  started_ns  BIGINT NOT NULL,
  -- Null: still at it, or killed.
  finished_ns BIGINT,
  -- Start of the range that it was asked for. Null: everything.
  since_ns    BIGINT,
  -- clean | findings | failed. Null: not finished.
  outcome     TEXT,
  -- How many cameras it planned.
  cameras     BIGINT NOT NULL,
  -- How many findings there were in its range, old and new.
  findings    BIGINT NOT NULL,
  -- For people. Null: nothing to say.
  note        TEXT
);
CREATE INDEX stitch_runs_started ON stitch_runs (started_ns);
