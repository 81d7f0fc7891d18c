//! A segment as a row: the one place that knows the order of the columns.
//!
//! Unsigned numbers of the model are kept as signed ones of the same bits, so
//! that what is written is always read. Rows are read packed: the database
//! joins the columns of many rows into one text, because handing over 34
//! columns one by one costs more than all the rest (SQLite through sqlx: 16 µs
//! a row, packed: 4).

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::encode;

/// Between two columns of a packed row. Bound texts never hold it.
pub(crate) const FIELD: char = '\u{1f}';
/// Between two packed rows. Bound texts never hold it.
pub(crate) const ROW: char = '\u{1e}';

/// The columns that make a [`hitless_model::Segment`], in the order that
/// [`encode`] writes.
pub(crate) const COLUMNS: [&str; 33] = [
    "name",
    "camera_id",
    "instance_id",
    "number",
    "run_id",
    "strand",
    "size_bytes",
    "state",
    "overlap_status",
    "start_ns",
    "duration_ns",
    "media_start",
    "media_length",
    "clock_source",
    "clock_media",
    "clock_utc_ns",
    "clock_error_ns",
    "clock_timescale",
    "clock_drift_ppb",
    "video_codec",
    "video_width",
    "video_height",
    "video_timescale",
    "video_samples",
    "video_key_frames",
    "video_bytes",
    "video_damaged",
    "video_parameters",
    "audio_codec",
    "audio_sample_rate",
    "audio_channels",
    "audio_samples",
    "note",
];

/// The columns that [`decode`] reads, in order.
const PACKED: [&str; 31] = [
    "name",
    "run_id",
    "strand",
    "size_bytes",
    "state",
    "overlap_status",
    "start_ns",
    "duration_ns",
    "media_start",
    "media_length",
    "clock_source",
    "clock_media",
    "clock_utc_ns",
    "clock_error_ns",
    "clock_timescale",
    "clock_drift_ppb",
    "video_codec",
    "video_width",
    "video_height",
    "video_timescale",
    "video_samples",
    "video_key_frames",
    "video_bytes",
    "video_damaged",
    "video_parameters",
    "audio_codec",
    "audio_sample_rate",
    "audio_channels",
    "audio_samples",
    "note",
    "change_seq",
];

/// A query for the segments that `rest` (WHERE, ORDER BY, LIMIT) chooses, as
/// one text in one row; null if there are none.
pub(crate) fn packed(rest: &str) -> String {
    // one call: 31 casts and 30 joins took 4.6 us a row, format() 1.9, this 1.5
    let row = format!("concat({})", PACKED.join(&format!(", '{FIELD}', ")));
    format!(
        "SELECT string_agg(one_row, '{ROW}') FROM (SELECT {row} AS one_row \
         FROM video_segments {rest}) AS chosen"
    )
}

/// Columns that never change once the row is there: the name and its parts.
pub(crate) const FIXED: [&str; 4] = ["name", "camera_id", "instance_id", "number"];

/// Whether what a recorder says may change a column of a row that is there.
pub(crate) fn is_replaced(column: &str) -> bool {
    column != "overlap_status" && !FIXED.contains(&column)
}
