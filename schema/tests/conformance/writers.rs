//! Several who plan one camera, and those who die of it.

use crate::both::on_both;

on_both! {
    /// Whoever read an older state writes nothing.
    an_older_state_writes_nothing,
    /// Of two who write at once one does.
    of_two_who_write_at_once_one_does,
    /// Killed at any moment it leaves the old timeline or the new one.
    a_kill_leaves_the_old_timeline_or_the_new_one,
}

pub mod stories {
    use crate::both::{Ground, at, put, tenth};
    use crate::index::stories::camera;
    use crate::plans::LEASE;
    use crate::plans::{all, apply, claimed, ledger, me, missing, span, window, written};
    use crate::windows::stories::busy_window;
    use hitless_model::*;
    use hitless_schema::stitch::{Applied, Judged, Window};
    use hitless_schema::timeline::{Entry, What};
    use std::pin::pin;
    use std::task::Poll;

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
        let mut polls = 1;
        loop {
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
            match finished {
                // a database that answers at once is no kill: tried again
                Some(_) if polls == 1 => {}
                Some(applied) => {
                    written(applied[0]);
                    return;
                }
                None => polls += 1,
            }
        }
    }
}
