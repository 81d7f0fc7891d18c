-- Room for the next version of a row beside it: without, marking rows writes
-- them to other pages and into six indexes.
ALTER TABLE video_segments SET (fillfactor = 50);
