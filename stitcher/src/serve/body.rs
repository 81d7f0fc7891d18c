//! The bytes of a clip on their way to a client, a piece at a time.

use crate::virtual_mp4::VirtualMp4;
use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use std::sync::Arc;

/// Bytes read at once: the client decides how fast it goes on.
const PIECE: usize = 256 << 10;

/// Bytes `from` to `end` (which is not in it).
pub(super) fn body(clip: Arc<VirtualMp4>, from: u64, end: u64) -> Body {
    let pieces = stream::try_unfold(from, move |at| {
        let clip = Arc::clone(&clip);
        async move {
            if at >= end {
                return Ok(None);
            }
            let read = tokio::task::spawn_blocking(move || read(&clip, at, end)).await;
            let bytes = read.map_err(std::io::Error::other)?;
            // A body that breaks off is all that can be said by now.
            let bytes = bytes.inspect_err(|e| tracing::warn!("a clip broke off: {e}"))?;
            let next = at + bytes.len() as u64;
            Ok::<_, std::io::Error>(Some((bytes, next)))
        }
    });
    Body::from_stream(pieces)
}

fn read(clip: &VirtualMp4, from: u64, end: u64) -> Result<Bytes, std::io::Error> {
    let length = PIECE.min(usize::try_from(end - from).unwrap_or(PIECE));
    let mut buffer = vec![0; length];
    let mut filled = 0;
    // What is known is sent before what has to be read from many files.
    while filled < length && (filled == 0 || !clip.is_promised(from + filled as u64)) {
        let read = clip.read_at(&mut buffer[filled..], from + filled as u64);
        match read.map_err(std::io::Error::other)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    buffer.truncate(filled);
    Ok(buffer.into())
}
