//! Reading.

use crate::both::on_both;

on_both! {
    /// The range of a camera is half open and knows long segments.
    a_range_holds_what_touches_it,
    /// Names with a row whose file is there.
    names_are_looked_up,
    /// Start-up: the last number, and what a crash left.
    a_recorder_finds_what_it_needs_at_start,
    /// Retention: the oldest that nobody protected.
    retention_finds_the_oldest_unprotected,
    /// Protections are added, listed, asked for and lifted.
    protections_come_and_go,
    /// Runs by their sign of life.
    live_runs_are_known_by_their_heartbeat,
    /// The state in which a range begins.
    the_state_before_a_range_is_found,
}

mod stories {
    use crate::both::{Ground, at, put, stamped, tenth};
    use hitless_model::*;
    use hitless_schema::{Change, Protection, Store};

    fn camera(id: &str) -> CameraId {
        CameraId::new(id).expect("valid")
    }

    async fn with(ground: &Ground, segments: &[Segment]) -> Store {
        let store = ground.store().await;
        let batch: Vec<_> = segments.iter().map(|s| put(1, s)).collect();
        store.apply(&batch).await.expect("applies");
        store
    }

    fn numbers(segments: &[Segment]) -> Vec<u64> {
        segments.iter().map(|s| s.name.number.get()).collect()
    }

    pub async fn names_are_looked_up(ground: Ground) {
        let row = |n: u64| match n % 7 {
            3 => tenth("CAMERA_1", "blue", n, SegmentState::Missing),
            _ => tenth("CAMERA_1", "blue", n, SegmentState::Complete),
        };
        let rows: Vec<_> = (0..600).map(row).collect();
        let (there, later) = rows.split_at(590);
        let store = with(&ground, there).await;
        let camera = camera("CAMERA_1");
        let names: Vec<SegmentName> = rows[7..].iter().map(|row| row.name.clone()).collect();
        let expected: Vec<_> = there[7..]
            .iter()
            .filter(|row| row.state != SegmentState::Missing)
            .map(|row| row.name.clone())
            .collect();
        let mut known = store.names_known(&camera, &names).await.expect("reads");
        known.sort();
        assert_eq!(known, expected);
        let (first, last) = (&names[0], &later[9].name);
        let mut between = store.names_between(&camera, first, last).await.expect("reads");
        between.sort();
        assert_eq!(between, expected);
        assert_eq!(store.names_known(&camera, &[]).await.expect("reads"), []);
    }

    pub async fn a_range_holds_what_touches_it(ground: Ground) {
        let mut all: Vec<_> =
            (0..10).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        all.push(tenth("CAMERA_2", "blue", 3, SegmentState::Complete));
        let mut long = tenth("CAMERA_1", "green", 0, SegmentState::Complete);
        long.duration = Nanos::from_secs(35);
        all.push(long);
        let mut unknown = tenth("CAMERA_1", "green", 4, SegmentState::Recording);
        unknown.duration = Nanos::ZERO;
        all.push(unknown);
        let store = with(&ground, &all).await;

        let range = async |from, to| {
            numbers(&store.segments_between(&camera("CAMERA_1"), from, to).await.expect("reads"))
        };
        assert_eq!(range(at(30), at(50)).await, [0, 3, 4, 4], "the long one reaches in");
        assert_eq!(range(at(35), at(40)).await, [3], "and ends at 35");
        assert_eq!(range(at(40), at(41)).await, [4, 4], "without a length, by its start");
        assert_eq!(range(at(41), at(50)).await, [4]);
        assert!(range(at(100), at(200)).await.is_empty());
    }

    pub async fn a_recorder_finds_what_it_needs_at_start(ground: Ground) {
        let mut crashed = tenth("CAMERA_1", "blue", 7, SegmentState::Recording);
        crashed.run = Some(RunId::new("blue-run-0").expect("valid"));
        let own = tenth("CAMERA_1", "blue", 8, SegmentState::Recording);
        let others = tenth("CAMERA_1", "green", 12, SegmentState::Recording);
        let closed = tenth("CAMERA_1", "blue", 6, SegmentState::Complete);
        let store = with(&ground, &[crashed.clone(), own.clone(), others, closed]).await;

        let blue = InstanceId::new("blue").expect("valid");
        let last = async |c| store.last_number(&camera(c), &blue).await.expect("reads");
        assert_eq!(last("CAMERA_1").await, Some(SegmentNumber::new(8)));
        assert_eq!(last("CAMERA_2").await, None);
        let living = own.run.expect("has one");
        assert_eq!(store.left_open(&blue, &living).await.expect("reads"), [crashed]);
    }

