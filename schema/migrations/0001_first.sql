-- The first schema. What a row and a column is stands in schema.sql.

CREATE TABLE change_counter (
  id          BIGINT NOT NULL PRIMARY KEY,
  value       BIGINT NOT NULL
);

CREATE TABLE cameras (
  camera_id     TEXT   NOT NULL PRIMARY KEY,
  enabled       BIGINT NOT NULL,
  first_seen_ns BIGINT NOT NULL,
  last_seen_ns  BIGINT NOT NULL,
  stamp         BIGINT NOT NULL
);

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
  heartbeat_ns BIGINT NOT NULL,
  stamp        BIGINT NOT NULL
);
CREATE INDEX recorder_runs_instance ON recorder_runs (instance_id, started_ns);

CREATE TABLE video_segments (
  name              TEXT   NOT NULL,
  camera_id         TEXT   NOT NULL,
  instance_id       TEXT   NOT NULL,
  number            BIGINT NOT NULL,
  run_id            TEXT,
  strand            BIGINT NOT NULL,
  size_bytes        BIGINT NOT NULL,
  state             TEXT   NOT NULL,
  overlap_status    TEXT   NOT NULL,
  start_ns          BIGINT NOT NULL,
  duration_ns       BIGINT NOT NULL,
  media_start       BIGINT NOT NULL,
  media_length      BIGINT NOT NULL,
  clock_source      TEXT,
  clock_media       BIGINT,
  clock_utc_ns      BIGINT,
  clock_error_ns    BIGINT,
  clock_timescale   BIGINT,
  clock_drift_ppb   BIGINT,
  video_codec       TEXT,
  video_width       BIGINT,
  video_height      BIGINT,
  video_timescale   BIGINT,
  video_samples     BIGINT,
  video_key_frames  BIGINT,
  video_bytes       BIGINT,
  video_damaged     BIGINT,
  video_parameters  BIGINT,
  audio_codec       TEXT,
  audio_sample_rate BIGINT,
  audio_channels    BIGINT,
  audio_samples     BIGINT,
  note              TEXT,
  stamp             BIGINT NOT NULL,
  change_seq        BIGINT NOT NULL,
  PRIMARY KEY (camera_id, name)
) /* WITHOUT ROWID */;
CREATE INDEX video_segments_start ON video_segments (camera_id, start_ns, instance_id);
CREATE INDEX video_segments_oldest ON video_segments (start_ns);
CREATE INDEX video_segments_number ON video_segments (camera_id, instance_id, number);
CREATE INDEX video_segments_change ON video_segments (change_seq);
CREATE INDEX video_segments_recording ON video_segments (instance_id)
  WHERE state = 'recording';
CREATE INDEX video_segments_expired ON video_segments (camera_id)
  WHERE state = 'expired';

CREATE TABLE camera_events (
  camera_id   TEXT   NOT NULL,
  run_id      TEXT   NOT NULL,
  instance_id TEXT   NOT NULL,
  at_ns       BIGINT NOT NULL,
  state       TEXT   NOT NULL,
  cause       TEXT,
  detail      TEXT   NOT NULL,
  stamp       BIGINT NOT NULL,
  change_seq  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, run_id, stamp)
);
CREATE INDEX camera_events_at ON camera_events (camera_id, at_ns);
CREATE INDEX camera_events_change ON camera_events (change_seq);

CREATE TABLE clock_events (
  run_id      TEXT   NOT NULL,
  stamp       BIGINT NOT NULL,
  instance_id TEXT   NOT NULL,
  camera_id   TEXT,
  at_ns       BIGINT NOT NULL,
  step_ns     BIGINT NOT NULL,
  PRIMARY KEY (run_id, stamp)
);
CREATE INDEX clock_events_at ON clock_events (at_ns);

CREATE TABLE protections (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  created_ns  BIGINT NOT NULL,
  PRIMARY KEY (camera_id, from_ns, to_ns)
);

CREATE TABLE expired_ranges (
  camera_id   TEXT   NOT NULL,
  from_ns     BIGINT NOT NULL,
  to_ns       BIGINT NOT NULL,
  PRIMARY KEY (camera_id, from_ns)
);

INSERT INTO change_counter (id, value) VALUES (1, 0);
