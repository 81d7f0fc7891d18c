//! Originals that are not what they were.

use crate::files::{bytes, folder};
use crate::footage::{Shape, twice};
use crate::spans::{pictures_in, piece, seconds, whole};
use hitless_stitcher::virtual_mp4::{Cut, Follows, VirtualError, VirtualMp4};

#[test]
fn a_truncated_original_is_an_error_and_never_zeros() {
    let twice = twice(Shape::Aac);
    let copy = folder("truncated").join("copy.mp4");
    std::fs::copy(&twice.whole, &copy).expect("copied");
    let mut pieces = whole(&twice);
    pieces[0].path.clone_from(&copy);
    let cut = Cut { from: seconds(0.0), to: seconds(5.0) };
    let clip = VirtualMp4::build(&pieces, &cut).expect("a clip");
    let range = clip.ranges()[0].clone();
    let file = std::fs::File::options().write(true).open(&copy).expect("writable");
    file.set_len(range.from + 1000).expect("shortened");
    let mut buffer = [0; 100];
    assert!(matches!(clip.read_at(&mut buffer, range.at + 900), Ok(100)));
    assert!(matches!(
        clip.read_at(&mut buffer, range.at + 1000),
        Err(VirtualError::Read { path, .. }) if path == copy
    ));
}

#[test]
fn what_the_file_does_not_have_is_refused() {
    let twice = twice(Shape::Aac);
    let cut = Cut { from: seconds(0.0), to: seconds(5.0) };
    let mut pieces = whole(&twice);
    pieces[0].samples = pictures_in(&twice.whole) + 1;
    let error = VirtualMp4::build(&pieces, &cut).expect_err("too many");
    assert!(
        matches!(error, VirtualError::TooFewSamples { there: 125, wanted: 126, .. }),
        "{error}"
    );
    let cut = Cut { from: seconds(6.0), to: seconds(7.0) };
    let error = VirtualMp4::build(&whole(&twice), &cut).expect_err("nothing");
    assert!(matches!(error, VirtualError::Nothing { .. }), "{error}");
}

#[test]
fn a_camera_that_changes_its_coding_is_not_put_into_one_track() {
    let (first, then) = (twice(Shape::Aac), twice(Shape::H265Opus));
    let mut pieces = whole(&first);
    let all = pictures_in(&then.whole);
    pieces.push(piece(&then.whole, 0..all, 5 * 90_000, Follows::Joined));
    let cut = Cut { from: seconds(0.0), to: seconds(10.0) };
    let error = VirtualMp4::build(&pieces, &cut).expect_err("two codings");
    assert!(
        matches!(&error, VirtualError::OtherCoding { path, .. } if *path == then.whole),
        "{error}"
    );
    let cut = Cut { from: seconds(5.0), to: seconds(10.0) };
    VirtualMp4::build(&pieces[1..], &cut).expect("one coding");
}

#[test]
fn any_byte_can_be_read_alone() {
    let twice = twice(Shape::Aac);
    let cut = Cut { from: seconds(1.0), to: seconds(4.0) };
    let clip = VirtualMp4::build(&whole(&twice), &cut).expect("a clip");
    let all = bytes(&clip);
    for at in (0..all.len()).step_by(997) {
        let mut byte = [0];
        assert_eq!(clip.read_at(&mut byte, at as u64).expect("readable"), 1);
        assert_eq!(byte[0], all[at], "byte {at}");
    }
    assert_eq!(clip.read_at(&mut [0], clip.size()).expect("the end"), 0);
}