    pub async fn retention_finds_the_oldest_unprotected(ground: Ground) {
        let mut all: Vec<_> =
            (0..6).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        all[5].state = SegmentState::Recording;
        all.push(tenth("CAMERA_2", "blue", 2, SegmentState::Recovered));
        let store = with(&ground, &all).await;
        let protection = Protection {
            camera: camera("CAMERA_1"),
            from: at(25),
            to: at(40),
            reason: "theft".into(),
            created: at(900),
        };
        store.protect(&protection).await.expect("writes");

        let oldest = async |camera: Option<&CameraId>, most| {
            let found = store.oldest_unprotected(camera, at(1000), most).await.expect("reads");
            found
                .iter()
                .map(|s| format!("{} {}", s.name.camera, s.name.number.get()))
                .collect::<Vec<_>>()
        };
        // 2 and 3 are protected; 4 starts where the protection ends, but only
        // by a clock that may be 3 ms off; 5 is being recorded.
        assert_eq!(oldest(None, 9).await, ["CAMERA_1 0", "CAMERA_1 1", "CAMERA_2 2"]);
        assert_eq!(oldest(None, 1).await, ["CAMERA_1 0"]);
        assert_eq!(oldest(Some(&camera("CAMERA_2")), 9).await, ["CAMERA_2 2"]);
        assert!(store.unprotect(&protection.camera, at(25), at(40)).await.expect("writes"));
        assert_eq!(oldest(None, 9).await.len(), 6);
        let early = store.oldest_unprotected(None, at(10), 9).await.expect("reads");
        assert_eq!(numbers(&early), [0]);
    }

    pub async fn protections_come_and_go(ground: Ground) {
        let store = ground.store().await;
        let one = Protection {
            camera: camera("CAMERA_1"),
            from: at(0),
            to: at(60),
            reason: "theft".into(),
            created: at(100),
        };
        let two = Protection { camera: camera("CAMERA_2"), ..one.clone() };
        store.protect(&two).await.expect("writes");
        store.protect(&one).await.expect("writes");
        let again = Protection { reason: "theft, case 7".into(), created: at(500), ..one.clone() };
        store.protect(&again).await.expect("writes");
        let kept = Protection { created: at(100), ..again };
        assert_eq!(store.protections().await.expect("reads"), [kept, two]);
        let asked = async |from, to| {
            store.is_protected(&camera("CAMERA_1"), from, to).await.expect("reads")
        };
        assert!(asked(at(59), at(90)).await);
        assert!(!asked(at(60), at(90)).await, "half open");
        assert!(store.unprotect(&one.camera, at(0), at(60)).await.expect("writes"));
        assert!(!store.unprotect(&one.camera, at(0), at(60)).await.expect("writes"));
        assert!(!asked(at(0), at(60)).await);
    }

    pub async fn live_runs_are_known_by_their_heartbeat(ground: Ground) {
        let store = ground.store().await;
        let run = |name: &str, heartbeat, stopped| Run {
            run: RunId::new(name).expect("valid"),
            instance: InstanceId::new("blue").expect("valid"),
            host: "nvr".into(),
            pid: 1,
            version: "0.1.0".into(),
            started: at(0),
            ready: None,
            draining: None,
            stopped,
            heartbeat,
        };
        let runs = [
            run("alive", at(10), None),
            run("dead", at(50), None),
            run("gone", at(95), Some(at(95))),
        ];
        let batch: Vec<_> = runs.iter().map(|r| stamped(1, Change::Run(r.clone()))).collect();
        store.apply(&batch).await.expect("applies");
        let beat = Change::Heartbeat { run: runs[0].run.clone(), at: at(90) };
        store.apply(&[stamped(2, beat)]).await.expect("applies");
        let late = Change::Heartbeat { run: runs[0].run.clone(), at: at(20) };
        store.apply(&[stamped(1, late)]).await.expect("applies");

        let live = store.live_runs(at(80)).await.expect("reads");
        assert_eq!(live.len(), 1);
        assert_eq!((live[0].run.as_str(), live[0].heartbeat), ("alive", at(90)));
        let then = store.runs_between(at(60), at(70)).await.expect("reads");
        assert_eq!(then.len(), 2, "the dead one was last heard of before");
    }

    pub async fn the_state_before_a_range_is_found(ground: Ground) {
        let store = ground.store().await;
        let event = |stamp, run: &str, second, state| {
            let event = CameraEvent {
                camera: camera("CAMERA_1"),
                instance: InstanceId::new("blue").expect("valid"),
                run: RunId::new(run).expect("valid"),
                at: at(second),
                state,
                cause: None,
                detail: String::new(),
            };
            stamped(stamp, Change::CameraEvent(event))
        };
        let batch = [
            event(1, "a", 0, CameraState::Connecting),
            event(2, "a", 9, CameraState::Recording),
            // The clock stepped back: later by its stamp.
            event(3, "a", 5, CameraState::Stalled),
            event(4, "b", 3, CameraState::Recording),
            event(5, "a", 20, CameraState::Recording),
        ];
        store.apply(&batch).await.expect("applies");
        let states = store.camera_states_at(&camera("CAMERA_1"), at(15), at(-100)).await;
        let states: Vec<_> =
            states.expect("reads").into_iter().map(|e| (e.run.to_string(), e.state)).collect();
        let expected =
            [("b".to_owned(), CameraState::Recording), ("a".to_owned(), CameraState::Stalled)];
        assert_eq!(states, expected);
        let seen = store.camera_events_since(Default::default(), 3).await.expect("reads");
        assert_eq!(seen.len(), 3);
        let rest = store.camera_events_since(seen[2].seq, 9).await.expect("reads");
        assert_eq!(rest.len(), 2);
    }
}
