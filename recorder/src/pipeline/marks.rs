//! Empty buffers that tell splitmuxsink how far a track has come.
//!
//! Sound is let in while pictures are ahead of it, and a group is let go once
//! the sound has come to its end. A mark among the pictures stands just behind
//! a border, one in the sound stands on it: so all sound of the group gets in
//! first, and nothing waits when the picture on the border comes.

use gstreamer as gst;
use gstreamer::prelude::*;

/// What only marks bear: these flags together mean nothing to the elements
/// that marks pass.
const MARK: gst::BufferFlags =
    gst::BufferFlags::MARKER.union(gst::BufferFlags::DROPPABLE).union(gst::BufferFlags::DELTA_UNIT);

/// A border between two groups never has another within this.
const BEHIND: gst::ClockTime = gst::ClockTime::from_nseconds(1);

/// To be pushed before the picture on `border`, which is decoded at `dts`.
pub(super) fn of_pictures(border: gst::ClockTime, dts: Option<gst::ClockTime>) -> gst::Buffer {
    mark(border + BEHIND, dts)
}

/// To be pushed when there will be no more, and the latest is shown at `shown`.
pub(super) fn of_last_picture(shown: gst::ClockTime) -> gst::Buffer {
    mark(shown + BEHIND, Some(shown + BEHIND))
}

/// To be pushed behind all sound before `border`.
pub(super) fn of_sound(border: gst::ClockTime) -> gst::Buffer {
    mark(border, Some(border))
}

fn mark(pts: gst::ClockTime, dts: Option<gst::ClockTime>) -> gst::Buffer {
    let mut buffer = gst::Buffer::new();
    let b = buffer.get_mut().expect("a new buffer has one owner");
    b.set_pts(pts);
    b.set_dts(dts);
    b.set_flags(MARK);
    buffer
}

/// Lets no mark into the muxer behind `pad`.
pub(super) fn end_at(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::BUFFER, |_, info| match info.buffer() {
        Some(buffer) if buffer.size() == 0 && buffer.flags().contains(MARK) => {
            // Not `Drop`: of what Rust has freed, GStreamer would free it again.
            gst::PadProbeReturn::Handled
        }
        _ => gst::PadProbeReturn::Ok,
    });
}
