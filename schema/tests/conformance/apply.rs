//! Writing changes.

use crate::both::on_both;

on_both! {
    /// Every column of every kind comes back as it went in.
    what_is_written_is_read,
    /// A spool replayed whole, backwards or twice ends in the same rows.
    any_order_and_repetition_gives_the_same_rows,
    /// A batch is all or nothing.
    a_batch_is_one_transaction,
    /// The stitcher's word is not undone by a recorder's late one.
    a_recorder_leaves_the_overlap_status_alone,
    /// Numbers of changes become visible in their order.
    no_reader_ever_misses_a_change,
    /// What was found on disk wins over rows, once.
    what_is_found_on_disk_wins,
    /// What an instance left that never comes back.
    a_spool_without_a_writer_is_replayed,
    /// Hundreds of rows in one batch.
    a_large_batch_is_written_whole,
}

mod stories {
    use crate::both::{Ground, at, put, stamped, tenth};
    use hitless_model::*;
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::spool::Spool;
    use hitless_schema::{Change, Stamp, Stamped, Store};

    fn run(instance: &str) -> Run {
        Run {
            run: RunId::new(format!("{instance}-run-1")).expect("valid"),
            instance: InstanceId::new(instance).expect("valid"),
            host: "nvr".into(),
            pid: 4_000_000,
            version: "0.1.0".into(),
            started: at(0),
            ready: None,
            draining: None,
            stopped: None,
            heartbeat: at(0),
        }
    }

    fn event(second: i64, state: CameraState) -> CameraEvent {
        CameraEvent {
            camera: CameraId::new("CAMERA_1").expect("valid"),
            instance: InstanceId::new("blue").expect("valid"),
            run: RunId::new("blue-run-1").expect("valid"),
            at: at(second),
            state,
            cause: Some(Cause::CameraAway),
            detail: "nothing came for 5 s".into(),
        }
    }

    pub async fn what_is_written_is_read(ground: Ground) {
        let store = ground.store().await;
        let full = tenth("CAMERA_1", "blue", 1, SegmentState::Complete);
        let mut bare = tenth("CAMERA_1", "blue", 2, SegmentState::Recording);
        (bare.run, bare.clock, bare.video, bare.audio) = (None, None, None, None);
        bare.note = Some("ein Test: \u{1f4f7} 'quoted'".into());
        let step = ClockStep {
            instance: InstanceId::new("blue").expect("valid"),
            run: RunId::new("blue-run-1").expect("valid"),
            camera: None,
            at: at(5),
            step: Nanos::from_secs(-86_400),
        };
        let changes = [
            put(1, &full),
            put(2, &bare),
            stamped(3, Change::Run(run("blue"))),
            stamped(4, Change::CameraEvent(event(3, CameraState::Stalled))),
            stamped(5, Change::ClockStep(step.clone())),
            stamped(
                6,
                Change::CameraSeen { camera: full.name.camera.clone(), enabled: true, at: at(0) },
            ),
        ];
        store.apply(&changes).await.expect("applies");

        assert_eq!(store.segment(&full.name).await.expect("reads"), Some(full.clone()));
        assert_eq!(store.segment(&bare.name).await.expect("reads"), Some(bare));
        let runs = store.run(&run("blue").run).await.expect("reads");
        assert_eq!(runs, Some(run("blue")));
        let events = store.camera_events(&full.name.camera, at(0), at(9)).await.expect("reads");
        assert_eq!(events, [event(3, CameraState::Stalled)]);
        assert_eq!(store.clock_steps(at(0), at(9)).await.expect("reads"), [step]);
        let cameras = store.cameras().await.expect("reads");
        assert_eq!(cameras.len(), 1);
        assert!(cameras[0].enabled && cameras[0].first_seen == at(0));
    }

    /// The life of two segments and a run, as a recorder tells it.
    fn life() -> Vec<Stamped> {
        let mut known = tenth("CAMERA_1", "blue", 1, SegmentState::Recording);
        known.duration = Nanos::from_secs(3);
        let mut opened = known.clone();
        (opened.clock, opened.video, opened.audio) = (None, None, None);
        opened.duration = Nanos::ZERO;
        let mut ready = run("blue");
        (ready.ready, ready.heartbeat) = (Some(at(2)), at(2));
        let mut stopped = ready.clone();
        // The host's clock has stepped back.
        (stopped.stopped, stopped.heartbeat) = (Some(at(-50)), at(-50));
        let camera = known.name.camera.clone();
        let seen = |enabled, at| Change::CameraSeen { camera: camera.clone(), enabled, at };
        vec![
            stamped(10, seen(true, at(0))),
            stamped(11, Change::Run(run("blue"))),
            stamped(12, Change::CameraEvent(event(1, CameraState::Connecting))),
            put(13, &opened),
            put(14, &known),
            stamped(15, Change::Run(ready)),
            put(16, &tenth("CAMERA_1", "blue", 1, SegmentState::Complete)),
            put(17, &tenth("CAMERA_1", "blue", 2, SegmentState::Recording)),
            stamped(18, Change::CameraEvent(event(1, CameraState::Connecting))),
            put(19, &tenth("CAMERA_1", "blue", 2, SegmentState::Complete)),
            stamped(
                20,
                Change::SegmentExpired {
                    name: tenth("CAMERA_1", "blue", 1, SegmentState::Complete).name,
                },
            ),
            stamped(21, seen(false, at(-40))),
            stamped(22, Change::Run(stopped)),
            // By a clock that runs ahead: no stamp brings back what is over.
            put(23, &tenth("CAMERA_1", "blue", 1, SegmentState::Complete)),
            put(24, &tenth("CAMERA_1", "blue", 2, SegmentState::Recording)),
        ]
    }

