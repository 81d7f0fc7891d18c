//! What a stitching run needs before it plans: news, leases, rows and events.

use crate::both::on_both;

on_both! {
    /// A camera has news exactly from a change until a plan with it.
    news_last_until_planned,
    /// Cameras are shared out among runs, and come back from one that died.
    leases_share_cameras_out,
    /// Changed rows say where, now and before.
    touched_ranges_are_where_rows_are_and_were,
    /// A plan that goes on reads what it has not passed.
    rows_are_read_from_where_a_plan_goes_on,
    /// What an event says holds until the next one of its run, or its end.
    events_hold_until_their_run_says_otherwise,
    /// The last run that did its work.
    runs_are_remembered,
}

pub mod stories {
    use crate::both::{Ground, at, put, tenth};
    use crate::index::stories::{camera, indexed};
    use crate::plans::LEASE;
    use crate::plans::{apply, claimed, me, span, window, written};
    use hitless_model::*;
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::stitch::{Judged, StitchOutcome, StitchRun, Window};
    use hitless_schema::{Change, Stamp, Stamped};

    pub async fn news_last_until_planned(ground: Ground) {
        let store = ground.store().await;
        let news = async || -> Vec<(String, bool)> {
            let work = store.stitch_work().await.expect("reads");
            work.iter().map(|w| (w.camera.to_string(), w.has_news())).collect()
        };
        assert_eq!(news().await, []);
        let segments = ["CAMERA_1", "a-b", "Z"]
            .map(|camera| put(1, &tenth(camera, "blue", 0, SegmentState::Complete)));
        store.apply(&segments).await.expect("applies");
        let told = |word: [bool; 3]| -> Vec<(String, bool)> {
            ["CAMERA_1", "Z", "a-b"].iter().map(|c| c.to_string()).zip(word).collect()
        };
        assert_eq!(news().await, told([true, true, true]));
        let head = store.change_head().await.expect("reads");
        let held = store.claim_cameras(&me(), &[camera()], at(0), LEASE).await.expect("writes");
        assert_eq!(held[0].1.generation, 0);
        let mut planned = window(0, vec![span(0, 10, "blue", 0)]);
        planned.planned_seq = Some(head);
        planned.planned_until = Some(at(10));
        written(apply(&store, planned).await);
        assert_eq!(news().await, told([false, true, true]));
        let state = store.stitch_state(&camera()).await.expect("reads");
        assert_eq!((state.planned_seq, state.planned_until), (head, Some(at(10))));
        // A late event may tell the cause of an old gap.
        let event = CameraEvent {
            camera: camera(),
            instance: InstanceId::new("blue").expect("valid"),
            run: RunId::new("r").expect("valid"),
            at: at(3),
            state: CameraState::Stalled,
            cause: Some(Cause::CameraAway),
            detail: String::new(),
        };
        let event = crate::both::stamped(1, hitless_schema::Change::CameraEvent(event));
        store.apply(&[event]).await.expect("applies");
        assert_eq!(news().await, told([true, true, true]));
    }

    pub async fn leases_share_cameras_out(ground: Ground) {
        let store = ground.store().await;
        let other = RunId::new("stitch-2").expect("valid");
        let cameras = ["A", "B", "C"].map(|c| CameraId::new(c).expect("valid"));
        let claim = async |who: &RunId, now| -> Vec<CameraId> {
            let held = store.claim_cameras(who, &cameras, at(now), LEASE).await.expect("writes");
            held.into_iter().map(|(camera, _)| camera).collect()
        };
        let held = store.claim_cameras(&me(), &cameras[..2], at(0), LEASE).await.expect("writes");
        assert_eq!(held[0].1.holder, Some(me()));
        assert_eq!(held[0].1.leased_until, Some(at(60)));
        assert_eq!(claim(&other, 1).await, [cameras[2].clone()], "takes what is left");
        assert_eq!(claim(&me(), 2).await, cameras[..2], "its own again");
        assert_eq!(store.renew_leases(&other, at(50), LEASE).await.expect("writes").len(), 1);
        assert_eq!(claim(&other, 61).await, [cameras[2].clone()], "claimed again at 2");
        assert_eq!(claim(&other, 62).await, cameras, "the first one died");
        assert_eq!(store.renew_leases(&me(), at(63), LEASE).await.expect("writes"), []);
        store.release_cameras(&me(), &cameras).await.expect("writes");
        assert_eq!(claim(&me(), 64).await, [], "not its to release");
        store.release_cameras(&other, &cameras[..1]).await.expect("writes");
        assert_eq!(claim(&me(), 65).await, cameras[..1]);
        store.release_all(&other).await.expect("writes");
        assert_eq!(claim(&me(), 66).await, cameras);
    }

