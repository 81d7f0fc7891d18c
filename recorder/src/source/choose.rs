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

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(encodings: &[&str]) -> Vec<StreamDescription> {
        let one = |encoding: &&str| {
            StreamDescription::from_fields(|name| {
                (name == "encoding-name").then(|| (*encoding).to_owned())
            })
        };
        encodings.iter().map(one).collect()
    }

    /// Places of what is recorded.
    fn chosen(encodings: &[&str], audio_wanted: bool) -> Vec<usize> {
        let chosen = streams(offered(encodings), audio_wanted).expect("there is video");
        chosen.setup_order().into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn the_first_of_each_that_can_be_recorded_is_chosen() {
        assert_eq!(chosen(&["JPEG", "H265", "L16", "PCMU", "H264", "OPUS"], true), [1, 3]);
        assert_eq!(chosen(&["PCMA", "H264"], true), [1, 0]);
        assert_eq!(chosen(&["PCMA", "H264"], false), [1], "no sound is wanted");
        assert_eq!(chosen(&["H264", "VND.ONVIF.METADATA"], true), [0]);
    }

    #[test]
    fn without_video_it_says_what_there_is() {
        let refused = streams(offered(&["JPEG", "PCMU"]), true).err().expect("no video");
        let told = refused.to_string();
        assert!(told.contains("JPEG") && told.contains("PCMU"), "{told}");
    }
}
