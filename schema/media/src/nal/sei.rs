//! Finds a recovery point of 0 in SEI units.

use crate::parameters::bits::{BitRead, bits};
use hitless_model::VideoCodec;
use std::io::Read;
use std::num::NonZeroUsize;

/// `recovery_point` in both standards (H.264 D.1.8, H.265 D.2.8).
const RECOVERY_POINT: u32 = 6;

/// Whether this SEI unit says that decoding may begin at its picture and is
/// right from that picture on.
pub(super) fn has_recovery_point_of_zero(codec: VideoCodec, nal: &[u8]) -> bool {
    let header = match codec {
        VideoCodec::H264 => NonZeroUsize::MIN,
        VideoCodec::H265 => NonZeroUsize::MIN.saturating_add(1),
    };
    let mut rbsp = Vec::new();
    // Recovery points come before large user data; the rest need not be read.
    let reader = h264_reader::rbsp::ByteReader::skipping_bytes(nal, header);
    if reader.take(512).read_to_end(&mut rbsp).is_err() && rbsp.is_empty() {
        return false;
    }
    messages(&rbsp).any(|(kind, payload)| kind == RECOVERY_POINT && counts_zero(codec, payload))
}

/// `recovery_frame_cnt` or `recovery_poc_cnt` is 0.
fn counts_zero(codec: VideoCodec, payload: &[u8]) -> bool {
    let mut bits = bits(payload);
    match codec {
        VideoCodec::H264 => matches!(bits.read_ue("recovery_frame_cnt"), Ok(0)),
        VideoCodec::H265 => matches!(bits.read_se("recovery_poc_cnt"), Ok(0)),
    }
}

/// The messages of an SEI unit: payload type and payload.
fn messages(mut rbsp: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let kind = long_number(&mut rbsp)?;
        let length = usize::try_from(long_number(&mut rbsp)?).ok()?;
        let (payload, rest) = rbsp.split_at(length.min(rbsp.len()));
        rbsp = rest;
        Some((kind, payload))
    })
}

/// A number written as bytes of 255 and a last smaller one.
fn long_number(rbsp: &mut &[u8]) -> Option<u32> {
    let mut sum = 0_u32;
    loop {
        let (byte, rest) = rbsp.split_first()?;
        *rbsp = rest;
        sum = sum.checked_add(u32::from(*byte))?;
        if *byte != 0xff {
            return Some(sum);
        }
    }
}
