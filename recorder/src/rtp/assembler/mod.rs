//! From NAL units and fragments of them to access units: the part that H.264
//! and H.265 share.
//!
//! Knows three ways in which cameras end a picture: by the marker bit, by a
//! new timestamp, by the next first slice. It refuses nothing that a camera is
//! known to do, and keeps these invariants:
//!
//! 1. Bytes of NAL units are never changed, left out or put in another order,
//!    except those that loss made useless.
//! 2. A unit without `damaged` holds every slice of its picture, as far as
//!    sequence numbers can tell.
//! 3. The sum of `lost` over all units is the number of packets lost, unusable
//!    ones included.
//! 4. A unit has at least one slice. What loss left of others is thrown away,
//!    and its loss is carried to the next unit.
//!
//! Parameter sets or SEI under a timestamp or marker of their own (Reolink,
//! H264DVR 1.0) are joined to the picture that follows.

mod marker;
mod nals;
mod role;
mod sets;
mod unit;

pub(super) use nals::{Ends, Header};

use super::packet::{AccessUnit, Discarded, Packet};
use hitless_media::nal::{LengthSize, Picture, length_prefixed};
use hitless_media::parameters::ParameterSets;
use hitless_model::{MediaTime, Utc, VideoCodec};
use marker::{Marker, Trust};
use role::{Role, is_random_access};
use sets::Sets;
use std::sync::Arc;
use unit::{SizeGuess, UnitBytes};

/// What is known of the access unit that is growing.
#[derive(Debug, Default)]
struct Growing {
    bytes: UnitBytes,
    /// Of the newest packet in it.
    timestamp: i64,
    arrived: Utc,
    packets: u32,
    /// A slice began, whether or not it could be kept.
    has_picture: bool,
    slices: u32,
    damaged: bool,
    /// Carried a marker behind a slice that was not believed at once.
    sealed: bool,
    parameter_sets: bool,
    /// Packets were lost inside of it or right before.
    beside_loss: bool,
}

/// Puts access units together.
#[derive(Debug)]
pub(super) struct Assembler {
    codec: VideoCodec,
    unit: Growing,
    lost: u32,
    /// Header of a fragmented NAL unit of which no byte of the body came yet.
    pending_header: Option<Header>,
    emitted: Option<i64>,
    marker: Marker,
    sets: Sets,
    key_size: SizeGuess,
    other_size: SizeGuess,
    pub(super) discarded: Discarded,
}

impl Assembler {
    pub(super) fn new(codec: VideoCodec, sprop: &[Vec<u8>]) -> Self {
        Self {
            codec,
            unit: Growing::default(),
            lost: 0,
            pending_header: None,
            emitted: None,
            marker: Marker::new(),
            sets: Sets::new(codec, sprop),
            key_size: SizeGuess::default(),
            other_size: SizeGuess::default(),
            discarded: Discarded::default(),
        }
    }

    /// Before anything of a packet: what its loss and timestamp say about the
    /// unit before it.
    pub(super) fn begin_packet(&mut self, packet: &Packet, out: &mut impl FnMut(AccessUnit)) {
        let lost = packet.lost_before > 0;
        let begun = self.unit.packets > 0;
        if lost {
            self.pending_header = None;
            self.unit.bytes.drop_open();
        }
        if begun && self.unit.timestamp != packet.timestamp {
            // Its end may be among the lost; only a trusted marker says no.
            self.unit.damaged |= lost;
            self.end_by_timestamp(out);
        } else if begun && lost {
            self.unit.damaged = true;
        }
        self.unit.beside_loss |= lost;
        self.lost = self.lost.saturating_add(packet.lost_before);
        if self.unit.packets == 0 || self.unit.timestamp != packet.timestamp {
            self.unit.arrived = packet.arrived;
        }
        self.unit.timestamp = packet.timestamp;
        self.unit.packets = self.unit.packets.saturating_add(1);
    }

    fn end_by_timestamp(&mut self, out: &mut impl FnMut(AccessUnit)) {
        self.abandon_fragment();
        if self.unit.has_picture || self.unit.damaged {
            self.finish(out);
        }
    }

    /// A NAL unit begins: ends the unit before it where it must, and notes what
    /// the new one says.
    fn enter(&mut self, role: Role, head: &[u8], out: &mut impl FnMut(AccessUnit)) {
        let begins = match role {
            Role::FirstSlice | Role::Opening => self.unit.has_picture,
            Role::Sei => self.unit.has_picture && self.unit.sealed,
            Role::LaterSlice | Role::Other => false,
        };
        if begins {
            self.split(out);
        }
        if role == Role::LaterSlice {
            self.later_slice();
        }
        if role.is_slice() && !self.unit.has_picture {
            self.unit.has_picture = true;
            let key = is_random_access(self.codec, head);
            let guess = if key { self.key_size } else { self.other_size };
            self.unit.bytes.reserve(guess.get());
        }
    }

