//! What a stitching run needs: news, leases, and putting plans into effect.

use crate::both::on_both;

on_both! {
    /// A camera has news exactly from a change until a plan with it.
    news_last_until_planned,
    /// A window is stored and read as it was planned.
    a_window_is_read_as_it_was_planned,
    /// The second time nothing is written.
    the_second_time_nothing_is_written,
    /// A window in the middle of hours leaves what is around it.
    a_window_leaves_what_is_around_it,
    /// A plan that would tear the timeline apart is refused in words.
    a_torn_timeline_is_refused,
    /// Whoever read an older state writes nothing.
    an_older_state_writes_nothing,
    /// Of two who write at once one does.
    of_two_who_write_at_once_one_does,
    /// Killed at any moment it leaves the old timeline or the new one.
    a_kill_leaves_the_old_timeline_or_the_new_one,
    /// A gap that a late segment closes is repaired, not forgotten.
    a_late_segment_repairs_a_gap,
    /// A gap that moves keeps the instant at which it was noticed.
    a_gap_that_moves_is_the_same_gap,
    /// Cameras are shared out among runs, and come back from one that died.
    leases_share_cameras_out,
    /// Changed rows say where, now and before.
    touched_ranges_are_where_rows_are_and_were,
    /// A segment that a plan moved is found where it is on the timeline.
    a_displaced_segment_is_found_where_it_was_put,
    /// A plan that goes on reads what it has not passed.
    rows_are_read_from_where_a_plan_goes_on,
    /// What retention folds away is judged no more, and a plan made before that
    /// is made again.
    folded_segments_are_judged_no_more,
    /// Old plans go, but for the joint at which planning goes on.
    old_plans_are_removed,
    /// A first plan of everything marks every segment that it has judged, and
    /// no other.
    a_first_plan_marks_what_it_has_judged,
    /// What an event says holds until the next one of its run, or its end.
    events_hold_until_their_run_says_otherwise,
    /// A segment that comes back is judged again.
    a_row_that_comes_back_is_judged_again,
    /// The last run that did its work.
    runs_are_remembered,
}

pub mod stories {
    use crate::both::{Ground, at, put, tenth};
    use crate::index::stories::{camera, indexed};
    use hitless_model::*;
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::stitch::{Applied, Judged, StitchOutcome, StitchRun, Window};
    use hitless_schema::timeline::{
        AlignmentRow, CarryRow, Entry, FindingRow, GapRow, Repaired, Span, Strand, What,
    };
    use hitless_schema::{Change, ErrorKind, Stamp, Stamped, Store};
    use std::future::Future;
    use std::pin::pin;
    use std::task::Poll;

    const LEASE: Nanos = Nanos::from_secs(60);

    fn me() -> RunId {
        RunId::new("stitch-1").expect("valid")
    }

    fn span(from: i64, to: i64, instance: &str, number: u64) -> Entry {
        let segment = tenth("CAMERA_1", instance, number, SegmentState::Complete);
        let what = What::Span(Span {
            segment: segment.name,
            run: segment.run,
            first_sample: 3,
            samples: 250,
            damaged: 1,
            seam: Seam {
                kind: SeamKind::Clock,
                error: Nanos::from_millis(40),
                doubled: Nanos::from_millis(7),
            },
            audio: AudioCut::Frames { first: 5, frames: 400, offset: MediaSpan::new(-90) },
        });
        Entry { start: at(from), end: at(to), what }
    }

    fn missing(from: i64, to: i64) -> Entry {
        Entry { start: at(from), end: at(to), what: What::Gap(Cause::CameraAway) }
    }

    fn other(from: i64, to: i64, what: What) -> Entry {
        Entry { start: at(from), end: at(to), what }
    }

    fn window(generation: i64, entries: Vec<Entry>) -> Window {
        Window {
            camera: camera(),
            generation,
            from: None,
            to: None,
            entries,
            judged: vec![],
            unjudged: None,
            alignments: vec![],
            findings: vec![],
            carries: vec![],
            planned_seq: None,
            planned_until: None,
            now: at(10_000),
        }
    }

    async fn claimed(ground: &Ground) -> Store {
        let store = ground.store().await;
        let held = store.claim_cameras(&me(), &[camera()], at(0), LEASE).await.expect("writes");
        assert_eq!(held.len(), 1);
        store
    }

