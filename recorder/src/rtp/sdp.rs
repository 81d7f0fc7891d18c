//! SDP as cameras write it.
//!
//! Only `m=` and `a=` lines matter here; the crate `sdp-types` reads them.
//! Everything else is left out before it looks, because cameras get just those
//! lines wrong (TP-LINK's `o=` has a field too many, some have none), and a
//! camera with a wrong `o=` sends good pictures all the same. A medium that
//! cannot be read is passed over, the others stay.

use super::description::StreamDescription;
use sdp_types::{Media, Session};
use std::collections::HashMap;

/// Why an SDP is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// No `m=` line that could be read.
    #[error("the SDP ({bytes} bytes) describes no stream")]
    NoStream {
        /// Length of the SDP.
        bytes: usize,
    },
    /// Larger than any camera's.
    #[error("the SDP has {bytes} bytes, more than {MAX_SDP_BYTES}")]
    TooLarge {
        /// Length of the SDP.
        bytes: usize,
    },
}

/// The largest SDP that is looked at.
pub const MAX_SDP_BYTES: usize = 256 << 10;

/// Reads the streams of a DESCRIBE response. Streams of unknown coding are in
/// it too, so that their place counts.
pub fn parse_sdp(sdp: &[u8]) -> Result<Vec<StreamDescription>, SdpError> {
    if sdp.len() > MAX_SDP_BYTES {
        return Err(SdpError::TooLarge { bytes: sdp.len() });
    }
    let text = String::from_utf8_lossy(sdp);
    let streams: Vec<_> = sections(&text)
        .enumerate()
        .filter_map(|(index, section)| stream(index, &section))
        .collect();
    match streams.is_empty() {
        true => Err(SdpError::NoStream { bytes: sdp.len() }),
        false => Ok(streams),
    }
}

/// An `m=` line and the `a=` lines after it, for each medium, as an SDP of its
/// own.
fn sections(text: &str) -> impl Iterator<Item = String> {
    let mut sections: Vec<String> = Vec::new();
    for line in text.split(['\r', '\n', '\0']).map(str::trim) {
        if line.starts_with("m=") {
            sections.push("v=0\r\n".to_owned());
        }
        if let Some(section) = sections.last_mut()
            && (line.starts_with("m=") || line.starts_with("a="))
        {
            section.push_str(line);
            section.push_str("\r\n");
        }
    }
    sections.into_iter()
}

fn stream(index: usize, section: &str) -> Option<StreamDescription> {
    let media = match Session::parse(section.as_bytes()) {
        Ok(session) => session.medias.into_iter().next()?,
        Err(error) => {
            tracing::warn!(index, %error, "unreadable stream in the SDP passed over");
            return None;
        }
    };
    // The first format is the one to use (RFC 8866 5.14).
    let payload_type: u8 = media.fmt.split_ascii_whitespace().next()?.parse().ok()?;
    let fields = fields(&media, payload_type);
    let mut stream = StreamDescription::from_fields(|name| fields.get(name).cloned());
    stream.index = index;
    stream.control = attribute(&media, "control").map(str::to_owned);
    Some(stream)
}

fn attribute<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    media.get_first_attribute_value(name).ok().flatten()
}

/// The fields that GStreamer would make of it.
fn fields(media: &Media, payload_type: u8) -> HashMap<String, String> {
    let mut fields = HashMap::from([
        ("media".to_owned(), media.media.clone()),
        ("payload".to_owned(), payload_type.to_string()),
    ]);
    for attribute in &media.attributes {
        let Some((number, value)) =
            attribute.value.as_deref().and_then(|v| v.trim().split_once(char::is_whitespace))
        else {
            continue;
        };
        if number.parse() != Ok(payload_type) {
            continue;
        }
        match attribute.attribute.as_str() {
            "rtpmap" => fields.extend(rtpmap(value)),
            "fmtp" => fields.extend(fmtp(value)),
            _ => {}
        }
    }
    fields
}

/// `H264/90000` or `opus/48000/2`.
fn rtpmap(value: &str) -> impl Iterator<Item = (String, String)> {
    ["encoding-name", "clock-rate", "encoding-params"]
        .into_iter()
        .zip(value.trim().split('/'))
        .map(|(name, text)| (name.to_owned(), text.trim().to_owned()))
}

/// `mode=AAC-hbr; SizeLength=13;config=1188;`
fn fmtp(value: &str) -> impl Iterator<Item = (String, String)> {
    value.split(';').filter_map(|pair| {
        let (name, text) = pair.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), text.trim().to_owned()))
    })
}
