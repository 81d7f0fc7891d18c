//! Many files in one run of ffmpeg: its list of packets (the `framecrc` muxer)
//! tells of each stream what ffprobe tells.

use super::{Packet, Probe};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// One run opens so many files at most.
const AT_ONCE: usize = 64;

/// What ffmpeg finds in the files; nothing if it complains about any.
pub(super) fn probe(files: &[PathBuf]) -> Option<Vec<Probe>> {
    let mut probes = Vec::with_capacity(files.len());
    for files in files.chunks(AT_ONCE) {
        probes.extend(probe_some(files)?);
    }
    Some(probes)
}

fn probe_some(files: &[PathBuf]) -> Option<Vec<Probe>> {
    // Streams are numbered on: those of one file, then those of the next. How
    // many a file has is found by asking for its picture and its sound.
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-v", "error", "-nostdin", "-copyts"]);
    for file in files {
        command.args(["-ignore_editlist", "1", "-i"]).arg(file);
    }
    for input in 0..files.len() {
        command.args(["-map", &format!("{input}:v:0"), "-map", &format!("{input}:a:0?")]);
    }
    command.args(["-c", "copy", "-avoid_negative_ts", "disabled", "-f", "framecrc", "pipe:1"]);
    let output = command.output().expect("ffmpeg runs");
    if !output.status.success() || !output.stderr.is_empty() {
        return None;
    }
    by_file(streams(std::str::from_utf8(&output.stdout).ok()?)?, files.len())
}

/// One stream of the list.
#[derive(Default)]
struct Stream {
    video: bool,
    codec: String,
    size: (u64, u64),
    tick: f64,
    packets: Vec<Packet>,
}

/// Everything in the list, by the numbers of the streams.
fn streams(list: &str) -> Option<BTreeMap<usize, Stream>> {
    let mut streams: BTreeMap<usize, Stream> = BTreeMap::new();
    for line in list.lines() {
        if let Some(about) = line.strip_prefix('#') {
            let (what, value) = about.split_once(": ")?;
            let Some((word, number)) = what.split_once(' ') else { continue };
            let stream = streams.entry(number.parse().ok()?).or_default();
            match word {
                "tb" => stream.tick = fraction(value)?,
                "media_type" => stream.video = value == "video",
                "codec_id" => stream.codec = value.to_owned(),
                "dimensions" => stream.size = size(value)?,
                _ => {}
            }
        } else {
            let mut fields = line.split(',').map(str::trim);
            let stream = streams.get_mut(&fields.next()?.parse().ok()?)?;
            stream.packets.push(packet(&mut fields, stream.tick)?);
        }
    }
    Some(streams)
}

/// `dts, pts, duration, size, checksum`, and flags unless it is just a key
/// frame.
fn packet<'a>(fields: &mut impl Iterator<Item = &'a str>, tick: f64) -> Option<Packet> {
    let mut number = || fields.next()?.parse::<i64>().ok();
    let (dts, pts, duration, size) = (number()?, number()?, number()?, number()?);
    let _checksum = fields.next()?;
    let flags = fields.find_map(|field| field.strip_prefix("F=0x"));
    let key = flags.is_none_or(|f| u32::from_str_radix(f, 16).is_ok_and(|f| f & 1 != 0));
    let seconds = |ticks: i64| ticks as f64 * tick;
    let (dts, pts, duration) = (seconds(dts), seconds(pts), seconds(duration));
    Some(Packet { pts, dts, duration, size: u64::try_from(size).ok()?, key })
}

fn fraction(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    Some(over.parse::<f64>().ok()? / under.parse::<f64>().ok()?)
}

fn size(text: &str) -> Option<(u64, u64)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// A file begins with each picture track.
fn by_file(streams: BTreeMap<usize, Stream>, files: usize) -> Option<Vec<Probe>> {
    let mut probes: Vec<Probe> = Vec::with_capacity(files);
    for Stream { video, codec, size, packets, .. } in streams.into_values() {
        if video {
            let (audio_codec, audio) = (None, Vec::new());
            probes.push(Probe { video_codec: codec, size, video: packets, audio_codec, audio });
        } else {
            let probe = probes.last_mut()?;
            (probe.audio_codec, probe.audio) = (Some(codec), packets);
        }
    }
    (probes.len() == files).then_some(probes)
}