    async fn apply(store: &Store, window: Window) -> Applied {
        let applied = store.apply_windows(&[window]).await.expect("writes");
        assert_eq!(applied.len(), 1);
        applied[0]
    }

    fn written(applied: Applied) -> i64 {
        match applied {
            Applied::Written { generation, .. } => generation,
            other => panic!("{other:?}"),
        }
    }

    /// The stitcher at work on one segment.
    pub async fn judge(store: &Store, segment: &SegmentName, status: OverlapStatus) {
        let camera = &segment.camera;
        let held = store.claim_cameras(&me(), std::slice::from_ref(camera), at(0), LEASE).await;
        let generation = held.expect("writes")[0].1.generation;
        let placed = TimeRange { from: at(10), to: at(20) };
        let judged = vec![Judged { segment: segment.clone(), status, placed }];
        let planned_seq = Some(store.change_head().await.expect("reads"));
        written(apply(store, Window { judged, planned_seq, ..window(generation, vec![]) }).await);
    }

    async fn all(store: &Store) -> Vec<Entry> {
        store.timeline(&camera(), at(-99_999), at(999_999)).await.expect("reads")
    }

    async fn ledger(store: &Store) -> Vec<GapRow> {
        store.gaps(Some(&camera()), at(-99_999), at(999_999)).await.expect("reads")
    }

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

    fn busy_window() -> Window {
        let mut entries = vec![
            span(0, 10, "blue", 0),
            other(10, 11, What::Hole(Cause::PacketsLost)),
            span(11, 20, "green-x", 1_000_000),
            missing(20, 9_000),
            span(9_000, 9_010, "blue", 900),
            other(9_010, 9_020, What::Pending),
            other(9_020, 9_030, What::Expired),
        ];
        if let What::Span(span) = &mut entries[2].what {
            span.run = None;
            span.audio = AudioCut::Whole;
            span.seam = Seam { kind: SeamKind::Exact, error: Nanos::ZERO, doubled: Nanos::ZERO };
        }
        if let What::Span(span) = &mut entries[4].what {
            span.audio = AudioCut::None;
        }
        let strand = |instance: &str, run: Option<&str>, number| Strand {
            instance: InstanceId::new(instance).expect("valid"),
            run: run.map(|run| RunId::new(run).expect("valid")),
            number,
        };
        let aligned = |number, how, drift_ppb| AlignmentRow {
            early: strand("blue", Some("blue-run-1"), 0),
            late: strand("green-x", None, number),
            from: at(11),
            to: at(20),
            how,
            drift_ppb,
        };
        let (offset, error) = (MediaSpan::new(-7), Nanos::from_millis(3));
        Window {
            judged: vec![
                Judged {
                    segment: tenth("CAMERA_1", "blue", 0, SegmentState::Complete).name,
                    status: OverlapStatus::Trimmed,
                    placed: TimeRange { from: at(0), to: at(10) },
                },
                Judged {
                    segment: tenth("CAMERA_1", "blue", 77, SegmentState::Complete).name,
                    status: OverlapStatus::Unique,
                    placed: TimeRange { from: at(0), to: at(10) },
                },
            ],
            unjudged: None,
            alignments: vec![
                aligned(
                    1,
                    Alignment::Exact {
                        offset,
                        matched: 30,
                        compared: 31,
                        step: Some(Nanos::from_secs(-3600)),
                    },
                    Some(-500_000),
                ),
                aligned(2, Alignment::Joined { offset, error }, None),
                aligned(3, Alignment::Apart { error, differs: false }, None),
                aligned(4, Alignment::Apart { error, differs: true }, None),
            ],
            findings: vec![
                FindingRow {
                    at: at(11),
                    kind: "clock_stepped".to_owned(),
                    detail: "an hour back".to_owned(),
                },
                FindingRow {
                    at: at(11),
                    kind: "clock_stepped".to_owned(),
                    detail: "and again".to_owned(),
                },
            ],
            carries: vec![
                CarryRow { at: at(10), carry: vec![0, 1, 255] },
                CarryRow { at: at(9_000), carry: vec![] },
            ],
            planned_until: Some(at(9_020)),
            ..window(0, entries)
        }
    }