    pub async fn touched_ranges_are_where_rows_are_and_were(ground: Ground) {
        let store = claimed(&ground).await;
        let rows: Vec<_> =
            (0..9).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        store.apply(&rows.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        let touched = async || store.touched_since(&camera(), head).await.expect("reads");
        assert_eq!(touched().await, []);
        let error = Nanos::from_millis(3);
        let less = Nanos::ZERO.minus(error);
        // An event, an index, and a row that has moved from where it was put.
        let listed = store.segments_to_index(&camera(), 99).await.expect("reads");
        store.put_indexes(&[indexed(&listed[2], b"x")]).await.expect("writes");
        let indexed = TimeRange { from: at(20).plus(less), to: at(30).plus(error) };
        assert_eq!(touched().await, [indexed]);
        let judged = Judged {
            segment: rows[5].name.clone(),
            status: OverlapStatus::Unique,
            placed: TimeRange { from: at(50), to: at(60) },
        };
        let planned = Window { judged: vec![judged], ..window(0, vec![span(50, 60, "blue", 5)]) };
        written(apply(&store, planned).await);
        assert_eq!(touched().await, [indexed], "the stitcher's word is no change");
        let mut moved = rows[5].clone();
        moved.start = at(4_000);
        store.apply(&[put(2, &moved)]).await.expect("applies");
        let before = TimeRange { from: at(50), to: at(60) };
        let now = TimeRange { from: at(4_000).plus(less), to: at(4_010).plus(error) };
        assert_eq!(touched().await, [indexed, before, now]);
        let neighbour = put(2, &rows[6]);
        store.apply(&[neighbour]).await.expect("applies");
        let both = TimeRange { from: at(50), to: at(70).plus(error) };
        assert_eq!(touched().await, [indexed, both, now]);
    }

    pub async fn rows_are_read_from_where_a_plan_goes_on(ground: Ground) {
        let store = ground.store().await;
        let mut changes = Vec::new();
        for instance in ["blue", "green", "red"] {
            let rows = (0..9).map(|n| tenth("CAMERA_1", instance, n, SegmentState::Complete));
            changes.extend(rows.map(|row| put(1, &row)));
        }
        store.apply(&changes).await.expect("applies");
        let from = async |passed: &[(&str, u64)], start, before: Option<i64>| -> Vec<String> {
            let passed: Vec<_> = passed
                .iter()
                .map(|(i, n)| (InstanceId::new(*i).expect("valid"), SegmentNumber::new(*n)))
                .collect();
            let rows = store.segments_from(&camera(), &passed, at(start), before.map(at)).await;
            let told = |s: &Segment| format!("{}{}", s.name.instance, s.name.number.get());
            rows.expect("reads").iter().map(told).collect()
        };
        assert_eq!(from(&[], 0, None).await.len(), 27);
        assert_eq!(
            from(&[("blue", 8), ("green", 7)], 80, None).await,
            ["green7", "blue8", "green8", "red8"]
        );
        assert_eq!(from(&[("blue", 0)], 80, Some(20)).await, ["blue0", "blue1"]);
        assert_eq!(from(&[("blue", 9), ("green", 9)], 70, None).await, ["red7", "red8"]);

        let head = store.change_head().await.expect("reads");
        let listed = store.segments_to_index(&camera(), 99).await.expect("reads");
        store.put_indexes(&[indexed(&listed[0], b"x")]).await.expect("writes");
        let row = tenth("CAMERA_1", "red", 5, SegmentState::Missing);
        store.apply(&[put(2, &row)]).await.expect("applies");
        let changed = store.segments_with_news(&camera(), head).await.expect("reads");
        let names: Vec<_> = changed.iter().map(|c| &c.segment.name).collect();
        assert_eq!(names, [&listed[0].segment.name, &row.name]);
        assert!(changed.iter().all(|c| c.placed.is_none()));
        let placed = TimeRange { from: at(1), to: at(2) };
        store.claim_cameras(&me(), &[camera()], at(0), LEASE).await.expect("writes");
        let status = OverlapStatus::Duplicate;
        let judged = vec![Judged { segment: row.name.clone(), status, placed }];
        written(apply(&store, Window { judged, ..window(0, vec![]) }).await);
        let changed = store.segments_with_news(&camera(), head).await.expect("reads");
        assert_eq!(changed[1].placed, Some(placed));
        assert_eq!(changed[1].segment.overlap, status);
    }

    pub async fn events_hold_until_their_run_says_otherwise(ground: Ground) {
        let store = ground.store().await;
        let instance = || InstanceId::new("blue").expect("valid");
        let run = |name: &str| RunId::new(name).expect("valid");
        let life = Run {
            run: run("one"),
            instance: instance(),
            host: "host".to_owned(),
            pid: 1,
            version: "1".to_owned(),
            started: at(0),
            ready: None,
            draining: None,
            stopped: Some(at(90)),
            heartbeat: at(80),
        };
        let event = |of: &str, seconds| CameraEvent {
            camera: camera(),
            instance: instance(),
            run: run(of),
            at: at(seconds),
            state: CameraState::Stalled,
            cause: Some(Cause::CameraAway),
            detail: String::new(),
        };
        let stamped = |n, change| Stamped { stamp: Stamp::from_ns(n), change };
        let changes = [
            stamped(1, Change::Run(life)),
            stamped(2, Change::CameraEvent(event("one", 10))),
            stamped(3, Change::CameraEvent(event("two", 15))),
            stamped(4, Change::CameraEvent(event("one", 30))),
        ];
        store.apply(&changes).await.expect("applies");
        let seen = ChangeSeq::START;
        let mut held = store.events_with_news(&camera(), seen).await.expect("reads");
        held.sort();
        let range = |from, to| TimeRange { from: at(from), to };
        let for_ever = Utc::from_ns(i64::MAX);
        assert_eq!(held, [range(10, at(30)), range(15, for_ever), range(30, at(90))]);
        let head = store.change_head().await.expect("reads");
        assert_eq!(store.events_with_news(&camera(), head).await.expect("reads"), []);
    }

    pub async fn runs_are_remembered(ground: Ground) {
        let store = ground.store().await;
        assert_eq!(store.last_stitch_run().await.expect("reads"), None);
        let run = |name: &str, started: i64, outcome: Option<StitchOutcome>| StitchRun {
            run: RunId::new(name).expect("valid"),
            host: "nvr".to_owned(),
            pid: 4_000_000,
            version: "0.1.0".to_owned(),
            started: at(started),
            finished: outcome.map(|_| at(started + 1)),
            since: outcome.map(|_| at(started - 100)),
            outcome,
            cameras: 3,
            findings: 7,
            note: outcome.map(|o| o.as_str().to_owned()),
        };
        let first = run("a", 1, None);
        store.put_stitch_run(&first).await.expect("writes");
        assert_eq!(store.last_stitch_run().await.expect("reads"), None, "still at it");
        let first = run("a", 1, Some(StitchOutcome::Findings));
        let failed = run("b", 2, Some(StitchOutcome::Failed));
        for run in [&first, &failed] {
            store.put_stitch_run(run).await.expect("writes");
        }
        assert_eq!(store.last_stitch_run().await.expect("reads"), Some(first.clone()));
        assert_eq!(store.stitch_runs(9).await.expect("reads"), [failed.clone(), first]);
        assert_eq!(store.stitch_runs(1).await.expect("reads"), [failed]);
    }
}
