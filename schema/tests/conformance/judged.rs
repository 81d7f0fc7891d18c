//! What a plan says of segments and gaps, and what becomes of that.

use crate::both::on_both;

on_both! {
    /// A gap that a late segment closes is repaired, not forgotten.
    a_late_segment_repairs_a_gap,
    /// A gap that moves keeps the instant at which it was noticed.
    a_gap_that_moves_is_the_same_gap,
    /// A segment that a plan moved is found where it is on the timeline.
    a_displaced_segment_is_found_where_it_was_put,
    /// A first plan of everything marks every segment that it has judged, and
    /// no other.
    a_first_plan_marks_what_it_has_judged,
    /// What retention folds away is judged no more, and a plan made before that
    /// is made again.
    folded_segments_are_judged_no_more,
    /// A segment that comes back is judged again.
    a_row_that_comes_back_is_judged_again,
}

pub mod stories {
    use crate::both::{Ground, at, put, tenth};
    use crate::index::stories::camera;
    use crate::plans::{apply, claimed, judge, ledger, missing, span, window, written};
    use hitless_model::*;
    use hitless_schema::stitch::{Applied, Judged, Window};
    use hitless_schema::timeline::{Entry, GapRow, Repaired, What};

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
}
