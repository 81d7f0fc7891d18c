//! Where splitmuxsink really cuts.

use super::{InFlight, Pipeline, PipelineEvent, VideoFormat, VideoSample};
use hitless_media::mp4::Movie;
use hitless_model::{CameraId, MediaSpan, MediaTime, VideoCodec};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Eight pictures a second.
const FRAME: i64 = 11_250;

/// An open GOP of eight pictures in decode order: key frame, its leading
/// pictures, and the four after it.
fn open_gop(number: i64) -> Vec<i64> {
    let key = 8 * number;
    let leading = if number == 0 { vec![] } else { vec![key - 3, key - 2, key - 1] };
    let rest = [key + 4, key + 1, key + 2, key + 3];
    std::iter::once(key).chain(leading).chain(rest).collect()
}

/// Writes groups into the files that begin with these groups; their samples.
fn written(folder: &Path, groups: &[Vec<i64>], borders: &[usize]) -> Vec<u64> {
    gstreamer::init().expect("GStreamer starts");
    let camera = CameraId::new("CAM").expect("a camera id");
    let configuration = vec![1, 0x42, 0xe0, 0x1e, 0xff, 0xe0, 0];
    let format = VideoFormat { codec: VideoCodec::H264, width: 64, height: 48, configuration };
    let (tell, told) = std::sync::mpsc::channel();
    let post = Box::new(move |event| drop(tell.send(event)));
    let in_flight = Arc::new(InFlight::default());
    let origin = MediaTime::new(1_000_000);
    let mut pipeline =
        Pipeline::start(&camera, 0, &format, None, origin, &in_flight, post).expect("a pipeline");
    let path = |n: usize| -> PathBuf { folder.join(format!("{n}.mp4")) };
    let at = |place: i64| origin.plus(MediaSpan::new(place * FRAME));
    let (mut files, mut decoded) = (0, -2);
    for (number, group) in groups.iter().enumerate() {
        if number == 0 || borders.contains(&number) {
            let file = path(files);
            pipeline.begin_segment(Box::new(move || Some(file)), at(group[0]));
            files += 1;
        }
        for (n, shown) in group.iter().enumerate() {
            let (pts, dts) = (at(*shown), at(decoded));
            let data = vec![0, 0, 0, 2, if n == 0 { 0x65 } else { 0x41 }, 0x80];
            let duration = MediaSpan::new(FRAME);
            let sample = VideoSample { pts, dts, duration, key: n == 0, data };
            pipeline.push_video(sample).expect("it takes a sample");
            decoded += 1;
        }
    }
    pipeline.finish();
    loop {
        match told.recv_timeout(Duration::from_secs(30)).expect("it ends in time") {
            PipelineEvent::Finished => break,
            PipelineEvent::Failed { detail, .. } => panic!("{detail}"),
            _ => {}
        }
    }
    pipeline.stop();
    let samples =
        |n| Movie::open(&path(n)).expect("a file").video().expect("pictures").samples.len();
    (0..files).map(samples).collect()
}

/// splitmuxsink orders a group by its earliest picture. Leading pictures are
/// shown before their key frame, so the file went on for one group more than
/// its segment, and the next one was said to begin where it did not.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_ends_where_it_was_planned_also_before_leading_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups: Vec<Vec<i64>> = (0..6).map(open_gop).collect();
    assert_eq!(written(folder.path(), &groups, &[2, 3, 5]), [13, 8, 16, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_ends_where_it_was_planned_between_closed_groups() {
    let folder = tempfile::tempdir().expect("a folder");
    let closed = |g: i64| [0, 3, 1, 2, 7, 4, 5, 6].map(|n| 8 * g + n).to_vec();
    let groups: Vec<Vec<i64>> = (0..6).map(closed).collect();
    assert_eq!(written(folder.path(), &groups, &[2, 3, 5]), [16, 8, 16, 8]);
}
