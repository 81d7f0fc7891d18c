//! Streams that bring, change and garble their parameter sets.

use super::*;

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xda, 0x05, 0x07, 0xc4, 0x40];
/// Another size under the same id.
const LARGER: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xf4, 0x40];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
/// Another PPS of that SPS, with the id 1.
const OTHER: &[u8] = &[0x68, 0x53, 0x8f, 0x20];
/// Another one with the id 0.
const CHANGED: &[u8] = &[0x68, 0xee, 0x3c, 0x80];
/// Says that it belongs to another SPS.
const RUBBISH: &[u8] = &[0x68, 0x80, 0x13, 0x37];
/// Slices with the PPS 0 and 1.
const KEY: &[u8] = &[0x65, 0x88, 0x84, 0x11];
const KEY_OTHER: &[u8] = &[0x65, 0x88, 0x44, 0x11];
const P: &[u8] = &[0x41, 0x9a, 0x84, 0x11];
const P_OTHER: &[u8] = &[0x41, 0x99, 0x24, 0x11];

struct Stream(Sets);

impl Stream {
    /// A camera that describes its stream in the SDP.
    fn described() -> Self {
        Self(Sets::new(VideoCodec::H264, &[SPS.to_vec(), PPS.to_vec()]))
    }

    /// A picture of these units; the sets in force, by id, and whether they
    /// changed.
    fn picture(&mut self, nals: &[&'static [u8]]) -> (Vec<Vec<u8>>, bool) {
        let key = nals.iter().any(|nal| nal[0] & 0x1f == 5);
        for nal in nals.iter().filter(|nal| matches!(nal[0] & 0x1f, 7 | 8)) {
            self.0.see(nal);
        }
        self.0.on_picture(key, false, nals.iter().copied());
        let changed = self.0.take_changed();
        (self.0.current().iter().map(<[u8]>::to_vec).collect(), changed)
    }
}

fn same(sets: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    (sets.iter().map(|set| set.to_vec()).collect(), false)
}

fn new(sets: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    (same(sets).0, true)
}

/// A camera that sends its sets in the SDP alone: a PPS in a second of
/// rubbish stood in every file from then on.
#[test]
fn what_no_slice_refers_to_is_not_believed() {
    let mut stream = Stream::described();
    assert_eq!(stream.picture(&[KEY]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[OTHER, P]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[CHANGED, P]), same(&[SPS, PPS]), "in the middle of a group");
    assert_eq!(stream.picture(&[LARGER, P]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[RUBBISH, KEY]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[KEY]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[P_OTHER]), same(&[SPS, PPS]), "it came with no key frame");
}

#[test]
fn what_comes_with_a_key_frame_is_believed_once_a_slice_refers_to_it() {
    let mut stream = Stream::described();
    assert_eq!(stream.picture(&[OTHER, KEY]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[P]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[P_OTHER]), new(&[SPS, PPS, OTHER]));
    assert_eq!(stream.picture(&[CHANGED, KEY]), new(&[SPS, CHANGED, OTHER]));
    assert_eq!(stream.picture(&[LARGER, KEY_OTHER]), new(&[LARGER, CHANGED, OTHER]));
}

#[test]
fn what_no_slice_of_the_key_frame_used_takes_no_other_s_place_later() {
    let mut stream = Stream::described();
    assert_eq!(stream.picture(&[OTHER, KEY_OTHER]), new(&[SPS, PPS, OTHER]));
    assert_eq!(stream.picture(&[CHANGED, KEY_OTHER]), same(&[SPS, PPS, OTHER]));
    assert_eq!(stream.picture(&[P]), same(&[SPS, PPS, OTHER]));
}

/// The first of them replaces the SDP, the next ones are added; and a whole
/// set with slices of others is not theirs.
#[test]
fn a_whole_set_is_believed_with_the_slices_that_use_it() {
    let mut stream = Stream::described();
    assert_eq!(stream.picture(&[SPS, OTHER, KEY]), same(&[SPS, PPS]));
    assert_eq!(stream.picture(&[LARGER, OTHER, KEY_OTHER]), new(&[LARGER, OTHER]));
    assert_eq!(stream.picture(&[LARGER, PPS, KEY]), new(&[LARGER, PPS, OTHER]));
    assert_eq!(stream.picture(&[SPS, PPS, P]), new(&[SPS, PPS, OTHER]), "its key frame is lost");
}

#[test]
fn what_key_frames_do_not_bring_is_forgotten() {
    let mut stream = Stream::described();
    stream.picture(&[SPS, PPS, KEY]);
    assert_eq!(stream.picture(&[OTHER, KEY_OTHER]), new(&[SPS, PPS, OTHER]));
    for _ in 2..STEADY {
        assert_eq!(stream.picture(&[SPS, PPS, KEY]), same(&[SPS, PPS, OTHER]));
    }
    assert_eq!(stream.picture(&[SPS, PPS, KEY]), new(&[SPS, PPS]));
    assert_eq!(stream.picture(&[SPS, PPS, KEY]), same(&[SPS, PPS]));
}

#[test]
fn sets_that_stay_are_no_news() {
    let mut stream = Stream::described();
    for _ in 0..2 * STEADY {
        assert_eq!(stream.picture(&[SPS, PPS, KEY]), same(&[SPS, PPS]));
    }
}

#[test]
fn sets_with_other_pictures_make_nothing_forgotten() {
    let mut stream = Stream::described();
    stream.picture(&[SPS, PPS, KEY]);
    stream.picture(&[OTHER, KEY_OTHER]);
    for _ in 0..2 * STEADY {
        assert_eq!(stream.picture(&[SPS, PPS, P]), same(&[SPS, PPS, OTHER]));
    }
}

#[test]
fn only_a_camera_that_sends_sets_with_key_frames_can_lose_them_there() {
    let mut sets = Sets::new(VideoCodec::H264, &[]);
    assert!(!sets.are_missing(true, false, true), "it never sent any");
    assert!(!sets.are_missing(true, true, false));
    assert!(!sets.are_missing(false, false, true), "no key frame");
    assert!(sets.are_missing(true, false, true));
    assert!(!sets.are_missing(true, true, true), "they came");
    assert!(!sets.are_missing(true, false, false), "it sends them no more");
    assert!(!sets.are_missing(true, false, true));
}

/// A box could not hold it.
#[test]
fn a_set_of_kilobytes_is_none() {
    let mut sets = Sets::new(VideoCodec::H264, &[]);
    let padded = |bytes| [PPS, vec![0x55; bytes].as_slice()].concat();
    assert!(sets.see(SPS) && sets.see(&padded(100)));
    assert!(!sets.see(&padded(MAX_SET_BYTES)));
}

#[test]
fn key_frames_with_sets_in_turn_keep_all_of_them() {
    let mut stream = Stream(Sets::new(VideoCodec::H264, &[]));
    for _ in 0..5 {
        stream.picture(&[SPS, PPS, KEY]);
        stream.picture(&[SPS, OTHER, KEY_OTHER]);
    }
    assert_eq!(stream.picture(&[P]), same(&[SPS, PPS, OTHER]));
}
