-- What the stitcher reads, knows and makes. What a row and a column is stands
-- in schema.sql.

CREATE INDEX video_segments_camera_change ON video_segments (camera_id, change_seq);
CREATE INDEX camera_events_camera_change ON camera_events (camera_id, change_seq);

CREATE TABLE segment_indexes (
  camera_id   TEXT   NOT NULL,
  name        TEXT   NOT NULL,
  segment_seq BIGINT NOT NULL,
  state       TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  size_bytes  BIGINT,
  modified_ns BIGINT,
  changed_ns  BIGINT,
  path        TEXT,
  reason      TEXT,
  contents    BYTEA,
  pauses      BYTEA,
  change_seq  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, name)
) /* WITHOUT ROWID */;
CREATE INDEX segment_indexes_change ON segment_indexes (camera_id, change_seq);
CREATE INDEX segment_indexes_pauses ON segment_indexes (camera_id, name)
  WHERE pauses IS NOT NULL;
CREATE INDEX segment_indexes_put_off ON segment_indexes (camera_id, segment_seq)
  WHERE state = 'put_off';

CREATE TABLE timeline_hours (
  camera_id   TEXT   NOT NULL,
  hour_ns     BIGINT NOT NULL,
  end_ns      BIGINT NOT NULL,
  entries     BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, hour_ns)
);

CREATE TABLE gaps (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  cause       TEXT   NOT NULL,
  noticed_ns  BIGINT NOT NULL,
  repaired_ns BIGINT,
  repaired_by TEXT,
  PRIMARY KEY (camera_id, from_ns, to_ns)
);

CREATE TABLE judged_hours (
  camera_id   TEXT   NOT NULL,
  hour_ns     BIGINT NOT NULL,
  judged      BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, hour_ns)
);

CREATE TABLE displaced_segments (
  camera_id      TEXT   NOT NULL,
  name           TEXT   NOT NULL,
  placed_from_ns BIGINT NOT NULL,
  placed_to_ns   BIGINT NOT NULL,
  PRIMARY KEY (camera_id, name)
);

CREATE TABLE strand_alignments (
  camera_id      TEXT   NOT NULL,
  early_instance TEXT   NOT NULL,
  early_run      TEXT   NOT NULL,
  early_strand   BIGINT NOT NULL,
  late_instance  TEXT   NOT NULL,
  late_run       TEXT   NOT NULL,
  late_strand    BIGINT NOT NULL,
  from_ns        BIGINT NOT NULL,
  to_ns          BIGINT NOT NULL,
  evidence       TEXT   NOT NULL,
  media_offset   BIGINT,
  error_ns       BIGINT,
  matched        BIGINT,
  compared       BIGINT,
  step_ns        BIGINT,
  drift_ppb      BIGINT,
  PRIMARY KEY (camera_id, early_instance, early_run, early_strand,
               late_instance, late_run, late_strand)
);
CREATE INDEX strand_alignments_from ON strand_alignments (camera_id, from_ns);

CREATE TABLE stitch_findings (
  camera_id   TEXT   NOT NULL,
  at_ns       BIGINT NOT NULL,
  part        BIGINT NOT NULL,
  kind        TEXT   NOT NULL,
  detail      TEXT   NOT NULL,
  PRIMARY KEY (camera_id, at_ns, part)
);

CREATE TABLE stitch_carries (
  camera_id   TEXT   NOT NULL,
  at_ns       BIGINT NOT NULL,
  carry       BYTEA  NOT NULL,
  PRIMARY KEY (camera_id, at_ns)
);

CREATE TABLE stitch_cameras (
  camera_id        TEXT   NOT NULL PRIMARY KEY,
  generation       BIGINT NOT NULL,
  planned_seq      BIGINT NOT NULL,
  planned_until_ns BIGINT,
  holder           TEXT,
  leased_until_ns  BIGINT
);

CREATE TABLE stitch_runs (
  run_id      TEXT   NOT NULL PRIMARY KEY,
  host        TEXT   NOT NULL,
  pid         BIGINT NOT NULL,
  version     TEXT   NOT NULL,
  started_ns  BIGINT NOT NULL,
  finished_ns BIGINT,
  since_ns    BIGINT,
  outcome     TEXT,
  cameras     BIGINT NOT NULL,
  findings    BIGINT NOT NULL,
  note        TEXT
);
CREATE INDEX stitch_runs_started ON stitch_runs (started_ns);
