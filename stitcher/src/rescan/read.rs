//! Rows of files, read by many threads.

use crate::compute::Compute;
use crate::index::row_of_file;
use crate::site::Site;
use hitless_model::{Segment, SegmentName};
use rayon::prelude::*;

/// The row of each file, and a sentence for each that could not be read.
pub(super) async fn rows_of(
    site: &Site,
    compute: &Compute,
    names: Vec<SegmentName>,
) -> (Vec<Segment>, Vec<String>) {
    let root = site.root().to_owned();
    let read: Vec<Result<Segment, String>> = compute
        .run(move || {
            let row = |name| row_of_file(&root, name).map_err(|e| e.to_string());
            names.par_iter().map(row).collect()
        })
        .await;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(problem),
        }
    }
    (rows, problems)
}
