//! A second opinion: the crate `mp4`, on finished AVC and AAC files of our
//! own alone. It is wrong on fragmented files and hangs on hostile ones (see
//! `docs/decisions/0001-own-mp4-reader.md`), but on these it is right and was
//! written by somebody else.

use crate::footage::files;
use hitless_media::mp4::Movie;
use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::FileExt;

#[test]
fn another_reader_finds_the_same_bytes_and_times() {
    let mut compared = 0;
    for name in ["recorder.mp4", "recorder-b.mp4", "recorder-mute.mp4", "split-01.mp4"] {
        let path = files::named(name);
        let movie = Movie::open(path).expect("readable");
        let file = File::open(path).expect("readable");
        let size = file.metadata().expect("readable").len();
        let reader = BufReader::new(file.try_clone().expect("a file"));
        let mut theirs = mp4::Mp4Reader::read_header(reader, size).expect("readable");
        for track in &movie.tracks {
            assert_eq!(
                u64::from(theirs.sample_count(track.id).expect("known")),
                track.samples.len()
            );
            for ours in track.samples.iter() {
                let number = u32::try_from(ours.number + 1).expect("small");
                let their = theirs.read_sample(track.id, number).expect("readable").expect("there");
                let mut bytes = vec![0; usize::try_from(ours.size).expect("small")];
                file.read_exact_at(&mut bytes, ours.offset).expect("within the file");
                assert_eq!(their.bytes, bytes, "{name}: sample {}", ours.number);
                assert_eq!(i64::try_from(their.start_time), Ok(ours.decode), "{name}");
                assert_eq!(their.duration, ours.duration, "{name}");
                assert_eq!(their.rendering_offset, ours.composition, "{name}");
                assert_eq!(their.is_sync, ours.key, "{name}");
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "{compared}");
}