    pub async fn a_window_is_read_as_it_was_planned(ground: Ground) {
        let store = claimed(&ground).await;
        let row = tenth("CAMERA_1", "blue", 0, SegmentState::Complete);
        store.apply(&[put(1, &row)]).await.expect("applies");
        let planned = busy_window();
        let applied = apply(&store, planned.clone()).await;
        let expected = Applied::Written {
            generation: 1,
            entries_added: 7,
            entries_removed: 0,
            gaps_opened: 1,
            gaps_repaired: 0,
            marked: 1,
        };
        assert_eq!(applied, expected);
        assert_eq!(all(&store).await, planned.entries);
        let part =
            async |from, to| store.timeline(&camera(), at(from), at(to)).await.expect("reads");
        assert_eq!(part(10, 11).await, planned.entries[1..2]);
        assert_eq!(part(5_000, 5_001).await, planned.entries[3..4], "from hours before");
        assert_eq!(part(8_999, 9_001).await, planned.entries[3..5]);
        assert_eq!(part(9_030, 9_999).await, []);
        let open = GapRow {
            camera: camera(),
            range: TimeRange { from: at(20), to: at(9_000) },
            cause: Cause::CameraAway,
            noticed: at(10_000),
            repaired: None,
        };
        assert_eq!(ledger(&store).await, [open]);
        let alignments = store.alignments(&camera(), at(0), at(99)).await.expect("reads");
        assert_eq!(alignments, planned.alignments);
        let findings = store.findings(&camera(), at(0), at(99)).await.expect("reads");
        assert_eq!(findings, planned.findings);
        let carries = store.carries(&camera(), at(0), at(9_001)).await.expect("reads");
        assert_eq!(carries, planned.carries);
        let before = async |second| store.carry_before(&camera(), at(second)).await.expect("reads");
        assert_eq!(before(9).await, None);
        assert_eq!(before(10).await, Some(planned.carries[0].clone()));
        assert_eq!(before(99_999).await, Some(planned.carries[1].clone()));
        let judged = store.segment(&row.name).await.expect("reads").expect("there");
        assert_eq!(judged.overlap, OverlapStatus::Trimmed);
    }

    pub async fn the_second_time_nothing_is_written(ground: Ground) {
        let store = claimed(&ground).await;
        let row = tenth("CAMERA_1", "blue", 0, SegmentState::Complete);
        store.apply(&[put(1, &row)]).await.expect("applies");
        let planned = busy_window();
        assert_eq!(written(apply(&store, planned.clone()).await), 1);
        let again = Window { generation: 1, ..planned.clone() };
        assert_eq!(apply(&store, again.clone()).await, Applied::Unchanged { generation: 1 });
        // Part of it is as good as all of it.
        let part = Window {
            from: Some(at(10)),
            to: Some(at(9_000)),
            entries: planned.entries[1..4].to_vec(),
            carries: planned.carries[1..].to_vec(),
            ..again.clone()
        };
        assert_eq!(apply(&store, part).await, Applied::Unchanged { generation: 1 });
        // Each of its parts is compared.
        let differ: [fn(&mut Window); 7] = [
            |w| w.entries[1].what = What::Hole(Cause::Unknown),
            |w| w.alignments[0].drift_ppb = None,
            |w| drop(w.alignments.pop()),
            |w| w.findings[0].detail.push('!'),
            |w| w.carries[1].carry.push(1),
            |w| w.judged[0].placed.to = at(11),
            |w| w.planned_until = Some(at(9_021)),
        ];
        for (generation, change) in (1..).zip(differ) {
            let mut changed = Window { generation, ..planned.clone() };
            change(&mut changed);
            assert_eq!(written(apply(&store, changed.clone()).await), generation + 1);
            let again = Window { generation: generation + 1, ..changed };
            let same = Applied::Unchanged { generation: generation + 1 };
            assert_eq!(apply(&store, again).await, same, "{generation}");
        }
    }

