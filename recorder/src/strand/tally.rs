//! What went into the segment in flight: its facts without reading it again.

use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{AudioTrack, MediaSpan, MediaTime, VideoTrack};

use crate::pipeline::{AudioFormat, VideoFormat};

/// Counts the samples of one segment.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Presentation time of the first sample.
    pub start: MediaTime,
    /// Where the last sample ends.
    pub end: MediaTime,
    /// Decode-order numbers of damaged samples.
    pub damaged: Vec<u64>,
    video: VideoTrack,
    audio: Option<AudioTrack>,
    first_dts: Option<MediaTime>,
}

impl Tally {
    /// Of a segment that starts at `start`.
    pub fn new(
        start: MediaTime,
        video: &VideoFormat,
        hash: u64,
        audio: Option<&AudioFormat>,
    ) -> Self {
        Self {
            start,
            end: start,
            damaged: Vec::new(),
            first_dts: None,
            video: VideoTrack {
                codec: video.codec,
                width: video.width,
                height: video.height,
                timescale: VIDEO_TIMESCALE,
                samples: 0,
                key_frames: 0,
                bytes: 0,
                damaged: 0,
                parameters: hash,
            },
            audio: audio.map(|a| AudioTrack {
                codec: a.stored_as(),
                sample_rate: a.sample_rate,
                channels: a.channels,
                samples: 0,
            }),
        }
    }

    /// Adds a video sample; gives its number if it is damaged.
    pub fn video(
        &mut self,
        bytes: usize,
        key: bool,
        damaged: bool,
        dts: MediaTime,
        duration: MediaSpan,
    ) -> Option<u64> {
        let number = self.video.samples;
        self.video.samples += 1;
        self.video.bytes += bytes as u64;
        self.video.key_frames += u64::from(key);
        // The decode axis starts where the first sample is shown.
        let first = *self.first_dts.get_or_insert(dts);
        self.end = self.start.plus(dts.plus(duration).since(first));
        damaged.then(|| {
            self.video.damaged += 1;
            self.damaged.push(number);
            number
        })
    }

    /// Adds an audio sample.
    pub fn audio(&mut self) {
        if let Some(audio) = &mut self.audio {
            audio.samples += 1;
        }
    }

    /// Length on the media clock.
    pub fn length(&self) -> MediaSpan {
        self.end.since(self.start)
    }

    /// Facts of the video track so far.
    pub fn video_track(&self) -> &VideoTrack {
        &self.video
    }

    /// Facts of the audio track so far, if anything was recorded of it.
    pub fn audio_track(&self) -> Option<&AudioTrack> {
        self.audio.as_ref().filter(|a| a.samples > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Treatment;
    use hitless_model::{AudioCodec, VideoCodec};

    fn tally(audio: Option<&AudioFormat>) -> Tally {
        let video = VideoFormat {
            codec: VideoCodec::H264,
            width: 640,
            height: 360,
            configuration: Vec::new(),
        };
        Tally::new(MediaTime::new(1000), &video, 7, audio)
    }

    fn add(tally: &mut Tally, key: bool, damaged: bool, dts: i64) -> Option<u64> {
        tally.video(100, key, damaged, MediaTime::new(dts), MediaSpan::new(3000))
    }

    #[test]
    fn samples_are_counted_and_damaged_ones_numbered() {
        let mut tally = tally(None);
        assert_eq!(add(&mut tally, true, false, -2000), None);
        assert_eq!(add(&mut tally, false, true, 1000), Some(1));
        assert_eq!(add(&mut tally, false, false, 4000), None);
        assert_eq!(add(&mut tally, true, true, 7000), Some(3));
        let track = tally.video_track();
        assert_eq!((track.samples, track.key_frames, track.bytes, track.damaged), (4, 2, 400, 2));
        assert_eq!(tally.damaged, [1, 3]);
    }

    #[test]
    fn it_is_as_long_as_its_decode_times_from_where_the_first_is_shown() {
        let mut tally = tally(None);
        assert_eq!((tally.start, tally.length()), (tally.end, MediaSpan::new(0)));
        add(&mut tally, true, false, -2000);
        add(&mut tally, false, false, 1000);
        assert_eq!(tally.end, MediaTime::new(7000));
        assert_eq!(tally.length(), MediaSpan::new(6000));
    }

    #[test]
    fn sound_that_was_never_heard_is_no_track() {
        let format = AudioFormat {
            codec: AudioCodec::Aac,
            sample_rate: 16_000,
            channels: 1,
            configuration: Vec::new(),
            treatment: Treatment::AsIs,
        };
        let mut tally = tally(Some(&format));
        assert!(tally.audio_track().is_none());
        tally.audio();
        assert_eq!(tally.audio_track().map(|track| track.samples), Some(1));
    }
}
