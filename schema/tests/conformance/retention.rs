//! What remains of footage that is gone.

use crate::both::on_both;

on_both! {
    /// Expired rows are a change first, and a range later.
    expired_footage_becomes_a_range,
    /// Two who fold at once lose and double nothing.
    two_may_fold_at_once,
    /// Old events go.
    old_events_are_removed,
}

mod stories {
    use crate::both::{Ground, at, put, stamped, tenth};
    use hitless_model::*;
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::{Change, ExpiredRange, Stamped, Store};

    const JOIN: Nanos = Nanos::from_secs(1);

    fn camera() -> CameraId {
        CameraId::new("CAMERA_1").expect("valid")
    }

    fn expired(stamp: i64, segment: &Segment) -> Stamped {
        stamped(stamp, Change::SegmentExpired { name: segment.name.clone() })
    }

    async fn ranges(store: &Store) -> Vec<ExpiredRange> {
        store.expired_ranges(&camera(), at(-9), at(99_999)).await.expect("reads")
    }

    pub async fn expired_footage_becomes_a_range(ground: Ground) {
        let store = ground.store().await;
        let all: Vec<_> =
            (0..8).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        store.apply(&all.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        // Number 3 was protected.
        let gone: Vec<_> = [0, 1, 2, 4].iter().map(|n| expired(2, &all[*n])).collect();
        store.apply(&gone).await.expect("applies");
        let changed = store.segments_changed_since(head, 99).await.expect("reads");
        assert_eq!(changed.len(), 4);
        assert!(changed.iter().all(|c| c.row.state == SegmentState::Expired));
        // Whoever has not seen the change must still find the rows.
        assert_eq!(store.fold_expired(head, JOIN).await.expect("writes"), 0);
        let head = changed.last().expect("four").seq;
        assert_eq!(store.fold_expired(head, JOIN).await.expect("writes"), 4);
        let expected =
            [ExpiredRange { from: at(0), to: at(30) }, ExpiredRange { from: at(40), to: at(50) }];
        assert_eq!(ranges(&store).await, expected);
        let left = store.segments_between(&camera(), at(-9), at(999)).await.expect("reads");
        assert_eq!(left.len(), 4);
        assert_eq!(store.fold_expired(head, JOIN).await.expect("writes"), 0);

        // The rest goes, but the last number is remembered.
        let rest: Vec<_> = all.iter().map(|s| expired(3, s)).collect();
        store.apply(&rest).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        assert_eq!(store.fold_expired(head, JOIN).await.expect("writes"), 3);
        assert_eq!(ranges(&store).await, [ExpiredRange { from: at(0), to: at(70) }]);
        let last = store.last_number(&camera(), &all[0].name.instance).await.expect("reads");
        assert_eq!(last, Some(SegmentNumber::new(7)));
    }

    pub async fn two_may_fold_at_once(ground: Ground) {
        let store = ground.store().await;
        let all: Vec<_> =
            (0..100).map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete)).collect();
        let mut changes: Vec<_> = all.iter().map(|s| put(1, s)).collect();
        changes.extend(all.iter().map(|s| expired(2, s)));
        store.apply(&changes).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        let other = ground.store().await;
        let (one, two) =
            tokio::join!(store.fold_expired(head, JOIN), other.fold_expired(head, JOIN));
        assert_eq!(one.expect("writes") + two.expect("writes"), 99);
        assert_eq!(ranges(&store).await, [ExpiredRange { from: at(0), to: at(990) }]);
    }

    pub async fn old_events_are_removed(ground: Ground) {
        let store = ground.store().await;
        let event = |second| {
            stamped(
                second,
                Change::CameraEvent(CameraEvent {
                    camera: camera(),
                    instance: InstanceId::new("blue").expect("valid"),
                    run: RunId::new("r").expect("valid"),
                    at: at(second),
                    state: CameraState::Recording,
                    cause: None,
                    detail: String::new(),
                }),
            )
        };
        store.apply(&[event(1), event(2), event(3)]).await.expect("applies");
        assert_eq!(store.prune_events(at(3)).await.expect("writes"), 2);
        let left = store.camera_events(&camera(), at(0), at(9)).await.expect("reads");
        assert_eq!(left.len(), 1);
        assert_eq!(store.change_head().await.expect("reads"), ChangeSeq::new(3));
    }
}
