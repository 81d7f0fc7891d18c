//! What becomes of a session's packets: access units, and strands of them.
//!
//! One receiver per session. It begins a strand at a whole key frame, ends it
//! where the camera's clock jumps or the storage cannot follow, and begins the
//! next at another key frame. A strand ended here lost samples or may have.

use super::jump::JumpWatch;
use super::settings::CameraSettings;
use super::state::Event;
use super::tracks::{Audio, Setups};
use crate::rtp::{AccessUnit, Depacketizer};
use crate::source::{Session, SourceEvent, Track};
use crate::strand::clock::{CameraClock, ReportNews};
use crate::strand::gate::KeyFrameGate;
use crate::strand::{CameraParts, Strand, StrandEnd, Unit, VideoSetup};
use hitless_model::{Cause, MediaSpan, MediaTime, Utc};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// How long a storage that failed is left alone.
const STORAGE_REST: Duration = Duration::from_secs(1);

/// Receives one session.
pub struct Receiver {
    parts: Arc<CameraParts>,
    video: Depacketizer,
    audio: Option<Audio>,
    clock: CameraClock,
    gate: KeyFrameGate,
    setups: Setups,
    strand: Option<Strand>,
    rest_until: Option<Instant>,
    jump: JumpWatch,
    last_packet: Instant,
    /// Key frames until the last strand ends; it has ended at zero.
    finish_in: Option<u32>,
}

impl Receiver {
    /// For a session that was just opened; the error says what cannot be
    /// recorded of it.
    pub fn new(
        parts: &Arc<CameraParts>,
        settings: &CameraSettings,
        session: &Session,
    ) -> Result<Self, String> {
        let video = session.description(Track::Video).ok_or("no video in the session")?;
        let video = Depacketizer::new(video).map_err(|e| e.to_string())?;
        let audio = session.description(Track::Audio).and_then(|d| {
            let made = Audio::new(d, settings);
            if let Err(why) = &made {
                warn!(camera = %parts.id, "recorded without sound: {why}");
            }
            made.ok()
        });
        Ok(Self {
            parts: Arc::clone(parts),
            video,
            audio,
            clock: CameraClock::default(),
            gate: KeyFrameGate::default(),
            setups: Setups::default(),
            strand: None,
            rest_until: None,
            jump: JumpWatch::default(),
            last_packet: Instant::now(),
            finish_in: None,
        })
    }

    /// Takes an event of the session; what follows for the camera's state goes
    /// to `tell`.
    pub fn on(&mut self, event: SourceEvent, strands: &mut u32, tell: &mut impl FnMut(Event)) {
        match event {
            SourceEvent::Packet(Track::Video, packet) => {
                self.last_packet = Instant::now();
                let mut units = Vec::new();
                self.video.push(&packet, &mut |unit| units.push(unit));
                for unit in units {
                    self.on_video(unit, strands, tell);
                }
            }
            SourceEvent::Packet(Track::Audio, packet) => {
                let mut units = Vec::new();
                if let Some(audio) = &mut self.audio {
                    audio.depacketizer.push(&packet, &mut |unit| units.push(unit));
                }
                for unit in units {
                    self.on_audio(unit, tell);
                }
            }
            SourceEvent::Report(Track::Video, media, utc) => {
                self.on_report(MediaTime::new(media), utc);
            }
            SourceEvent::Report(Track::Audio, media, utc) => {
                if let Some(strand) = &mut self.strand {
                    strand.on_audio_report(MediaTime::new(media), utc);
                }
            }
        }
    }

    /// How long no packet of the video came.
    pub fn silent_for(&self) -> Duration {
        self.last_packet.elapsed()
    }

    /// The strand ends in front of this many-th key frame from now, and nothing
    /// more is recorded. Says whether there is a strand at all.
    pub fn finish_at(&mut self, number: u32) -> bool {
        self.finish_in = Some(number.max(1));
        self.strand.is_some()
    }

    /// The strand goes on after all.
    pub fn stay(&mut self) {
        self.finish_in = None;
    }

    /// The strand ended where it was told to.
    pub fn has_finished(&self) -> bool {
        self.finish_in.is_some() && self.strand.is_none()
    }

    /// Ends the strand, if there is one; its segment is finished.
    pub fn end(mut self) {
        let mut units = Vec::new();
        self.video.flush(&mut |unit| units.push(unit));
        let (mut strands, mut tell) = (u32::MAX, |_| {});
        for unit in units {
            if self.strand.is_some() {
                self.on_video(unit, &mut strands, &mut tell);
            }
        }
        if let Some(strand) = self.strand.take() {
            strand.end(&self.clock);
        }
    }

