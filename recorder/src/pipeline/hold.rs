//! Holds samples back until their group is complete, and hands it over whole.
//!
//! splitmuxsink keeps a group until the next one begins, so nothing is lost by
//! keeping it here instead; but each hand-over wakes threads, and one a second
//! costs a fraction of thirty. Sound follows the same groups: frames of the
//! group being gathered wait, frames up to the border last handed over (and one
//! beyond, which closes the group for splitmuxsink) do not. An encoder on the
//! way keeps some of what it gets: as much more must pass.

use gstreamer as gst;
use hitless_model::{MediaSpan, MediaTime};

/// What waits to be handed over.
pub(super) struct Hold {
    video: Vec<gst::Buffer>,
    audio: Vec<gst::Buffer>,
    /// Sound that an encoder keeps.
    kept_back: MediaSpan,
    /// Sound is still missing up to here for the group handed over last.
    audio_wanted: Option<MediaTime>,
}

/// A group on its way, sound first: splitmuxsink waits for it.
#[derive(Default)]
pub(super) struct Group {
    pub(super) audio: Vec<gst::Buffer>,
    pub(super) video: Vec<gst::Buffer>,
}

impl Hold {
    /// Nothing waits yet.
    pub(super) fn new(kept_back: MediaSpan) -> Self {
        Self { video: Vec::new(), audio: Vec::new(), kept_back, audio_wanted: None }
    }

    /// Keeps a video sample; one that begins a group brings all before it and
    /// itself.
    pub(super) fn video(&mut self, buffer: gst::Buffer, begins_group: Option<MediaTime>) -> Group {
        self.video.push(buffer);
        match begins_group {
            Some(border) => {
                self.audio_wanted = Some(border.plus(self.kept_back));
                self.all()
            }
            None => Group::default(),
        }
    }

    /// Keeps a sample of the sound that starts at `pts`, or lets it pass.
    pub(super) fn audio(&mut self, buffer: gst::Buffer, pts: MediaTime) -> Option<gst::Buffer> {
        match self.audio_wanted {
            Some(border) => {
                if pts >= border {
                    self.audio_wanted = None;
                }
                Some(buffer)
            }
            None => {
                self.audio.push(buffer);
                None
            }
        }
    }

    /// Everything that waits.
    pub(super) fn all(&mut self) -> Group {
        Group { audio: std::mem::take(&mut self.audio), video: std::mem::take(&mut self.video) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_handed_over_whole_and_its_sound_does_not_wait() {
        gst::init().expect("GStreamer starts");
        let at = MediaTime::new;
        let mut hold = Hold::new(MediaSpan::new(0));
        assert_eq!(hold.video(gst::Buffer::new(), Some(at(0))).video.len(), 1);
        assert!(hold.audio(gst::Buffer::new(), at(0)).is_some(), "closes the group before");
        assert!(hold.audio(gst::Buffer::new(), at(50)).is_none());
        for _ in 0..3 {
            assert!(hold.video(gst::Buffer::new(), None).video.is_empty());
        }
        let group = hold.video(gst::Buffer::new(), Some(at(100)));
        assert_eq!((group.audio.len(), group.video.len()), (1, 4));
        assert!(hold.audio(gst::Buffer::new(), at(80)).is_some());
        assert!(hold.audio(gst::Buffer::new(), at(110)).is_some());
        assert!(hold.audio(gst::Buffer::new(), at(140)).is_none());
    }

    /// G.711 on its way to AAC closed a group only with the next one, and a
    /// crash cost a second more.
    #[test]
    fn as_much_sound_more_passes_as_an_encoder_keeps() {
        gst::init().expect("GStreamer starts");
        let at = MediaTime::new;
        let mut hold = Hold::new(MediaSpan::new(30));
        hold.video(gst::Buffer::new(), Some(at(100)));
        assert!(hold.audio(gst::Buffer::new(), at(110)).is_some());
        assert!(hold.audio(gst::Buffer::new(), at(130)).is_some());
        assert!(hold.audio(gst::Buffer::new(), at(140)).is_none());
    }
}
