//! What was read from files.

use crate::both::on_both;

on_both! {
    /// What was read is listed no more, until its row changes.
    a_segment_is_indexed_once,
    /// The beginnings of many are read at once, by name, of the files that are
    /// where their names say.
    the_heads_of_indexes_are_read_between_two_names,
    /// Only what differs counts as a change of the camera.
    an_equal_index_is_no_change,
    /// A reading of an older row never replaces that of a newer one.
    a_late_reading_is_dropped,
    /// A bad file is set aside with its reason, and stays so.
    a_corrupt_file_is_set_aside,
    /// A row that has changed meanwhile is not set aside.
    a_recorders_word_stands_against_a_late_quarantine,
    /// What could not be read is listed until it can be.
    what_is_put_off_is_listed_again,
    /// Where footage goes, its index goes.
    an_index_leaves_with_its_segment,
    /// Rows are looked up once, and again exactly when they change.
    what_was_looked_at_is_not_looked_up_again,
    /// Pauses are read from a name on.
    pauses_are_read_by_name,
}

pub mod stories {
    use crate::both::{Ground, at, put, stamped, tenth};
    use crate::plans::{LEASE, apply, me, window, written};
    use hitless_model::*;
    use hitless_schema::index::{FileMark, NewIndex, ToIndex, Unreadable};
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::stitch::Window;
    use hitless_schema::{Change, Stamp, Store};

    pub fn camera() -> CameraId {
        CameraId::new("CAMERA_1").expect("valid")
    }

    pub fn mark(size_bytes: u64) -> FileMark {
        FileMark { size_bytes, modified: at(100), changed: at(101) }
    }

    pub fn indexed(listed: &ToIndex, contents: &[u8]) -> NewIndex {
        NewIndex {
            segment: listed.segment.name.clone(),
            seq: listed.seq,
            mark: mark(9),
            version: 3,
            path: None,
            contents: contents.to_vec(),
            pauses: None,
        }
    }

    fn bad(listed: &ToIndex, reason: &str) -> Unreadable {
        Unreadable {
            segment: listed.segment.name.clone(),
            seq: listed.seq,
            mark: Some(mark(7)),
            path: None,
            reason: reason.to_owned(),
        }
    }

    async fn listed(store: &Store) -> Vec<ToIndex> {
        store.segments_to_index(&camera(), 99).await.expect("reads")
    }

    async fn three(store: &Store) -> Vec<ToIndex> {
        let states = [SegmentState::Complete, SegmentState::Recovered, SegmentState::Recording];
        let segments: Vec<_> =
            (0..).zip(states).map(|(n, state)| tenth("CAMERA_1", "blue", n, state)).collect();
        let changes: Vec<_> = segments.iter().map(|s| put(1, s)).collect();
        store.apply(&changes).await.expect("applies");
        let corrupt = tenth("CAMERA_1", "blue", 7, SegmentState::Corrupt);
        store.apply(&[put(1, &corrupt)]).await.expect("applies");
        let listed = listed(store).await;
        let names: Vec<_> = listed.iter().map(|l| l.segment.name.clone()).collect();
        assert_eq!(names, segments.iter().map(|s| s.name.clone()).collect::<Vec<_>>());
        assert!(listed.iter().all(|l| l.indexed.is_none() && l.path.is_none()));
        listed
    }