    /// Ends the unit in the middle of a packet or of a timestamp.
    fn split(&mut self, out: &mut impl FnMut(AccessUnit)) {
        let (timestamp, arrived) = (self.unit.timestamp, self.unit.arrived);
        self.finish(out);
        self.unit = Growing { timestamp, arrived, packets: 1, ..Growing::default() };
    }

    fn later_slice(&mut self) {
        self.after_marker();
        if !self.unit.has_picture {
            self.unit.damaged = true;
        }
    }

    /// More of a picture came: if its marker is behind us, that one lied.
    fn after_marker(&mut self) {
        let emitted = self.emitted == Some(self.unit.timestamp);
        let behind = self.unit.sealed || (emitted && !self.unit.has_picture);
        if behind && self.marker.distrust() {
            tracing::info!("the camera sets the marker bit inside of pictures; it is ignored");
        }
        self.unit.sealed = false;
    }

    /// After everything of a packet.
    pub(super) fn end_packet(&mut self, marker: bool, out: &mut impl FnMut(AccessUnit)) {
        if !marker {
            return;
        }
        match self.marker.trust() {
            Trust::Yes => {
                // A camera that forgets the end bit, but not the marker.
                self.close_fragments(out);
                if self.unit.has_picture || self.unit.damaged {
                    self.finish(out);
                }
            }
            Trust::NotYet => self.unit.sealed = self.unit.has_picture,
            Trust::No => {}
        }
    }

    /// A packet, or the rest of one, that cannot be used: as good as lost.
    pub(super) fn malformed(&mut self) {
        self.discarded.malformed += 1;
        self.unusable();
    }

    /// A packet of a kind that nobody uses: as good as lost.
    pub(super) fn unsupported(&mut self, kind: u8) {
        if self.discarded.unsupported == 0 {
            tracing::warn!(kind, codec = ?self.codec, "packets of this kind are not supported");
        }
        self.discarded.unsupported += 1;
        self.unusable();
    }

    fn unusable(&mut self) {
        self.pending_header = None;
        self.unit.bytes.drop_open();
        self.unit.damaged = true;
        self.lost = self.lost.saturating_add(1);
    }

    /// The stream ends here.
    pub(super) fn flush(&mut self, out: &mut impl FnMut(AccessUnit)) {
        self.unit.bytes.drop_open();
        self.pending_header = None;
        // What a trusted marker ended is out already. Of the rest nobody knows
        // whether this was all of it.
        self.unit.damaged = true;
        self.finish(out);
        self.emitted = None;
    }

    fn finish(&mut self, out: &mut impl FnMut(AccessUnit)) {
        let unit = std::mem::take(&mut self.unit);
        if unit.bytes.overflowed() {
            self.discarded.oversized += 1;
            self.lost = self.lost.saturating_add(unit.packets);
            return;
        }
        if unit.slices == 0 {
            self.discarded.incomplete += u64::from(unit.packets > 0);
            return;
        }
        let data = unit.bytes.into_data();
        let nals = length_prefixed(&data, LengthSize::Four).flatten();
        let picture = Picture::of(self.codec, nals);
        self.learn(&picture, data.len(), unit.sealed && !unit.damaged);
        let missing_sets =
            self.sets.are_missing(picture.is_key(), unit.parameter_sets, unit.beside_loss);
        let nals = length_prefixed(&data, LengthSize::Four).flatten();
        self.sets.on_picture(picture.is_key(), unit.beside_loss, nals);
        self.emitted = Some(unit.timestamp);
        out(AccessUnit {
            pts: MediaTime::new(unit.timestamp),
            duration: None,
            data,
            key: picture.key,
            picture,
            damaged: unit.damaged || missing_sets,
            lost: std::mem::take(&mut self.lost),
            parameters_changed: self.sets.take_changed(),
            parameters: Some(self.sets.current()),
            arrived: unit.arrived,
        });
    }

    /// Only a picture that no loss touched says what its marker is worth.
    fn learn(&mut self, picture: &Picture, size: usize, proof: bool) {
        match picture.is_key() {
            true => self.key_size.learn(size),
            false => self.other_size.learn(size),
        }
        if proof {
            self.marker.proved(picture.is_key());
        }
    }

    /// The parameter sets in force.
    pub(super) fn parameters(&self) -> Arc<ParameterSets> {
        self.sets.current()
    }
}
