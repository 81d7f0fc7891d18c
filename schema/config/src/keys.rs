//! Every key there is. Whatever is not in this list is refused, with the
//! nearest one that is.
//!
//! The list stands alone so that three things can be held against it: what the
//! reader asks for (a debug assertion), what the sample explains (a test) and
//! what a file or the environment says (`unknown`).

/// Full names: tables by dots; `camera` is a list, so that `camera.url` means
/// the key `url` of every `[[camera]]`.
pub(crate) const KEYS: &[&str] = &[
    "storage",
    "database",
    "segment_seconds",
    "log.format",
    "log.level",
    "recorder.instance",
    "recorder.bind",
    "recorder.token_file",
    "recorder.stall_seconds",
    "recorder.connect_timeout_seconds",
    "recorder.backoff_initial_seconds",
    "recorder.backoff_max_seconds",
    "recorder.sync_seconds",
    "recorder.heartbeat_seconds",
    "recorder.queue_bytes",
    "recorder.spool_bytes",
    "recorder.g711",
    "recorder.ingest_batch_ms",
    "recorder.disk.min_free_bytes",
    "recorder.disk.min_free_percent",
    "recorder.disk.policy",
    "recorder.disk.check_seconds",
    "shutdown.total_seconds",
    "shutdown.requests_seconds",
    "shutdown.segments_seconds",
    "shutdown.database_seconds",
    "shutdown.events_seconds",
    "handover.max_seconds",
    "handover.overlap",
    "handover.best_effort_seconds",
    "handover.peer_max_seconds",
    "stitcher.gap_seconds",
    "stitcher.bind",
    "stitcher.token_file",
    "stitcher.jobs",
    "stitcher.foreign",
    "camera.id",
    "camera.url",
    "camera.user",
    "camera.password_file",
    "camera.password_env",
    "camera.password_credential",
    "camera.transport",
    "camera.source",
    "camera.enabled",
    "camera.optional",
    "camera.audio",
    "camera.overlap",
    "camera.tls_ca_file",
    "camera.tls_insecure",
];

/// Is there this key, or a table of this name?
pub(crate) fn exists(full: &str) -> bool {
    KEYS.contains(&full) || is_table(full)
}

/// Is this the name of a table (or of the list of cameras)?
pub(crate) fn is_table(full: &str) -> bool {
    KEYS.iter().any(|k| k.strip_prefix(full).is_some_and(|rest| rest.starts_with('.')))
}

/// The keys and tables directly inside a table; `""` is the top.
pub(crate) fn children(table: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = KEYS
        .iter()
        .filter_map(|k| match table {
            "" => Some(*k),
            _ => k.strip_prefix(table)?.strip_prefix('.'),
        })
        .filter_map(|rest| rest.split('.').next())
        .collect();
    names.dedup();
    names
}

/// The tables that have a key of this very name, as they are written in a file.
pub(crate) fn homes(key: &str) -> Vec<String> {
    KEYS.iter()
        .filter(|k| k.rsplit('.').next() == Some(key))
        .map(|k| match k.rsplit_once('.') {
            None => "the top of the file, before the first [table]".to_owned(),
            Some((table, _)) => header(table),
        })
        .collect()
}

/// A table's name as it is written in a file.
pub(crate) fn header(table: &str) -> String {
    if table == "camera" { "[[camera]]".to_owned() } else { format!("[{table}]") }
}

/// The candidate most like a word; none if all are far from it.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // 0.75 lets one or two slips through in a short word; below it the proposals
    // of strsim have nothing to do with what was meant.
    const LIKE_ENOUGH: f64 = 0.75;
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(word, c), c))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_keys_are_told_apart() {
        assert!(is_table("recorder") && is_table("recorder.disk") && is_table("camera"));
        assert!(!is_table("storage") && !is_table("record"));
        assert!(exists("recorder.disk.policy") && !exists("recorder.policy"));
    }

    #[test]
    fn children_are_keys_and_tables_of_one_level() {
        assert_eq!(
            children(""),
            [
                "storage",
                "database",
                "segment_seconds",
                "log",
                "recorder",
                "shutdown",
                "handover",
                "stitcher",
                "camera"
            ]
        );
        assert_eq!(children("log"), ["format", "level"]);
        assert!(children("recorder").contains(&"disk"));
    }

    #[test]
    fn the_nearest_key_is_the_one_meant() {
        assert_eq!(nearest("bnid", children("recorder")), Some("bind"));
        assert_eq!(nearest("databse", children("")), Some("database"));
        assert_eq!(nearest("colour", children("")), None);
    }
}