    pub async fn a_segment_is_indexed_once(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        assert_eq!(store.segments_to_index(&camera(), 2).await.expect("reads"), first[..2]);
        let mut indexes: Vec<_> = first.iter().map(|l| indexed(l, &[0, 255, 7])).collect();
        indexes[1].path = Some("old/name.mp4".to_owned());
        assert_eq!(store.put_indexes(&indexes).await.expect("writes"), 3);
        assert_eq!(listed(&store).await, []);

        let names: Vec<_> = first.iter().map(|l| l.segment.name.clone()).collect();
        let stored = store.indexes(&camera(), &names).await.expect("reads");
        let between = store.indexes_between(&camera(), at(0), at(999)).await.expect("reads");
        assert_eq!(stored, between);
        assert_eq!(stored.len(), 3);
        assert_eq!(stored[1].contents, [0, 255, 7]);
        assert_eq!(stored[1].mark, mark(9));
        assert_eq!(stored[1].version, 3);
        assert_eq!(stored[1].path.as_deref(), Some("old/name.mp4"));
        let second = store.indexes_between(&camera(), at(10), at(20)).await.expect("reads");
        assert_eq!(second, stored[1..2]);

        // The row changes, the file does not.
        let mut changed = first[1].segment.clone();
        changed.note = Some("known better".to_owned());
        store.apply(&[put(2, &changed)]).await.expect("applies");
        let again = listed(&store).await;
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].indexed, Some(mark(9)));
        assert_eq!(again[0].path.as_deref(), Some("old/name.mp4"));
        let confirmed = [(changed.name.clone(), again[0].seq)];
        assert_eq!(store.confirm_indexes(&confirmed).await.expect("writes"), 1);
        assert_eq!(listed(&store).await, []);
        assert_eq!(store.confirm_indexes(&confirmed).await.expect("writes"), 0);
    }

    pub async fn the_heads_of_indexes_are_read_between_two_names(ground: Ground) {
        let store = ground.store().await;
        let all = three(&store).await;
        let contents: [&[u8]; 3] = [&[0, 255, 7, 31, 30, 9], &[1, 2], &[]];
        let indexes: Vec<_> = all.iter().zip(contents).map(|(l, c)| indexed(l, c)).collect();
        store.put_indexes(&indexes).await.expect("writes");
        let name = |n: usize| &all[n].segment.name;
        let heads = async |first: usize, last: usize, version: u32| {
            let between = (name(first), name(last));
            let heads = store.index_heads(&camera(), between, version, 4).await.expect("reads");
            let mut heads: Vec<_> =
                heads.into_iter().map(|h| (h.segment, h.mark, h.head)).collect();
            heads.sort_by(|a, b| a.0.cmp(&b.0));
            heads
        };
        let head = |n: usize| {
            let some = contents[n].len().min(4);
            (name(n).to_string(), mark(9), contents[n][..some].to_vec())
        };
        assert_eq!(heads(0, 2, 3).await, [head(0), head(1), head(2)]);
        assert_eq!(heads(1, 1, 2).await, [head(1)]);
        assert_eq!(heads(0, 1, 1).await, [head(0), head(1)]);
        assert_eq!(heads(0, 2, 4).await, []);
        let moved = NewIndex { path: Some("elsewhere.mp4".to_owned()), ..indexes[0].clone() };
        store.put_indexes(&[moved]).await.expect("writes");
        assert_eq!(heads(0, 2, 3).await, [head(1), head(2)]);
    }

    pub async fn an_equal_index_is_no_change(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        store.put_indexes(&[indexed(&first[0], b"one")]).await.expect("writes");
        let newest = async || store.stitch_work().await.expect("reads")[0].newest;
        let before = newest().await;
        assert_eq!(store.put_indexes(&[indexed(&first[0], b"one")]).await.expect("writes"), 0);
        assert_eq!(newest().await, before);
        let mut touched = indexed(&first[0], b"one");
        touched.mark.changed = at(999);
        assert_eq!(store.put_indexes(&[touched]).await.expect("writes"), 1);
        assert_eq!(newest().await, before, "only the file's times");
        assert_eq!(store.put_indexes(&[indexed(&first[0], b"two")]).await.expect("writes"), 1);
        assert!(newest().await > before);
    }

    pub async fn a_late_reading_is_dropped(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        let mut changed = first[2].segment.clone();
        changed.state = SegmentState::Complete;
        store.apply(&[put(2, &changed)]).await.expect("applies");
        let again = listed(&store).await;
        let closed = again.iter().find(|l| l.segment.name == changed.name).expect("listed");
        store.put_indexes(&[indexed(closed, b"closed")]).await.expect("writes");
        assert_eq!(store.put_indexes(&[indexed(&first[2], b"open")]).await.expect("writes"), 0);
        let stored = store.indexes(&camera(), &[changed.name]).await.expect("reads");
        assert_eq!(stored[0].contents, b"closed");
    }

    pub async fn a_corrupt_file_is_set_aside(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        let head = store.change_head().await.expect("reads");
        let bad = bad(&first[0], "box \"moov\" at 40 is cut off");
        assert_eq!(store.quarantine(std::slice::from_ref(&bad)).await.expect("writes"), 1);
        let row = store.segment(&bad.segment).await.expect("reads").expect("there");
        assert_eq!(row.state, SegmentState::Corrupt);
        assert_eq!(row.note.as_deref(), Some("box \"moov\" at 40 is cut off"));
        let changed = store.segments_changed_since(head, 9).await.expect("reads");
        assert_eq!(changed.len(), 1, "a change that a planner sees");
        assert_eq!(listed(&store).await.len(), 2);
        assert_eq!(store.quarantine(&[bad]).await.expect("writes"), 0);

        // A rescan finds it whole: it is read again.
        let mut whole = first[0].segment.clone();
        whole.note = None;
        store.put_found(&[whole], Stamp::from_ns(9)).await.expect("writes");
        let again = listed(&store).await;
        assert_eq!(again.len(), 3);
        assert_eq!(again[0].indexed, None);
        store.put_indexes(&[indexed(&again[0], b"whole")]).await.expect("writes");
        assert_eq!(listed(&store).await.len(), 2);
    }

    pub async fn a_recorders_word_stands_against_a_late_quarantine(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        // Open files are never set aside; neither is one that was closed since.
        let bad = [bad(&first[0], "late"), bad(&first[2], "open")];
        store.apply(&[put(2, &first[0].segment)]).await.expect("applies");
        assert_eq!(store.quarantine(&bad).await.expect("writes"), 0);
        let row = store.segment(&bad[0].segment).await.expect("reads").expect("there");
        assert_eq!(row.state, SegmentState::Complete);
        assert_eq!(listed(&store).await.len(), 3);
    }

    pub async fn what_is_put_off_is_listed_again(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        store.put_indexes(&[indexed(&first[0], b"one")]).await.expect("writes");
        let off = [bad(&first[0], "input/output error"), bad(&first[1], "input/output error")];
        assert_eq!(store.put_off(&off).await.expect("writes"), 2);
        assert_eq!(store.put_off(&off).await.expect("writes"), 0);
        let kept = store.indexes(&camera(), &[off[0].segment.clone()]).await.expect("reads");
        assert_eq!(kept[0].contents, b"one", "what is known stays");
        assert_eq!(listed(&store).await.len(), 3);
        let work = store.stitch_work().await.expect("reads");
        assert!(work[0].put_off);
        let indexes = [indexed(&first[0], b"one"), indexed(&first[1], b"one")];
        assert_eq!(store.put_indexes(&indexes).await.expect("writes"), 2);
        assert_eq!(listed(&store).await.len(), 1);
        assert!(!store.stitch_work().await.expect("reads")[0].put_off);
    }

    pub async fn what_was_looked_at_is_not_looked_up_again(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        let work = async || store.stitch_work().await.expect("reads").remove(0);
        let head = async || store.change_head().await.expect("reads");
        assert!(work().await.has_files_to_read());
        let looked_at = head().await;
        store.note_indexed(&[camera()], looked_at).await.expect("writes");
        assert_eq!(listed(&store).await, first, "nobody holds it: nobody remembers");
        let claimed = async || {
            let held = store.claim_cameras(&me(), &[camera()], at(0), LEASE).await;
            held.expect("writes").remove(0).1
        };
        assert_eq!(claimed().await.indexed_seq, ChangeSeq::START);

        // One is written while files are looked at; the plan after it has seen it.
        let late = tenth("CAMERA_1", "blue", 3, SegmentState::Complete);
        store.apply(&[put(1, &late)]).await.expect("applies");
        store.note_indexed(&[camera()], looked_at).await.expect("writes");
        let planned_seq = Some(head().await);
        written(apply(&store, Window { planned_seq, ..window(0, vec![]) }).await);
        let names = async || -> Vec<SegmentName> {
            listed(&store).await.into_iter().map(|one| one.segment.name).collect()
        };
        assert_eq!(names().await, std::slice::from_ref(&late.name));
        assert!(!work().await.has_news() && work().await.has_files_to_read());

        store.note_indexed(&[camera()], head().await).await.expect("writes");
        store.note_indexed(&[camera()], looked_at).await.expect("writes");
        assert_eq!(claimed().await.indexed_seq, head().await, "it is never set back");
        assert_eq!(names().await, []);
        assert!(!work().await.has_files_to_read());
        let mut changed = first[1].segment.clone();
        changed.note = Some("known better".to_owned());
        store.apply(&[put(2, &changed)]).await.expect("applies");
        assert_eq!(names().await, [changed.name]);
        store.put_off(&[bad(&first[0], "input/output error")]).await.expect("writes");
        assert_eq!(names().await.len(), 2);
    }

    pub async fn pauses_are_read_by_name(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        let mut indexes: Vec<_> = first.iter().map(|l| indexed(l, b"one")).collect();
        indexes[0].pauses = Some(vec![1]);
        indexes[2].pauses = Some(vec![2, 0]);
        store.put_indexes(&indexes).await.expect("writes");
        let from = async |at: usize| store.pauses(&camera(), &indexes[at].segment).await;
        let (one, two) =
            ((indexes[0].segment.clone(), vec![1]), (indexes[2].segment.clone(), vec![2, 0]));
        assert_eq!(from(0).await.expect("reads"), [one, two.clone()]);
        assert_eq!(from(1).await.expect("reads"), [two]);
    }

    pub async fn an_index_leaves_with_its_segment(ground: Ground) {
        let store = ground.store().await;
        let first = three(&store).await;
        let indexes: Vec<_> = first.iter().map(|l| indexed(l, b"one")).collect();
        store.put_indexes(&indexes).await.expect("writes");
        let name = first[0].segment.name.clone();
        let gone = stamped(2, Change::SegmentExpired { name: name.clone() });
        store.apply(&[gone]).await.expect("applies");
        let head = store.change_head().await.expect("reads");
        assert_eq!(store.fold_expired(head, Nanos::from_secs(1)).await.expect("writes"), 1);
        let names: Vec<_> = first.iter().map(|l| l.segment.name.clone()).collect();
        let left = store.indexes(&camera(), &names).await.expect("reads");
        assert_eq!(left.len(), 2);
        assert!(left.iter().all(|i| i.segment != name));
    }
}
