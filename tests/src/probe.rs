//! What ffprobe finds in a file, or ffmpeg in many at once.

mod joint;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file, as ffprobe reads it packet by packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The codec of the video, in ffmpeg's word.
    pub video_codec: String,
    /// Picture size.
    pub size: (u64, u64),
    /// Video packets in decode order.
    pub video: Vec<Packet>,
    /// The codec of the audio; none without audio.
    pub audio_codec: Option<String>,
    /// Audio packets.
    pub audio: Vec<Packet>,
}

/// One packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// When it is shown, in seconds.
    pub pts: f64,
    /// When it is decoded, in seconds.
    pub dts: f64,
    /// How long it lasts, in seconds.
    pub duration: f64,
    /// Bytes.
    pub size: u64,
    /// Whether it is marked as a key frame.
    pub key: bool,
}

impl Probe {
    /// Seconds from the first video packet to the end of the last.
    pub fn video_seconds(&self) -> f64 {
        self.video.iter().map(|p| p.duration).sum()
    }
}

/// Reads many files: all of them in one run of ffmpeg, since most of a run of
/// ffprobe is its start; and one by one where that one has anything to say.
pub fn probe_all(files: &[PathBuf]) -> Result<Vec<Probe>, String> {
    joint::probe(files).map_or_else(|| files.iter().map(|file| probe(file)).collect(), Ok)
}

/// Reads a file with ffprobe; the error is what it said.
pub fn probe(file: &Path) -> Result<Probe, String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-ignore_editlist", "1", "-of", "json", "-show_entries"])
        .arg("stream=index,codec_type,codec_name,width,height:packet=stream_index,pts_time,dts_time,duration_time,size,flags")
        .arg(file)
        .output()
        .expect("ffprobe runs");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() || !said.is_empty() {
        return Err(format!("{}: {said}", file.display()));
    }
    let found: Value = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    let stream = |kind: &str| {
        let streams = found["streams"].as_array().into_iter().flatten();
        streams.clone().find(|s| s["codec_type"] == kind).cloned()
    };
    let video = stream("video").ok_or_else(|| format!("{}: no video", file.display()))?;
    let audio = stream("audio");
    Ok(Probe {
        video_codec: text(&video["codec_name"]),
        size: (video["width"].as_u64().unwrap_or(0), video["height"].as_u64().unwrap_or(0)),
        video: packets(&found, &video["index"]),
        audio_codec: audio.as_ref().map(|a| text(&a["codec_name"])),
        audio: audio.map(|a| packets(&found, &a["index"])).unwrap_or_default(),
    })
}

fn packets(found: &Value, stream: &Value) -> Vec<Packet> {
    let packets = found["packets"].as_array().into_iter().flatten();
    packets.filter(|p| &p["stream_index"] == stream).map(packet).collect()
}

fn packet(value: &Value) -> Packet {
    let number = |name: &str| text(&value[name]).parse().unwrap_or(f64::NAN);
    Packet {
        pts: number("pts_time"),
        dts: number("dts_time"),
        duration: number("duration_time"),
        size: text(&value["size"]).parse().unwrap_or(0),
        key: text(&value["flags"]).contains('K'),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
