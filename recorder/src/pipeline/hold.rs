//! Holds samples back until their group is complete, and hands it over whole.
//!
//! splitmuxsink keeps a group until the next one begins and its sound is there,
//! so nothing is lost by keeping it here instead; but each hand-over wakes
//! threads, and one a second costs a fraction of thirty. An encoder on the way
//! keeps some of the sound that it gets: as much more must have come.

use gstreamer as gst;
use hitless_model::{MediaSpan, MediaTime};
use std::collections::VecDeque;

/// What waits to be handed over.
pub(super) struct Hold {
    /// Pictures of the group that is being gathered.
    video: Vec<gst::Buffer>,
    begun: bool,
    sound: Option<Sound>,
}

/// Sound, and the groups that wait for it.
struct Sound {
    /// How much an encoder keeps.
    kept_back: MediaSpan,
    waiting: Vec<gst::Buffer>,
    reached: Option<MediaTime>,
    groups: VecDeque<(MediaTime, Group)>,
}

/// A group on its way.
#[derive(Default)]
pub(super) struct Group {
    /// Pictures; the last one begins the next group, unless this is the end.
    pub(super) video: Vec<gst::Buffer>,
    /// Sound that came by then, some of it beyond the group.
    pub(super) audio: Vec<gst::Buffer>,
}

impl Hold {
    /// Nothing waits yet. With a track for sound: how much of it an encoder
    /// keeps.
    pub(super) fn new(kept_back: Option<MediaSpan>) -> Self {
        let sound = kept_back.map(|kept_back| Sound {
            kept_back,
            waiting: Vec::new(),
            reached: None,
            groups: VecDeque::new(),
        });
        Self { video: Vec::new(), begun: false, sound }
    }

    /// Keeps a picture; one that begins a group completes all before it. The
    /// very first waits for nothing: its file is made with it.
    pub(super) fn video(
        &mut self,
        buffer: gst::Buffer,
        begins_group: Option<MediaTime>,
    ) -> Vec<Group> {
        self.video.push(buffer);
        let Some(border) = begins_group else { return Vec::new() };
        let group = Group { video: std::mem::take(&mut self.video), audio: Vec::new() };
        match &mut self.sound {
            Some(sound) if self.begun => {
                sound.groups.push_back((border, group));
                sound.complete()
            }
            _ => {
                self.begun = true;
                vec![group]
            }
        }
    }

    /// Keeps a sample of the sound that starts at `pts`; may complete groups.
    pub(super) fn audio(&mut self, buffer: gst::Buffer, pts: MediaTime) -> Vec<Group> {
        let Some(sound) = &mut self.sound else { return Vec::new() };
        sound.waiting.push(buffer);
        sound.reached = sound.reached.max(Some(pts));
        sound.complete()
    }

    /// All groups that wait for sound, and what comes after them.
    pub(super) fn end(&mut self) -> (Vec<Group>, Group) {
        let mut last = Group { video: std::mem::take(&mut self.video), audio: Vec::new() };
        let mut groups = Vec::new();
        if let Some(sound) = &mut self.sound {
            groups.extend(std::mem::take(&mut sound.groups).into_iter().map(|(_, group)| group));
            let audio = std::mem::take(&mut sound.waiting);
            groups.first_mut().unwrap_or(&mut last).audio = audio;
        }
        (groups, last)
    }
}

impl Sound {
    /// Groups whose sound is there.
    fn complete(&mut self) -> Vec<Group> {
        let mut complete = Vec::new();
        while let Some((border, _)) = self.groups.front() {
            let wanted = border.plus(self.kept_back);
            if self.reached.is_none_or(|reached| reached < wanted) {
                break;
            }
            let Some((_, mut group)) = self.groups.pop_front() else { break };
            group.audio = std::mem::take(&mut self.waiting);
            complete.push(group);
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ticks: i64) -> MediaTime {
        MediaTime::new(ticks)
    }

    fn hold(kept_back: Option<i64>) -> Hold {
        gst::init().expect("GStreamer starts");
        Hold::new(kept_back.map(MediaSpan::new))
    }

    /// Pictures and frames of sound in each group.
    fn sizes(groups: &[Group]) -> Vec<(usize, usize)> {
        groups.iter().map(|g| (g.video.len(), g.audio.len())).collect()
    }

    #[test]
    fn a_group_is_handed_over_whole() {
        let mut hold = hold(None);
        assert_eq!(sizes(&hold.video(gst::Buffer::new(), Some(at(0)))), [(1, 0)]);
        for _ in 0..3 {
            assert!(hold.video(gst::Buffer::new(), None).is_empty());
        }
        assert_eq!(sizes(&hold.video(gst::Buffer::new(), Some(at(100)))), [(4, 0)]);
    }

    #[test]
    fn a_group_waits_for_its_sound_and_only_for_that() {
        let mut hold = hold(Some(0));
        assert_eq!(sizes(&hold.video(gst::Buffer::new(), Some(at(0)))), [(1, 0)]);
        assert!(hold.audio(gst::Buffer::new(), at(0)).is_empty());
        assert!(hold.video(gst::Buffer::new(), Some(at(100))).is_empty());
        assert!(hold.video(gst::Buffer::new(), Some(at(200))).is_empty());
        assert!(hold.audio(gst::Buffer::new(), at(90)).is_empty());
        assert_eq!(sizes(&hold.audio(gst::Buffer::new(), at(110))), [(1, 3)]);
        assert_eq!(sizes(&hold.audio(gst::Buffer::new(), at(230))), [(1, 1)]);
        assert!(hold.audio(gst::Buffer::new(), at(310)).is_empty());
        // Sound that is ahead: the group is there with its last picture.
        assert_eq!(sizes(&hold.video(gst::Buffer::new(), Some(at(300)))), [(1, 1)]);
    }

    /// G.711 on its way to AAC closed a group only with the next one, and a
    /// crash cost a second more.
    #[test]
    fn as_much_sound_more_is_waited_for_as_an_encoder_keeps() {
        let mut hold = hold(Some(30));
        hold.video(gst::Buffer::new(), Some(at(0)));
        hold.video(gst::Buffer::new(), Some(at(100)));
        assert!(hold.audio(gst::Buffer::new(), at(110)).is_empty());
        assert_eq!(sizes(&hold.audio(gst::Buffer::new(), at(130))), [(1, 2)]);
    }

    #[test]
    fn nothing_stays_behind_at_the_end() {
        let mut hold = hold(Some(0));
        hold.video(gst::Buffer::new(), Some(at(0)));
        hold.audio(gst::Buffer::new(), at(10));
        hold.video(gst::Buffer::new(), Some(at(100)));
        hold.video(gst::Buffer::new(), None);
        let (groups, last) = hold.end();
        assert_eq!((sizes(&groups), sizes(&[last])), (vec![(1, 1)], vec![(1, 0)]));
    }
}
