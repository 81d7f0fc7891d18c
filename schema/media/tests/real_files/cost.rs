//! What reading a segment costs: an index over a day has thousands to read.

use crate::footage::{self, H264, RAW, RECORDER_MUX, files};
use hitless_media::mp4::{Movie, ReadAt};
use std::cell::Cell;
use std::fs::File;
use std::io;

/// A file that counts.
struct Counted {
    file: File,
    reads: Cell<u32>,
    bytes: Cell<usize>,
}

impl ReadAt for Counted {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.reads.set(self.reads.get() + 1);
        self.bytes.set(self.bytes.get() + buffer.len());
        ReadAt::read_at(&self.file, buffer, at)
    }

    fn size(&self) -> io::Result<u64> {
        ReadAt::size(&self.file)
    }
}

fn cost(path: &std::path::Path) -> (Movie, u32, usize) {
    let file = File::open(path).expect("readable");
    let counted = Counted { file, reads: Cell::new(0), bytes: Cell::new(0) };
    let movie = Movie::read(&counted, path).expect("readable");
    (movie, counted.reads.get(), counted.bytes.get())
}

#[test]
fn a_minute_is_read_in_a_few_reads_of_60_kb() {
    let path = footage::folder("minute").join("minute.mp4");
    footage::gst(&format!(
        "videotestsrc num-buffers=1500 ! {RAW} ! {H264} ! queue ! mux. \
         audiotestsrc num-buffers=2584 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! \
         aacparse ! queue ! mux. mp4mux {RECORDER_MUX} name=mux ! filesink location={}",
        path.display()
    ));
    let (movie, reads, bytes) = cost(&path);
    assert_eq!(movie.video().expect("pictures").samples.len(), 1500);
    assert!(movie.audio().expect("sound").samples.len() > 2500);
    assert!(reads <= 4, "{reads} reads");
    assert!(bytes <= 60_000, "{bytes} bytes");
}

#[test]
fn a_fragment_costs_about_one_read() {
    let (movie, reads, _) = cost(files::named("killed.mp4"));
    assert!(reads <= 4 + 2 * (movie.fragments + 1), "{reads} for {} fragments", movie.fragments);
}

/// 48,000 samples a second: a row for each would be a gigabyte a day.
#[test]
fn linear_pcm_is_kept_as_runs() {
    for name in ["pcm.mov", "ff-pcm.mov", "ff-alaw.mov"] {
        let movie = Movie::open(files::named(name)).expect("readable");
        let sound = movie.audio().expect("sound");
        assert!(sound.samples.len() > 30_000, "{name}: {}", sound.samples.len());
        assert!(sound.samples.runs().len() < 500, "{name}: {}", sound.samples.runs().len());
        let last = sound.samples.len() - 1;
        let sample = sound.samples.get(last).expect("the last one");
        assert_eq!(Some(sample), sound.samples.iter().last(), "{name}");
        assert_eq!(sound.samples.get(last + 1), None);
    }
}