    /// All that can be read, without the change sequence.
    async fn everything(store: &Store) -> impl PartialEq + std::fmt::Debug {
        let camera = CameraId::new("CAMERA_1").expect("valid");
        (
            store.segments_between(&camera, at(-1000), at(1000)).await.expect("reads"),
            store.run(&run("blue").run).await.expect("reads"),
            store.camera_events(&camera, at(-1000), at(1000)).await.expect("reads"),
            store.cameras().await.expect("reads"),
        )
    }

    pub async fn any_order_and_repetition_gives_the_same_rows(ground: Ground) {
        let life = life();
        let store = ground.store().await;
        for change in &life {
            store.apply(std::slice::from_ref(change)).await.expect("applies");
        }
        let straight = everything(&store).await;
        let camera = CameraId::new("CAMERA_1").expect("valid");
        let rows = store.segments_between(&camera, at(-1000), at(1000)).await.expect("reads");
        let states: Vec<_> = rows.iter().map(|row| row.state).collect();
        assert_eq!(states, [SegmentState::Expired, SegmentState::Complete]);
        let told = store.run(&run("blue").run).await.expect("reads").expect("is there");
        assert_eq!((told.ready, told.heartbeat), (Some(at(2)), at(-50)), "the last word");
        let head = store.change_head().await.expect("reads");
        let seen = store.segments_changed_since(ChangeSeq::START, 100).await.expect("reads");

        for change in life.iter().rev().chain(&life) {
            store.apply(std::slice::from_ref(change)).await.expect("applies");
        }
        store.apply(&life).await.expect("applies");
        assert_eq!(everything(&store).await, straight, "after replays");
        let again = store.segments_changed_since(ChangeSeq::START, 100).await.expect("reads");
        assert_eq!(again, seen, "a replay is no change");
        assert!(store.change_head().await.expect("reads") >= head);

        // The same told backwards into an empty database.
        clear(&store, &ground).await;
        for change in life.iter().rev() {
            // An expired row cannot be told before the row is there.
            store.apply(std::slice::from_ref(change)).await.expect("applies");
        }
        store.apply(&life).await.expect("applies");
        assert_eq!(everything(&store).await, straight, "backwards, then whole");
    }

    /// Empties the database by starting another.
    async fn clear(store: &Store, ground: &Ground) {
        for table in ["video_segments", "recorder_runs", "camera_events", "cameras"] {
            crate::schema::execute(&ground.url, &format!("DELETE FROM {table}")).await;
        }
        let camera = CameraId::new("CAMERA_1").expect("valid");
        let left = store.segments_between(&camera, at(-1000), at(1000)).await.expect("reads");
        assert!(left.is_empty());
    }

    pub async fn a_batch_is_one_transaction(ground: Ground) {
        let store = ground.store().await;
        let good = tenth("CAMERA_1", "blue", 1, SegmentState::Complete);
        // The second half of the batch meets a missing table.
        crate::schema::execute(&ground.url, "DROP TABLE clock_events").await;
        let step = ClockStep {
            instance: good.name.instance.clone(),
            run: run("blue").run,
            camera: None,
            at: at(0),
            step: Nanos::ZERO,
        };
        let batch = [put(1, &good), stamped(2, Change::ClockStep(step))];
        store.apply(&batch).await.expect_err("half of it cannot be written");
        assert_eq!(store.segment(&good.name).await.expect("reads"), None);
        assert_eq!(store.change_head().await.expect("reads"), ChangeSeq::START);
    }