    pub async fn a_window_leaves_what_is_around_it(ground: Ground) {
        let store = claimed(&ground).await;
        let day: Vec<Entry> =
            (0_u64..900).map(|n| span(n as i64 * 10, n as i64 * 10 + 10, "blue", n)).collect();
        let generation = written(apply(&store, window(0, day.clone())).await);
        let mut expected = day;
        expected.splice(100..500, [span(1_000, 4_000, "green", 1), span(4_000, 5_000, "green", 2)]);
        let middle = Window {
            from: Some(at(1_000)),
            to: Some(at(5_000)),
            entries: expected[100..102].to_vec(),
            ..window(generation, vec![])
        };
        let applied = apply(&store, middle).await;
        assert!(
            matches!(applied, Applied::Written { entries_added: 2, entries_removed: 400, .. }),
            "{applied:?}"
        );
        assert_eq!(all(&store).await, expected);
        // An hour in which nothing starts has no row, and is read all the same.
        let found = store.timeline(&camera(), at(3_000), at(3_001)).await.expect("reads");
        assert_eq!(found, expected[100..101]);
        // To the end.
        let end = Window {
            from: Some(at(5_000)),
            entries: vec![missing(5_000, 6_000)],
            ..window(written(applied), vec![])
        };
        written(apply(&store, end).await);
        expected.truncate(102);
        expected.push(missing(5_000, 6_000));
        assert_eq!(all(&store).await, expected);
    }

    pub async fn a_torn_timeline_is_refused(ground: Ground) {
        let store = claimed(&ground).await;
        let stored = vec![span(0, 10, "blue", 0), span(10, 20, "blue", 1), span(20, 30, "blue", 2)];
        let generation = written(apply(&store, window(0, stored.clone())).await);
        let within = |from, to, entries| Window {
            from: Some(at(from)),
            to: Some(at(to)),
            ..window(generation, entries)
        };
        let torn = [
            window(generation, vec![span(0, 10, "blue", 0), span(11, 20, "blue", 1)]),
            window(generation, vec![span(0, 10, "blue", 0), span(9, 20, "blue", 1)]),
            window(generation, vec![span(10, 0, "blue", 0)]),
            within(10, 20, vec![]),
            within(10, 20, vec![span(10, 19, "blue", 1)]),
            within(10, 20, vec![span(11, 20, "blue", 1)]),
            within(5, 20, vec![span(5, 20, "blue", 1)]),
            within(10, 20, vec![span(10, 20, "blue", 1), span(20, 30, "blue", 2)]),
        ];
        for (which, torn) in torn.into_iter().enumerate() {
            let Err(error) = store.apply_windows(&[torn]).await else { panic!("{which}") };
            assert_eq!(error.kind(), ErrorKind::Bug);
            assert!(error.detail().contains("would not be one line"), "{error}");
        }
        assert_eq!(all(&store).await, stored);
        let twice = [within(0, 10, vec![]), within(10, 20, vec![])];
        assert!(store.apply_windows(&twice).await.is_err());
    }

    pub async fn an_older_state_writes_nothing(ground: Ground) {
        let store = ground.store().await;
        let first = window(0, vec![span(0, 10, "blue", 0)]);
        let never = apply(&store, first.clone()).await;
        assert_eq!(never, Applied::Conflict { generation: None }, "never claimed");
        let cameras = [camera(), CameraId::new("Z").expect("valid")];
        store.claim_cameras(&me(), &cameras, at(0), LEASE).await.expect("writes");
        assert_eq!(written(apply(&store, first.clone()).await), 1);
        let late = Window { entries: vec![span(0, 20, "green", 0)], ..first.clone() };
        let neighbour =
            Window { camera: cameras[1].clone(), entries: vec![missing(0, 10)], ..first.clone() };
        let applied = store.apply_windows(&[neighbour, late]).await.expect("writes");
        written(applied[0]);
        assert_eq!(applied[1], Applied::Conflict { generation: Some(1) });
        assert_eq!(all(&store).await, first.entries);
    }

