CREATE INDEX video_segments_unplayable ON video_segments (camera_id, start_ns)
  WHERE state IN ('corrupt', 'missing');
