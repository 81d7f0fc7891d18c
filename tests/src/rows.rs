//! What the database says.

use hitless_model::{CameraId, Segment, Utc};
use hitless_schema::{DatabaseUrl, Store};
use std::path::Path;

/// All rows of a camera, by whatever instance.
pub(crate) fn of_camera(database: &Path, camera: &str) -> Vec<Segment> {
    let camera = CameraId::new(camera).expect("a camera id");
    let url = DatabaseUrl::sqlite_file(database);
    blocking(async {
        let store = Store::open(&url).await.expect("the database opens");
        let (from, to) = (Utc::from_ns(0), Utc::from_ns(i64::MAX));
        let rows = store.segments_between(&camera, from, to).await.expect("rows of the camera");
        store.close().await;
        rows
    })
}

fn blocking<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}
