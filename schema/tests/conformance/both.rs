//! Running a story on each database.

use hitless_model::{Nanos, Segment, SegmentState, Utc};
use hitless_schema::testing::{EphemeralPostgres, Facts, segment};
use hitless_schema::{Change, DatabaseUrl, Stamp, Stamped, Store};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An empty database and a folder for whatever else a story needs.
pub struct Ground {
    pub url: DatabaseUrl,
    pub folder: TempDir,
}

impl Ground {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { url: DatabaseUrl::sqlite_file(folder.path().join("hitless.db")), folder }
    }

    pub async fn postgres() -> Self {
        let url = EphemeralPostgres::shared().await.database().await;
        Self { url, folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.url).await.expect("the database opens")
    }
}

/// Makes two tests of each story: `name::sqlite` and `name::postgres`.
macro_rules! on_both {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::stories::$name(crate::both::Ground::sqlite().await).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::stories::$name(crate::both::Ground::postgres().await).await;
            }
        })*
    };
}
pub(crate) use on_both;

/// 2026-08-11T03:00:00Z and some seconds.
pub fn at(seconds: i64) -> Utc {
    Utc::parse("2026-08-11T03:00:00Z").expect("valid").plus(Nanos::from_secs(seconds))
}

/// Segment `number` of a camera, ten seconds long, the numbers end to end.
pub fn tenth(camera: &str, instance: &str, number: u64, state: SegmentState) -> Segment {
    segment(&Facts {
        camera,
        instance,
        run: &format!("{instance}-run-1"),
        number,
        start: at(i64::try_from(number).expect("small") * 10),
        duration: Nanos::from_secs(10),
        state,
    })
}

pub fn stamped(stamp: i64, change: Change) -> Stamped {
    Stamped { stamp: Stamp::from_ns(stamp), change }
}

pub fn put(stamp: i64, segment: &Segment) -> Stamped {
    stamped(stamp, Change::Segment(Box::new(segment.clone())))
}

/// Waits for a condition, with a deadline.
pub async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within 120 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
