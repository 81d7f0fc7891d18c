ALTER TABLE stitch_cameras ADD COLUMN indexed_seq BIGINT NOT NULL DEFAULT 0;
DROP INDEX segment_indexes_pauses;
CREATE INDEX segment_indexes_paused ON segment_indexes (camera_id, segment_seq)
  WHERE pauses IS NOT NULL;
