//! Where splitmuxsink really cuts.

use super::{AudioFormat, AudioSample, InFlight, Pipeline, PipelineEvent, Treatment};
use super::{VideoFormat, VideoSample};
use crate::crew::Crew;
use hitless_media::mp4::Movie;
use hitless_model::{AudioCodec, CameraId, MediaSpan, MediaTime, VideoCodec};
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

/// A strand to be written: groups, and which of them begin a file.
struct Plan<'a> {
    groups: &'a [Vec<i64>],
    borders: &'a [usize],
    /// Its frames are as long as `SOUND`.
    sound: Option<AudioFormat>,
    /// By so much it comes later than its pictures.
    behind: i64,
}

/// Ticks of a frame of sound: 20 ms.
const SOUND: i64 = 1_800;
/// A little later.
const BEHIND: i64 = 3 * FRAME;

/// Writes it into files; these.
fn write(folder: &Path, plan: &Plan<'_>, workers: &Crew) -> Vec<Movie> {
    gstreamer::init().expect("GStreamer starts");
    let camera = CameraId::new("CAM").expect("a camera id");
    let configuration = vec![1, 0x42, 0xe0, 0x1e, 0xff, 0xe0, 0];
    let format = VideoFormat { codec: VideoCodec::H264, width: 64, height: 48, configuration };
    let (tell, told) = std::sync::mpsc::channel();
    let post = Box::new(move |event| drop(tell.send(event)));
    let in_flight = Arc::new(InFlight::default());
    let origin = MediaTime::new(1_000_000);
    let sound = plan.sound.as_ref();
    let mut pipeline =
        Pipeline::start(&camera, 0, &format, sound, origin, &in_flight, workers, post)
            .expect("a pipeline");
    let path = |n: usize| -> PathBuf { folder.join(format!("{n}.mp4")) };
    let at = |ticks: i64| origin.plus(MediaSpan::new(ticks));
    let (mut files, mut decoded, mut heard) = (0, -2, 0);
    for (number, group) in plan.groups.iter().enumerate() {
        if number == 0 || plan.borders.contains(&number) {
            let file = path(files);
            pipeline.begin_segment(Box::new(move || Some(file)), at(group[0] * FRAME));
            files += 1;
        }
        for (n, shown) in group.iter().enumerate() {
            let (pts, dts) = (at(*shown * FRAME), at(decoded * FRAME));
            let data = vec![0, 0, 0, 2, if n == 0 { 0x65 } else { 0x41 }, 0x80];
            let duration = MediaSpan::new(FRAME);
            let sample = VideoSample { pts, dts, duration, key: n == 0, data };
            pipeline.push_video(sample).expect("it takes a sample");
            decoded += 1;
            while heard + plan.behind < decoded * FRAME {
                let duration = MediaSpan::new(SOUND);
                let sample = AudioSample { pts: at(heard), duration, data: vec![0x55; 160] };
                pipeline.push_audio(sample).expect("it takes a sample");
                heard += SOUND;
            }
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
    (0..files).map(|n| Movie::open(&path(n)).expect("a file")).collect()
}

/// The pictures in the files that begin with these groups.
fn written(folder: &Path, groups: &[Vec<i64>], borders: &[usize]) -> Vec<u64> {
    let plan = Plan { groups, borders, sound: None, behind: BEHIND };
    let movies = write(folder, &plan, &Crew::new("test", 1));
    movies.iter().map(pictures).collect()
}

fn pictures(movie: &Movie) -> u64 {
    movie.video().expect("pictures").samples.len()
}

/// How long the sound of a file is, in milliseconds.
fn sound_ms(movie: &Movie) -> i64 {
    let track = movie.audio().expect("sound");
    let (from, to) = track.shown_range().expect("sound");
    (to - from) * 1000 / i64::from(track.timescale)
}

fn alaw(treatment: Treatment) -> AudioFormat {
    let (codec, configuration) = (AudioCodec::Pcma, Vec::new());
    AudioFormat { codec, sample_rate: 8_000, channels: 1, configuration, treatment }
}

fn closed(g: i64) -> Vec<i64> {
    [0, 3, 1, 2, 7, 4, 5, 6].map(|n| 8 * g + n).to_vec()
}

/// splitmuxsink orders a group by its earliest picture. Leading pictures are
/// shown before their key frame, so the file went on for one group more than
/// its segment, and the next one was said to begin where it did not.
#[test]
fn a_file_ends_where_it_was_planned_also_before_leading_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups: Vec<Vec<i64>> = (0..6).map(open_gop).collect();
    assert_eq!(written(folder.path(), &groups, &[2, 3, 5]), [13, 8, 16, 8]);
}

#[test]
fn a_file_ends_where_it_was_planned_between_closed_groups() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups: Vec<Vec<i64>> = (0..6).map(closed).collect();
    assert_eq!(written(folder.path(), &groups, &[2, 3, 5]), [16, 8, 16, 8]);
}