    pub async fn a_recorder_leaves_the_overlap_status_alone(ground: Ground) {
        let store = ground.store().await;
        let mut segment = tenth("CAMERA_1", "blue", 1, SegmentState::Complete);
        store.apply(&[put(1, &segment)]).await.expect("applies");
        crate::plans::judge(&store, &segment.name, OverlapStatus::Trimmed).await;
        let head = store.change_head().await.expect("reads");

        segment.size_bytes += 1;
        store.apply(&[put(2, &segment)]).await.expect("applies");
        let row = store.segment(&segment.name).await.expect("reads").expect("is there");
        assert_eq!(row.overlap, OverlapStatus::Trimmed);
        assert_eq!(row.size_bytes, segment.size_bytes);
        let changed = store.segments_changed_since(head, 10).await.expect("reads");
        assert_eq!(changed.len(), 1, "only the recorder's change is one");
    }

    pub async fn no_reader_ever_misses_a_change(ground: Ground) {
        const WRITERS: u64 = 4;
        const EACH: u64 = 40;
        let store = ground.store().await;
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            // A store of its own, as another process would have.
            let store = ground.store().await;
            writers.push(tokio::spawn(async move {
                let camera = format!("CAMERA_{writer}");
                for number in 0..EACH {
                    let one = tenth(&camera, "blue", number, SegmentState::Complete);
                    store.apply(&[put(1, &one)]).await.expect("applies");
                }
            }));
        }
        // A reader that never looks back finds every row.
        let mut seen = ChangeSeq::START;
        let mut names = std::collections::BTreeSet::new();
        crate::both::until("every change seen", async || {
            let changed = store.segments_changed_since(seen, 7).await.expect("reads");
            for one in changed {
                assert!(one.seq > seen);
                seen = one.seq;
                assert!(names.insert(one.row.name.to_string()), "seen twice");
            }
            (names.len() as u64 == WRITERS * EACH).then_some(())
        })
        .await;
        for writer in writers {
            writer.await.expect("a writer does not panic");
        }
        assert_eq!(store.change_head().await.expect("reads"), seen);
    }

    pub async fn what_is_found_on_disk_wins(ground: Ground) {
        let store = ground.store().await;
        let told = tenth("CAMERA_1", "blue", 1, SegmentState::Complete);
        // Told by a host whose clock was a day ahead.
        store.apply(&[put(1_000_000, &told)]).await.expect("applies");
        let mut found = told.clone();
        found.size_bytes = 7;
        found.state = SegmentState::Recovered;
        let also = tenth("CAMERA_2", "blue", 1, SegmentState::Complete);
        let both = [found.clone(), also.clone()];
        let stamp = Stamp::from_ns(5);
        assert_eq!(store.put_found(&both, stamp).await.expect("writes"), 2);
        let head = store.change_head().await.expect("reads");
        assert_eq!(store.put_found(&both, stamp).await.expect("writes"), 0, "nothing new");
        assert_eq!(store.segments_changed_since(head, 9).await.expect("reads"), []);
        store.apply(&[put(1_000_000, &told)]).await.expect("applies");
        assert_eq!(store.segment(&found.name).await.expect("reads"), Some(found.clone()));

        let gone = [found.name.clone()];
        assert_eq!(store.mark_missing(&gone, stamp).await.expect("writes"), 1);
        assert_eq!(store.mark_missing(&gone, stamp).await.expect("writes"), 0);
        let row = store.segment(&found.name).await.expect("reads").expect("is there");
        assert_eq!(row.state, SegmentState::Missing);
        assert_eq!(store.put_found(&both, stamp).await.expect("writes"), 1, "it is back");
    }

    pub async fn a_spool_without_a_writer_is_replayed(ground: Ground) {
        let store = ground.store().await;
        let folder = ground.folder.path().join("spool");
        let all: Vec<_> =
            (0..1500).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        let left: Vec<_> = all.iter().map(|s| put(1, s)).collect();
        let mut spool = Spool::open(&folder, 1 << 30).expect("opens");
        spool.push(&left).expect("pushes");
        drop(spool);
        assert_eq!(store.replay_spool(&folder).await.expect("replays"), 1500);
        assert_eq!(store.replay_spool(&folder).await.expect("replays"), 0);
        let camera = &all[0].name.camera;
        let read = store.segments_between(camera, at(-9), at(99_999)).await.expect("reads");
        assert_eq!(read.len(), 1500);
    }

    pub async fn a_large_batch_is_written_whole(ground: Ground) {
        let store = ground.store().await;
        let many: Vec<_> =
            (0..333).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        let batch: Vec<_> = many.iter().map(|s| put(1, s)).collect();
        store.apply(&batch).await.expect("applies");
        let camera = &many[0].name.camera;
        let read = store.segments_between(camera, at(0), at(4000)).await.expect("reads");
        assert_eq!(read, many);
        let numbers = store.segments_changed_since(ChangeSeq::START, 999).await.expect("reads");
        assert_eq!(numbers.len(), 333);
        assert!(numbers.windows(2).all(|w| w[0].seq < w[1].seq));
    }
}
