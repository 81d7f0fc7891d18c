//! A second opinion on our own clips: the crate `mp4`, written by others.
//!
//! It loops for ever on hostile files and takes memory without end (see
//! `docs/decisions/0008-virtual-mp4.md`), so it reads finished AVC and AAC
//! files alone, and in a process of its own with limits of time and memory.

use super::Problem;
use hitless_media::mp4::Movie;
use md5::{Digest, Md5};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, getrlimit, pidfd_open, setrlimit};
use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Name of the hidden command that reads a clip with the other crate.
pub const SECOND_READER: &str = "second-reader";

/// Memory that the other reader may take: a day's tables, several times over.
const MEMORY_BYTES: u64 = 2 << 30;
/// Seconds of work for each gigabyte of clip, and at least.
const SECONDS_PER_GB: u64 = 60;
const SECONDS_AT_LEAST: u64 = 60;

/// What the other reader finds, a line for each track: id, samples, digest of
/// all samples with their times. Runs in its own process.
pub fn second_reader(path: &Path) -> io::Result<String> {
    limit(Resource::As, MEMORY_BYTES);
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let bad = |e: mp4::Error| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
    let mut reader = mp4::Mp4Reader::read_header(BufReader::new(file), size).map_err(bad)?;
    let mut ids: Vec<u32> = reader.tracks().keys().copied().collect();
    ids.sort_unstable();
    let mut said = String::new();
    for id in ids {
        let count = reader.sample_count(id).map_err(bad)?;
        let mut hash = Md5::new();
        for number in 1..=count {
            let sample = reader.read_sample(id, number).map_err(bad)?;
            let sample = sample.ok_or_else(|| io::Error::other(format!("no sample {number}")))?;
            let start = i64::try_from(sample.start_time).unwrap_or(i64::MAX);
            let times = (start, sample.duration, sample.rendering_offset, sample.is_sync);
            put(&mut hash, times, &sample.bytes);
        }
        said.push_str(&format!("{id} {count} {:x}\n", hash.finalize()));
    }
    Ok(said)
}

fn limit(what: Resource, most: u64) {
    let known = getrlimit(what);
    let most = known.maximum.map_or(most, |maximum| maximum.min(most));
    // Without the limit the reader's time still is limited.
    let _ = setrlimit(what, Rlimit { current: Some(most), maximum: known.maximum });
}

fn put(hash: &mut Md5, times: (i64, u32, i32, bool), bytes: &[u8]) {
    hash.update(times.0.to_be_bytes());
    hash.update(times.1.to_be_bytes());
    hash.update(times.2.to_be_bytes());
    hash.update([u8::from(times.3)]);
    hash.update(bytes);
}

/// The same as our own reader finds it.
fn first_reader(movie: &Movie, file: &File) -> io::Result<String> {
    let mut said = String::new();
    for track in &movie.tracks {
        let mut hash = Md5::new();
        let mut buffer = Vec::new();
        for sample in track.samples.iter() {
            buffer.resize(sample.size as usize, 0);
            file.read_exact_at(&mut buffer, sample.offset)?;
            // The other crate calls every sample without a list a key frame.
            let times = (sample.decode, sample.duration, sample.composition, sample.key);
            put(&mut hash, times, &buffer);
        }
        said.push_str(&format!("{} {} {:x}\n", track.id, track.samples.len(), hash.finalize()));
    }
    Ok(said)
}

/// Whether the other reader knows all codings of a clip.
pub(super) fn is_known(movie: &Movie) -> bool {
    movie.finished
        && movie
            .tracks
            .iter()
            .flat_map(|t| &t.entries)
            .all(|entry| entry.kind().is_some_and(|kind| matches!(&kind.0, b"avc1" | b"mp4a")))
}

/// Asks the other reader, by running `program` again, and compares.
pub(super) fn agree(
    program: &Path,
    path: &Path,
    movie: &Movie,
    file: &File,
) -> io::Result<Option<Problem>> {
    let seconds = SECONDS_AT_LEAST + SECONDS_PER_GB * (movie.size_bytes >> 30);
    let theirs = ask(program, path, Duration::from_secs(seconds))?;
    let ours = first_reader(movie, file)?;
    let problem = |detail: String| Some(Problem::new("second_reader", None, detail));
    Ok(match theirs {
        Ok(theirs) if theirs == ours => None,
        Ok(theirs) => problem(format!("another reader finds {theirs:?}, ours {ours:?}")),
        Err(why) => problem(format!("another reader cannot read {}: {why}", path.display())),
    })
}

fn ask(program: &Path, path: &Path, most: Duration) -> io::Result<Result<String, String>> {
    let mut child = Command::new(program)
        .arg(SECOND_READER)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // A line for each track: it fits into the pipe.
    if !ends_within(&child, most)? {
        child.kill()?;
        child.wait()?;
        return Ok(Err(format!("it did not end within {} s", most.as_secs())));
    }
    let output = child.wait_with_output()?;
    Ok(match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    })
}

fn ends_within(child: &Child, most: Duration) -> io::Result<bool> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let limit = Timespec::try_from(most).map_err(io::Error::other)?;
    let ended = retry_on_intr(|| poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)))?;
    Ok(ended > 0)
}
