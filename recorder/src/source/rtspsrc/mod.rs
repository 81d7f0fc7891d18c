//! RTSP by GStreamer's `rtspsrc`: UDP with its jitter buffer, TLS, and cameras
//! that retina refuses.
//!
//! `rtspsrc ! appsink`, an appsink per stream that hands out RTP packets as
//! they leave the jitter buffer. The camera's UTC comes with each packet once
//! its first sender report is there. GStreamer's threads only post; what they
//! post is made sense of here, in the camera's task.

mod build;
mod lane;
mod messages;
mod packets;

use super::{SourceError, SourceEvent, SourceOptions, Track};
use crate::rtp::StreamDescription;
use gstreamer as gst;
use gstreamer::prelude::*;
use lane::Lane;
use packets::RawPacket;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// Packets that may wait for the camera's task: about a second of 20 Mbit/s.
const WAITING: usize = 4096;

/// What GStreamer's threads post.
enum Post {
    Described(Track, Box<StreamDescription>),
    Plays,
    Packet(Track, RawPacket),
    Failed(SourceError),
}

/// A playing session.
pub struct RtspSrcSession {
    pipeline: gst::Pipeline,
    posts: mpsc::Receiver<Post>,
    video: Lane,
    audio: Lane,
    ready: VecDeque<SourceEvent>,
}

impl RtspSrcSession {
    /// Opens the session and waits until its streams are known.
    pub async fn open(options: &SourceOptions) -> Result<Self, SourceError> {
        let (sender, posts) = mpsc::channel(WAITING);
        let pipeline = build::pipeline(options, &sender)
            .map_err(|e| SourceError::Refused(format!("GStreamer cannot build rtspsrc: {e}")))?;
        let mut session = Self {
            pipeline,
            posts,
            video: Lane::default(),
            audio: Lane::default(),
            ready: VecDeque::new(),
        };
        // Failures come as messages, with better words.
        let _ = session.pipeline.set_state(gst::State::Playing);
        let seconds = options.timeout.as_secs_f64() * 2.0;
        let limit = options.timeout * 2;
        match tokio::time::timeout(limit, session.wait_for_streams()).await {
            Ok(result) => result?,
            Err(_) => {
                return Err(SourceError::Unreachable(format!("no session within {seconds} s")));
            }
        }
        Ok(session)
    }

    /// What the camera says of a stream.
    pub fn description(&self, track: Track) -> Option<&StreamDescription> {
        match track {
            Track::Video => self.video.description.as_ref(),
            Track::Audio => self.audio.description.as_ref(),
        }
    }

    /// The next packet or report.
    pub async fn next(&mut self) -> Result<SourceEvent, SourceError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match self.posts.recv().await {
                Some(Post::Packet(track, raw)) => self.on_packet(track, &raw),
                Some(Post::Failed(error)) => return Err(error),
                Some(_) => {}
                None => return Err(SourceError::Ended("GStreamer went away".to_owned())),
            }
        }
    }

    /// Stops the session, with TEARDOWN where the camera still listens.
    pub async fn close(self) {
        drop(self);
    }

    async fn wait_for_streams(&mut self) -> Result<(), SourceError> {
        while let Some(post) = self.posts.recv().await {
            match post {
                Post::Described(track, description) => {
                    self.lane(track).description = Some(*description);
                }
                // All streams were described before the first of them plays.
                Post::Plays if self.video.description.is_some() => return Ok(()),
                Post::Plays => {
                    let why = "no H.264 or H.265 in the session; set the camera to one of them";
                    return Err(SourceError::NoVideo(why.to_owned()));
                }
                Post::Failed(error) => return Err(error),
                Post::Packet(track, raw) => self.on_packet(track, &raw),
            }
        }
        Err(SourceError::Ended("GStreamer went away".to_owned()))
    }

    fn lane(&mut self, track: Track) -> &mut Lane {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }

    fn on_packet(&mut self, track: Track, raw: &RawPacket) {
        let lane = self.lane(track);
        let Some((packet, report)) = lane.take(raw) else { return };
        if let Some((media, utc)) = report {
            self.ready.push_back(SourceEvent::Report(track, media, utc));
        }
        self.ready.push_back(SourceEvent::Packet(track, packet));
    }
}

impl Drop for RtspSrcSession {
    fn drop(&mut self) {
        let pipeline = self.pipeline.clone();
        // Waits for the camera's answer to TEARDOWN: not on a reader's thread.
        std::thread::spawn(move || {
            let _ = pipeline.set_state(gst::State::Null);
        });
    }
}