    fn on_video(&mut self, unit: AccessUnit, strands: &mut u32, tell: &mut impl FnMut(Event)) {
        self.parts.stats.count_lost(unit.lost);
        if unit.lost > 0 && self.strand.is_some() {
            self.parts.stats.note_hole(self.jump.since_last(unit.pts));
        }
        if self.jump.jumps(unit.pts, Instant::now()) {
            let why = "the camera's media clock jumped".to_owned();
            warn!(camera = %self.parts.id, "{why}; a new strand begins");
            self.end_strand(Cause::CameraAway, why, tell);
            self.clock = CameraClock::default();
        }
        self.clock.on_arrival(unit.pts, unit.arrived);
        let key = unit.key.is_some();
        if key && self.finishes_here() {
            if let Some(strand) = self.strand.take() {
                strand.end(&self.clock);
            }
            return;
        }
        if self.resting() {
            self.parts.stats.count_dropped();
            return;
        }
        if !self.gate.passes(key, unit.damaged, unit.picture.leading) {
            return;
        }
        let setup = if key { self.setup_of(&unit) } else { None };
        // A picture lost as a whole leaves no other trace than this; what was lost
        // before a strand began is not of it.
        let damaged = unit.damaged || (unit.lost > 0 && self.strand.is_some());
        if self.strand.is_none() {
            if self.finish_in.is_some() {
                return;
            }
            self.begin(unit.pts, setup.clone(), strands, tell);
        }
        let Some(strand) = &mut self.strand else { return };
        let (pts, data) = (unit.pts, unit.data);
        if let Err(end) = strand.on_video(pts, Unit { data, key, damaged, setup }, &self.clock) {
            self.on_strand_end(&end, tell);
        }
    }

    /// Counts a key frame towards the end, if one is planned.
    fn finishes_here(&mut self) -> bool {
        let left = self.finish_in.map(|left| left.saturating_sub(1));
        self.finish_in = left;
        left == Some(0)
    }

    fn begin(
        &mut self,
        start: MediaTime,
        setup: Option<VideoSetup>,
        strands: &mut u32,
        tell: &mut impl FnMut(Event),
    ) {
        let Some(setup) = setup else {
            self.gate = KeyFrameGate::default();
            return;
        };
        let audio = self.audio.as_ref().map(|a| (a.format.clone(), a.clock_rate));
        match Strand::begin(&self.parts, *strands, setup, audio, start, &self.clock) {
            Ok(strand) => {
                *strands = strands.saturating_add(1);
                self.strand = Some(strand);
                self.parts.stats.strand_begun();
                tell(Event::StrandBegun);
            }
            Err(end) => self.on_strand_end(&end, tell),
        }
    }

    fn on_audio(&mut self, unit: AccessUnit, tell: &mut impl FnMut(Event)) {
        let Some(strand) = &mut self.strand else { return };
        let length = unit.duration.unwrap_or(MediaSpan::new(0));
        let done = strand.on_audio(unit.pts, length, unit.data, unit.arrived, &self.clock);
        if let Err(end) = done {
            self.on_strand_end(&end, tell);
        }
    }

    fn on_report(&mut self, media: MediaTime, utc: Utc) {
        match self.clock.on_report(media, utc) {
            ReportNews::First => {}
            ReportNews::Stepped(by) => {
                warn!(
                    camera = %self.parts.id,
                    seconds = by.as_secs_f64(),
                    "the camera's clock was set; segments go on as they were, names and times follow"
                );
                self.parts.note_camera_step(by);
            }
            ReportNews::Steady | ReportNews::Implausible => return,
        }
        if let Some(strand) = &self.strand {
            strand.note_clock(&self.clock);
        }
    }

    fn on_strand_end(&mut self, end: &StrandEnd, tell: &mut impl FnMut(Event)) {
        let cause = match end {
            StrandEnd::Reordered => Cause::Unknown,
            _ => Cause::StorageFailed,
        };
        if !matches!(end, StrandEnd::Reordered) {
            self.rest_until = Some(Instant::now() + STORAGE_REST);
        }
        self.end_strand(cause, end.to_string(), tell);
    }

    fn end_strand(&mut self, cause: Cause, why: String, tell: &mut impl FnMut(Event)) {
        self.gate = KeyFrameGate::default();
        if let Some(strand) = self.strand.take() {
            strand.end(&self.clock);
            tell(Event::StrandEnded(cause, why));
        }
    }

    /// The storage failed or could not follow a moment ago.
    fn resting(&mut self) -> bool {
        let Some(until) = self.rest_until else { return false };
        let waiting = self.parts.in_flight.bytes() > self.parts.queue_bytes / 2;
        let resting = waiting || Instant::now() < until;
        if !resting {
            self.rest_until = None;
            info!(camera = %self.parts.id, "the storage is tried again");
        }
        resting
    }

    /// The set-up that a key frame's parameter sets ask for.
    fn setup_of(&mut self, unit: &AccessUnit) -> Option<VideoSetup> {
        let found = self.setups.of(unit.parameters.as_ref()?);
        if let Err(why) = &found {
            warn!(camera = %self.parts.id, "unusable parameter sets: {why}");
            return self.strand.as_ref().and(self.setups.last());
        }
        found.ok()
    }
}
