//! Windows of a plan, put into effect and read.

use crate::both::on_both;

on_both! {
    /// A window is stored and read as it was planned.
    a_window_is_read_as_it_was_planned,
    /// The second time nothing is written.
    the_second_time_nothing_is_written,
    /// A window in the middle of hours leaves what is around it.
    a_window_leaves_what_is_around_it,
    /// A plan that would tear the timeline apart is refused in words.
    a_torn_timeline_is_refused,
    /// Old plans go, but for the joint at which planning goes on.
    old_plans_are_removed,
}

pub mod stories {
    use crate::both::{Ground, at, put, tenth};
    use crate::index::stories::camera;
    use crate::plans::{all, apply, claimed, ledger, missing, other, span, window, written};
    use hitless_model::*;
    use hitless_schema::ErrorKind;
    use hitless_schema::stitch::{Applied, Judged, Window};
    use hitless_schema::timeline::{
        AlignmentRow, CarryRow, Entry, FindingRow, GapRow, Strand, What,
    };

    pub fn busy_window() -> Window {
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
}