/// splitmuxsink waits with a group until what is decoded has passed its key
/// frame. Where the end came before that, the file before kept the pictures that
/// were planned for the next one.
#[test]
fn the_last_file_begins_where_it_was_planned_however_soon_the_end_comes() {
    for left in 1..5 {
        let folder = tempfile::tempdir().expect("a folder");
        let mut groups: Vec<Vec<i64>> = (0..4).map(closed).collect();
        groups[3].truncate(left);
        let left = u64::try_from(left).expect("few");
        assert_eq!(written(folder.path(), &groups, &[2, 3]), [16, 8, left]);
        let sound = Some(alaw(Treatment::AsIs));
        let plan = Plan { groups: &groups, borders: &[2, 3], sound, behind: BEHIND };
        let folder = tempfile::tempdir().expect("a folder");
        let movies = write(folder.path(), &plan, &Crew::new("test", 1));
        assert_eq!(movies.iter().map(pictures).collect::<Vec<_>>(), [16, 8, left]);
    }
}

/// Sound as it came is cut where its pictures are; also before leading pictures.
#[test]
fn sound_ends_with_the_file_of_its_pictures() {
    for group in [closed, open_gop] {
        let folder = tempfile::tempdir().expect("a folder");
        let groups: Vec<Vec<i64>> = (0..6).map(group).collect();
        let plan = Plan {
            groups: &groups,
            borders: &[2, 3, 5],
            sound: Some(alaw(Treatment::AsIs)),
            behind: BEHIND,
        };
        let movies = write(folder.path(), &plan, &Crew::new("test", 1));
        // The sound of the last one was still to come.
        for movie in &movies[..3] {
            let pictures_ms = i64::try_from(pictures(movie)).expect("few") * 125;
            let beyond = sound_ms(movie) - pictures_ms;
            assert!(beyond.abs() <= 20, "{beyond} ms of sound beyond {pictures_ms}");
        }
    }
}

/// One thread brings pictures and sound of all cameras: none of them waits for
/// what the same thread would have to bring.
#[test]
fn one_thread_feeds_many_pipelines_with_sound() {
    let workers = Crew::new("test", 1);
    let groups: Vec<Vec<i64>> = (0..12).map(closed).collect();
    let treatments = [Treatment::AsIs, Treatment::Pcm, Treatment::Aac];
    std::thread::scope(|scope| {
        for n in 0..9 {
            let (workers, groups) = (&workers, &groups);
            scope.spawn(move || {
                let folder = tempfile::tempdir().expect("a folder");
                let sound = Some(alaw(treatments[n % 3]));
                let movies = write(
                    folder.path(),
                    &Plan { groups, borders: &[4, 8], sound, behind: BEHIND },
                    workers,
                );
                for movie in &movies {
                    assert_eq!(pictures(movie), 32);
                    assert!(sound_ms(movie) > 3_000, "{} ms of sound", sound_ms(movie));
                }
            });
        }
    });
}

/// Cameras that end before their sound has come, or before an encoder has made
/// anything of it: nobody waits for it.
#[test]
fn a_pipeline_ends_that_never_got_its_sound() {
    let groups: Vec<Vec<i64>> = (0..4).map(closed).collect();
    let length = 32 * FRAME;
    for behind in [length, length - 4 * SOUND, length - 30 * SOUND] {
        for treatment in [Treatment::AsIs, Treatment::Pcm, Treatment::Aac] {
            let folder = tempfile::tempdir().expect("a folder");
            let sound = Some(alaw(treatment));
            let plan = Plan { groups: &groups, borders: &[], sound, behind };
            let movies = write(folder.path(), &plan, &Crew::new("test", 1));
            assert_eq!(pictures(&movies[0]), 32);
        }
    }
}
