//! Which streams of a session are recorded.

use super::{SourceError, Track};
use crate::rtp::{Encoding, StreamDescription};

/// The chosen streams with their places in the session.
pub(super) struct Chosen {
    pub(super) video: (usize, StreamDescription),
    pub(super) audio: Option<(usize, StreamDescription)>,
}

impl Chosen {
    /// Places and what they are.
    pub(super) fn setup_order(&self) -> Vec<(usize, Track)> {
        let audio = self.audio.as_ref().map(|(index, _)| (*index, Track::Audio));
        std::iter::once((self.video.0, Track::Video)).chain(audio).collect()
    }
}

/// The first video stream that can be recorded and, if wanted, the first such
/// audio stream.
pub(super) fn streams(
    described: Vec<StreamDescription>,
    audio_wanted: bool,
) -> Result<Chosen, SourceError> {
    let offered: Vec<String> = described.iter().map(|s| s.encoding.to_string()).collect();
    let (mut video, mut audio) = (None, None);
    for (index, stream) in described.into_iter().enumerate() {
        match track_of(&stream.encoding) {
            Some(Track::Video) if video.is_none() => video = Some((index, stream)),
            Some(Track::Audio) if audio_wanted && audio.is_none() => audio = Some((index, stream)),
            _ => {}
        }
    }
    let video = video.ok_or_else(|| {
        SourceError::NoVideo(format!(
            "no H.264 or H.265 in the session (it offers: {}); set the camera to one of them",
            offered.join(", ")
        ))
    })?;
    Ok(Chosen { video, audio })
}

/// What a coding is recorded as.
pub(super) fn track_of(encoding: &Encoding) -> Option<Track> {
    match encoding {
        Encoding::H264 | Encoding::H265 => Some(Track::Video),
        Encoding::Aac | Encoding::Opus | Encoding::Pcmu | Encoding::Pcma => Some(Track::Audio),
        Encoding::Other(_) => None,
    }
}