    pub async fn of_two_who_write_at_once_one_does(ground: Ground) {
        let store = claimed(&ground).await;
        let others = [ground.store().await, ground.store().await, ground.store().await];
        for generation in 0_i64..20 {
            let base = 10 + generation * 10;
            let tasks: Vec<_> = (1_i64..)
                .zip(&others)
                .map(|(who, store)| {
                    let store = store.clone();
                    let entries = vec![span(0, base + who, "blue", who as u64)];
                    tokio::spawn(async move { apply(&store, window(generation, entries)).await })
                })
                .collect();
            let mut winner = None;
            for (who, task) in (1_i64..).zip(tasks) {
                match task.await.expect("no panic") {
                    Applied::Written { generation: now, .. } => {
                        assert_eq!(now, generation + 1);
                        assert_eq!(winner.replace(who), None, "two have written");
                    }
                    Applied::Conflict { generation: Some(now) } => assert_eq!(now, generation + 1),
                    other => panic!("{other:?}"),
                }
            }
            let winner = winner.expect("one has written");
            assert_eq!(all(&store).await, [span(0, base + winner, "blue", winner as u64)]);
        }
    }

    pub async fn a_kill_leaves_the_old_timeline_or_the_new_one(ground: Ground) {
        let store = claimed(&ground).await;
        let row = tenth("CAMERA_1", "blue", 0, SegmentState::Complete);
        store.apply(&[put(1, &row)]).await.expect("applies");
        let plans = [
            busy_window(),
            Window {
                judged: vec![Judged {
                    segment: row.name.clone(),
                    status: OverlapStatus::Unique,
                    placed: TimeRange { from: at(1), to: at(9) },
                }],
                ..window(0, vec![span(0, 10, "blue", 0), missing(10, 9_999)])
            },
        ];
        written(apply(&store, plans[0].clone()).await);
        // A program that is killed stops between any two steps: so does a
        // future that is dropped after some number of polls.
        for polls in 1.. {
            let generation = store.stitch_state(&camera()).await.expect("reads").generation;
            let before = all(&store).await;
            let which = usize::from(before == plans[0].entries);
            let after = Window { generation, ..plans[which].clone() };
            let finished = {
                let windows = [after.clone()];
                let mut work = pin!(store.apply_windows(&windows));
                let mut left = polls;
                std::future::poll_fn(|context| {
                    left -= 1;
                    match work.as_mut().poll(context) {
                        Poll::Ready(done) => Poll::Ready(Some(done.expect("writes"))),
                        Poll::Pending if left == 0 => Poll::Ready(None),
                        Poll::Pending => Poll::Pending,
                    }
                })
                .await
            };
            // What was on its way to the database may still arrive: it holds
            // the camera's row until then.
            let held = store.claim_cameras(&me(), &[camera()], at(0), LEASE).await;
            let (_, state) = held.expect("writes").remove(0);
            let now = all(&store).await;
            let row = store.segment(&row.name).await.expect("reads").expect("there");
            let is_new = now == after.entries;
            assert!(is_new || now == before, "after {polls} polls: {now:#?}");
            assert_eq!(state.generation, generation + i64::from(is_new));
            assert_eq!(row.overlap == after.judged[0].status, is_new);
            let gaps = ledger(&store).await;
            let open = gaps.iter().filter(|gap| gap.repaired.is_none()).map(|gap| gap.range);
            let planned = now.iter().filter(|e| matches!(e.what, What::Gap(_))).map(Entry::range);
            assert!(open.eq(planned), "the ledger is that of the timeline");
            if let Some(applied) = finished {
                written(applied[0]);
                assert!(polls > 1, "it was never cut short");
                return;
            }
        }
    }

