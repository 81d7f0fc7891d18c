//! A segment as a row: the one place that knows the order of the columns.
//!
//! Unsigned numbers of the model are kept as signed ones of the same bits, so
//! that what is written is always read.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::encode;

/// The columns that make a [`hitless_model::Segment`], in the order that
/// [`encode`] writes and [`decode`] reads.
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

/// Columns that never change once the row is there: the name and its parts.
pub(crate) const FIXED: [&str; 4] = ["name", "camera_id", "instance_id", "number"];

/// Whether what a recorder says may change a column of a row that is there.
pub(crate) fn is_replaced(column: &str) -> bool {
    column != "overlap_status" && !FIXED.contains(&column)
}
