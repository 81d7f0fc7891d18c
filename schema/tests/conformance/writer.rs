//! The writer, with a database that comes and goes.

use crate::both::on_both;

on_both! {
    /// All that is sent arrives, many changes to a transaction.
    what_is_sent_is_committed_in_groups,
    /// One change that the database refuses holds up no other.
    a_refused_change_holds_up_no_other,
    /// A database that hangs is told from one that works, and never holds up
    /// who sends.
    a_hung_database_holds_up_nobody,
    /// A database that was emptied under an open connection is made anew.
    a_lost_database_is_made_anew,
    /// Text that only one of the databases could hold is made to fit.
    odd_text_is_no_obstacle,
}

#[path = "outage.rs"]
mod outage;

mod stories {
    use crate::both::{Ground, at, tenth, until};
    use crate::schema::{Blocker, execute};
    use hitless_model::*;
    use hitless_schema::writer::{Flushed, LinkState, Writer, WriterOptions};
    use hitless_schema::{Change, ErrorKind};
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(30);

    fn options(ground: &Ground) -> WriterOptions {
        let mut options =
            WriterOptions::new(ground.url.clone(), ground.folder.path().join("spool"));
        options.retry_first = Duration::from_millis(20);
        options.retry_longest = Duration::from_millis(100);
        options
    }

    fn segment(number: u64) -> Change {
        Change::Segment(Box::new(tenth("CAMERA_1", "blue", number, SegmentState::Complete)))
    }

    fn event(detail: &str) -> Change {
        Change::CameraEvent(CameraEvent {
            camera: CameraId::new("CAMERA_1").expect("valid"),
            instance: InstanceId::new("blue").expect("valid"),
            run: RunId::new("blue-run-1").expect("valid"),
            at: at(0),
            state: CameraState::Stalled,
            cause: None,
            detail: detail.into(),
        })
    }

    async fn rows(ground: &Ground) -> usize {
        let camera = CameraId::new("CAMERA_1").expect("valid");
        let store = ground.store().await;
        let found = store.segments_between(&camera, at(-9), at(99_999)).await.expect("reads");
        store.close().await;
        found.len()
    }

    pub async fn what_is_sent_is_committed_in_groups(ground: Ground) {
        let (writer, task) = Writer::start(options(&ground)).await.expect("starts");
        for number in 0..500 {
            writer.send(segment(number)).await.expect("takes it");
        }
        assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
        assert_eq!(rows(&ground).await, 500);
        let status = writer.status().borrow().clone();
        assert!(status.is_current(), "{status:?}");
        assert_eq!((status.committed, status.dropped, status.refused), (500, 0, 0));
        assert!(status.commits < 400, "{} transactions", status.commits);
        assert!(status.last_commit.is_some());
        // The last word is committed when the last handle goes.
        writer.send(segment(500)).await.expect("takes it");
        drop(writer);
        task.await.expect("no panic");
        assert_eq!(rows(&ground).await, 501);
    }

    pub async fn a_refused_change_holds_up_no_other(ground: Ground) {
        ground.store().await.close().await;
        let refuse = match ground.url.sqlite_path() {
            Some(_) => {
                "CREATE TRIGGER refuse BEFORE INSERT ON camera_events WHEN NEW.detail = 'bad'
                 BEGIN SELECT RAISE(ABORT, 'not this one'); END"
            }
            None => "ALTER TABLE camera_events ADD CHECK (detail <> 'bad')",
        };
        execute(&ground.url, refuse).await;
        let (writer, _task) = Writer::start(options(&ground)).await.expect("starts");
        for change in [segment(1), event("bad"), segment(2), event("good")] {
            writer.send(change).await.expect("takes it");
        }
        assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
        let status = writer.status().borrow().clone();
        assert_eq!((status.committed, status.refused), (3, 1), "{status:?}");
        assert_eq!(rows(&ground).await, 2);
    }

    pub async fn a_hung_database_holds_up_nobody(ground: Ground) {
        // Made before, so that only a hung database takes longer than that.
        ground.store().await.close().await;
        let mut options = options(&ground);
        options.commit_timeout = Duration::from_secs(2);
        let (writer, _task) = Writer::start(options).await.expect("starts");
        writer.try_send(segment(0)).expect("takes it");
        until_committed(&writer).await;

        let blocker = Blocker::of(&ground.url).await;
        send_until_away(&writer).await;
        let status = writer.status().borrow().clone();
        let LinkState::Away { kind, reason, .. } = &status.link else { panic!("{status:?}") };
        assert_eq!(*kind, ErrorKind::Unreachable);
        assert!(reason.contains("no answer within 2 s"), "{reason}");

        blocker.release().await;
        until_committed(&writer).await;
        assert!(writer.status().borrow().committed > 1);
        assert_eq!(writer.status().borrow().dropped, 0);
    }

    /// Sends until the writer says that the database is away; no send waits
    /// for anything.
    async fn send_until_away(writer: &Writer) {
        let mut number = 1;
        until("away", async || {
            writer.try_send(segment(number)).expect("takes it at once");
            number += 1;
            let away = matches!(writer.status().borrow().link, LinkState::Away { .. });
            (away && writer.status().borrow().spool.records > 0).then_some(())
        })
        .await;
    }

    async fn until_committed(writer: &Writer) {
        until("in the database", async || {
            writer.flush(LONG).await.ok().filter(|f| *f == Flushed::Committed)
        })
        .await;
    }

    pub async fn a_lost_database_is_made_anew(ground: Ground) {
        let (writer, _task) = Writer::start(options(&ground)).await.expect("starts");
        writer.send(segment(1)).await.expect("takes it");
        assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
        match ground.url.sqlite_path() {
            Some(path) => {
                for end in ["", "-wal", "-shm"] {
                    let mut name = path.as_os_str().to_owned();
                    name.push(end);
                    std::fs::remove_file(name).expect("removes");
                }
            }
            None => execute(&ground.url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await,
        }
        writer.send(segment(2)).await.expect("takes it");
        until_committed(&writer).await;
        assert_eq!(rows(&ground).await, 1, "what went before is for a rescan");
        assert_eq!(writer.status().borrow().refused, 0);
    }

    pub async fn odd_text_is_no_obstacle(ground: Ground) {
        let (writer, _task) = Writer::start(options(&ground)).await.expect("starts");
        writer.send(event("a\0b \u{1f4f7} '; DROP TABLE cameras; --")).await.expect("takes it");
        assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
        assert_eq!(writer.status().borrow().refused, 0);
        let camera = CameraId::new("CAMERA_1").expect("valid");
        let events = ground.store().await.camera_events(&camera, at(-9), at(9)).await;
        let events = events.expect("reads");
        assert_eq!(events[0].detail, "a\u{fffd}b \u{1f4f7} '; DROP TABLE cameras; --");
    }
}
