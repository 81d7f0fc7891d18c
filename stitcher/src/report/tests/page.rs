//! The metrics against `docs/stitcher.md`.

use super::report;
use crate::report::prometheus;
use std::collections::BTreeSet;

#[test]
fn every_metric_is_documented() {
    let page = include_str!("../../../../docs/stitcher.md");
    let documented: BTreeSet<_> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `hitless_timeline_")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let text = prometheus(&report());
    let found: BTreeSet<_> = text
        .lines()
        .filter_map(|l| l.strip_prefix("# TYPE hitless_timeline_")?.split_once(' '))
        .map(|(name, _)| name)
        .collect();
    assert!(found.len() > 10, "{found:?}");
    assert_eq!(documented, found);
}