    pub async fn a_late_segment_repairs_a_gap(ground: Ground) {
        let store = claimed(&ground).await;
        let around = [span(0, 10, "blue", 0), span(100, 110, "blue", 10)];
        let [before, after] = around;
        let first = vec![before.clone(), missing(10, 100), after.clone()];
        let mut generation = written(apply(&store, window(0, first)).await);
        let closing = vec![
            before.clone(),
            span(10, 40, "green", 1),
            missing(40, 60),
            span(60, 100, "green", 2),
            after.clone(),
        ];
        let late = Window { now: at(20_000), ..window(generation, closing.clone()) };
        let applied = apply(&store, late).await;
        assert!(
            matches!(applied, Applied::Written { gaps_repaired: 1, gaps_opened: 0, .. }),
            "{applied:?}"
        );
        generation = written(applied);
        let name = |entry: &Entry| match &entry.what {
            What::Span(span) => span.segment.clone(),
            other => panic!("{other:?}"),
        };
        let row = |from, to, noticed, repaired| GapRow {
            camera: camera(),
            range: TimeRange { from: at(from), to: at(to) },
            cause: Cause::CameraAway,
            noticed: at(noticed),
            repaired,
        };
        let by = vec![name(&closing[1]), name(&closing[3])];
        let whole = row(10, 100, 10_000, Some(Repaired { at: at(20_000), by: by.clone() }));
        assert_eq!(ledger(&store).await, [whole.clone(), row(40, 60, 10_000, None)]);

        // A window in which the rest is closed; what is repaired stays so.
        let part = Window {
            from: Some(at(40)),
            to: Some(at(60)),
            now: at(30_000),
            ..window(generation, vec![span(40, 60, "green", 3)])
        };
        generation = written(apply(&store, part).await);
        let by = vec![tenth("CAMERA_1", "green", 3, SegmentState::Complete).name];
        let rest = row(40, 60, 10_000, Some(Repaired { at: at(30_000), by }));
        assert_eq!(ledger(&store).await, [whole, rest.clone()]);

        // The files are lost after all: the gap is open again.
        let lost =
            Window { now: at(40_000), ..window(generation, vec![before, missing(10, 100), after]) };
        written(apply(&store, lost).await);
        assert_eq!(ledger(&store).await, [row(10, 100, 10_000, None), rest]);
        let everybody = store.gaps(None, at(99), at(100)).await.expect("reads");
        assert_eq!(everybody.len(), 1);
        assert_eq!(store.gaps(None, at(100), at(200)).await.expect("reads"), []);
    }

    pub async fn a_gap_that_moves_is_the_same_gap(ground: Ground) {
        let store = claimed(&ground).await;
        let mut generation = 0;
        for (now, end) in [(100, 100), (200, 200), (300, 290)] {
            let entries = vec![span(0, 10, "blue", 0), missing(10, end)];
            let grown = Window { now: at(now), ..window(generation, entries) };
            let applied = apply(&store, grown).await;
            let Applied::Written { gaps_opened, gaps_repaired, .. } = applied else {
                panic!("{applied:?}")
            };
            assert_eq!((gaps_opened, gaps_repaired), (u64::from(generation == 0), 0));
            generation = written(applied);
            let gaps = ledger(&store).await;
            assert_eq!(gaps.len(), 1);
            assert_eq!((gaps[0].range.to, gaps[0].noticed), (at(end), at(100)));
        }
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

    pub async fn a_displaced_segment_is_found_where_it_was_put(ground: Ground) {
        let store = claimed(&ground).await;
        let rows: Vec<_> =
            (0..9).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        store.apply(&rows.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");
        let placed = |at_second: i64| TimeRange { from: at(at_second), to: at(at_second + 10) };
        let judged = |n: usize, range| Judged {
            segment: rows[n].name.clone(),
            status: OverlapStatus::Unique,
            placed: range,
        };
        // Number 3 an hour late, number 4 by a little: the caller's margin is
        // for that.
        let planned = Window {
            judged: vec![judged(3, placed(3_630)), judged(4, placed(41))],
            ..window(0, vec![span(0, 10, "blue", 0)])
        };
        written(apply(&store, planned).await);
        let numbers = async |from, to| -> Vec<u64> {
            let found = store.segments_for_planning(&camera(), at(from), at(to)).await;
            found.expect("reads").iter().map(|s| s.name.number.get()).collect()
        };
        assert_eq!(numbers(3_600, 3_700).await, [3]);
        assert_eq!(numbers(25, 45).await, [2, 3, 4]);
        assert_eq!(numbers(0, 9_999).await, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(numbers(3_640, 3_700).await, [0; 0], "half open");
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

    pub async fn a_first_plan_marks_what_it_has_judged(ground: Ground) {
        let store = claimed(&ground).await;
        let row = |camera, number| tenth(camera, "blue", number, SegmentState::Complete);
        let rows: Vec<_> = (0..9).map(|n| row("CAMERA_1", n)).chain([row("Z", 0)]).collect();
        store.apply(&rows.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        // one comes after the facts were read
        store.apply(&[put(1, &row("CAMERA_1", 9))]).await.expect("applies");
        let judged = |number: usize, status| Judged {
            segment: rows[number].name.clone(),
            status,
            placed: TimeRange { from: at(0), to: at(10) },
        };
        let mut all: Vec<Judged> = (0..7).map(|n| judged(n, OverlapStatus::Unique)).collect();
        all[2].status = OverlapStatus::Trimmed;
        let planned = Window {
            judged: all,
            unjudged: Some(vec![rows[7].name.clone(), rows[8].name.clone()]),
            planned_seq: Some(head),
            ..window(0, vec![])
        };
        let applied = apply(&store, planned).await;
        assert!(matches!(applied, Applied::Written { marked: 7, .. }), "{applied:?}");
        let stored = store.segments_between(&camera(), at(-9), at(999)).await.expect("reads");
        let told: Vec<&str> = stored.iter().map(|s| s.overlap.as_str()).collect();
        let [u, t, p] = ["unique", "trimmed", "pending"];
        assert_eq!(told, [u, u, t, u, u, u, u, p, p, p]);
        let other = store.segment(&rows[9].name).await.expect("reads");
        assert_eq!(other.map(|row| row.overlap), Some(OverlapStatus::Pending));
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

    pub async fn folded_segments_are_judged_no_more(ground: Ground) {
        let store = ground.store().await;
        let rows: Vec<_> =
            (0..9).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        store.apply(&rows.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");
        for row in &rows[..4] {
            judge(&store, &row.name, OverlapStatus::Unique).await;
        }
        let before = store.stitch_state(&camera()).await.expect("reads").generation;
        let gone = |row: &Segment| {
            let name = row.name.clone();
            crate::both::stamped(2, hitless_schema::Change::SegmentExpired { name })
        };
        store.apply(&rows[..3].iter().map(gone).collect::<Vec<_>>()).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        assert_eq!(store.fold_expired(head, Nanos::from_secs(1)).await.expect("writes"), 3);
        let late = apply(&store, window(before, vec![])).await;
        assert_eq!(late, Applied::Conflict { generation: Some(before + 1) });
        // The rows come back as a rescan would bring them: nobody has judged
        // them yet.
        store.apply(&rows.iter().map(|s| put(9, s)).collect::<Vec<_>>()).await.expect("applies");
        let news = store.segments_with_news(&camera(), head).await.expect("reads");
        let placed: Vec<bool> = news.iter().map(|n| n.placed.is_some()).collect();
        assert_eq!(placed[..5], [false, false, false, true, false]);
        judge(&store, &rows[0].name, OverlapStatus::Unique).await;
    }

    pub async fn old_plans_are_removed(ground: Ground) {
        let store = claimed(&ground).await;
        let mut planned = busy_window();
        planned.carries.insert(0, CarryRow { at: at(5), carry: vec![5] });
        written(apply(&store, planned.clone()).await);
        assert_eq!(store.prune_plans(at(11)).await.expect("writes"), 1, "the first joint");
        assert_eq!(store.prune_plans(at(11)).await.expect("writes"), 0);
        let left = store.carry_before(&camera(), at(11)).await.expect("reads");
        assert_eq!(left, Some(planned.carries[1].clone()));
        assert_eq!(store.prune_plans(at(99_999)).await.expect("writes"), 4 + 2 + 1);
        let left = store.carry_before(&camera(), at(99_999)).await.expect("reads");
        assert_eq!(left, Some(planned.carries[2].clone()));
        assert_eq!(all(&store).await, planned.entries, "the timeline stays");
        assert_eq!(ledger(&store).await.len(), 1, "and its gaps");
    }

    pub async fn a_row_that_comes_back_is_judged_again(ground: Ground) {
        let store = ground.store().await;
        let row = tenth("CAMERA_1", "blue", 0, SegmentState::Complete);
        store.apply(&[put(1, &row)]).await.expect("applies");
        judge(&store, &row.name, OverlapStatus::Duplicate).await;
        // Whoever emptied the table left the stitcher's own knowledge.
        crate::schema::execute(&ground.url, "DELETE FROM video_segments").await;
        store.apply(&[put(2, &row)]).await.expect("applies");
        let status =
            async || store.segment(&row.name).await.expect("reads").expect("there").overlap;
        assert_eq!(status().await, OverlapStatus::Pending);
        judge(&store, &row.name, OverlapStatus::Duplicate).await;
        assert_eq!(status().await, OverlapStatus::Duplicate);
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
