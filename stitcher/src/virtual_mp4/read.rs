//! A virtual MP4 and its bytes.
//!
//! Of files whose outlines are known it knows how long their tables are, and so
//! where each byte of the clip is; what these tables say is read when somebody
//! asks for those bytes of the header, all at once.

use super::align::up;
use super::boxes::Bytes;
use super::build::{Draft, FEW, Plan, draft};
use super::error::VirtualError;
use super::header::{ftyp, moov};
use super::outline::Outline;
use super::packed::Width;
use super::parts::{Part, SourceRange};
use super::piece::{Cut, Piece};
use super::rest::{Header, Rest};
use super::source::Originals;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, Nanos, Utc};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of an `mdat` header with a size of 64 bits.
const MDAT_HEADER: u64 = 16;
/// Bytes of the smallest `free`, which fills up to a block.
const FREE_HEADER: u64 = 8;
/// Offsets beyond this take 64 bits; some readers take 32 bits as signed.
const LARGEST_32: u64 = i32::MAX as u64;

/// A clip: a header that was made, and ranges of originals.
#[derive(Debug)]
pub struct VirtualMp4 {
    /// In order, with where each begins.
    header: Header,
    ranges: Vec<SourceRange>,
    sizes: Vec<u64>,
    length: u64,
    duration: Nanos,
    begins: Utc,
    /// Those that stayed open.
    originals: HashMap<Arc<Path>, File>,
    /// What was read from last.
    last: Mutex<Option<(Arc<Path>, Arc<File>)>>,
    /// What the rest of the header is made of, if there is any.
    rest: Option<Rest>,
}

impl VirtualMp4 {
    /// Reads the tables of the pieces and makes the header. `pieces` are in
    /// order; some from before the cut let it begin at an earlier key frame.
    pub fn build(pieces: &[Piece], cut: &Cut) -> Result<Self, VirtualError> {
        Self::with(pieces, cut, Originals::Closed)
    }

    /// The same bytes, but of files with an outline the tables are read when
    /// somebody asks for what they say. There is one for each piece, of its file
    /// as it is now.
    pub fn build_outlined(
        pieces: &[Piece],
        cut: &Cut,
        outlines: &[Option<Outline>],
    ) -> Result<Self, VirtualError> {
        let unknown = outlines.iter().filter(|outline| outline.is_none()).count();
        if unknown > FEW || unknown == outlines.len() {
            return Self::build(pieces, cut);
        }
        match draft(Plan { pieces, cut, outlines }, Originals::Closed) {
            Ok(draft) => {
                let rest = Some(Rest::new(pieces, cut));
                Ok(Self { rest, ..Self::of(draft)? })
            }
            // What cannot be foretold may be found.
            Err(_) => Self::build(pieces, cut),
        }
    }

    /// The same for a clip whose bytes are copied next: originals stay open, a
    /// few hundred of them, and are not looked for a second time.
    pub fn build_to_copy(pieces: &[Piece], cut: &Cut) -> Result<Self, VirtualError> {
        Self::with(pieces, cut, Originals::Open)
    }

    /// The same where the clip will share the originals' blocks, so that copying
    /// costs nothing.
    pub fn build_to_share(pieces: &[Piece], cut: &Cut) -> Result<Self, VirtualError> {
        Self::with(pieces, cut, Originals::Shared)
    }

    fn with(pieces: &[Piece], cut: &Cut, originals: Originals) -> Result<Self, VirtualError> {
        Self::of(draft(Plan { pieces, cut, outlines: &[] }, originals)?)
    }

    fn of(draft: Draft) -> Result<Self, VirtualError> {
        let Draft { tracks, mut ranges, sizes, length, begins, open } = draft;
        let media = ranges.last().map_or(0, SourceRange::end);
        let brand = ftyp(&tracks)?;
        let entries: u64 = tracks.iter().map(|t| t.table.sizes.count()).sum();
        // Tables have at most 24 bytes for a sample, and some boxes.
        let largest = media.saturating_add(entries * 24).saturating_add(1 << 20);
        let width = if largest > LARGEST_32 { Width::Bits64 } else { Width::Bits32 };
        let mut made = brand;
        made.append(moov(tracks, length, begins, width)?);
        let base = up(made.len() + FREE_HEADER + MDAT_HEADER);
        made.append(filling(base - made.len() - MDAT_HEADER)?);
        made.append(mdat(media + MDAT_HEADER));
        for range in &mut ranges {
            range.at += base;
        }
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        Ok(Self {
            header: Header::of(made.settle(base)),
            ranges,
            sizes,
            length: base + media,
            duration: MediaSpan::new(length).to_nanos(VIDEO_TIMESCALE),
            begins,
            originals: open,
            last: Mutex::default(),
            rest: None,
        })
    }

    /// Bytes of the whole clip.
    pub fn size(&self) -> u64 {
        self.length
    }

    /// Its first instant: that of the picture which was on the screen when it
    /// is to begin.
    pub fn begins(&self) -> Utc {
        self.begins
    }

    /// How long it plays.
    pub fn duration(&self) -> Nanos {
        self.duration
    }

    /// The ranges of originals, in the order of the clip.
    pub fn ranges(&self) -> &[SourceRange] {
        &self.ranges
    }

    /// Size that a range's original had when its table was read.
    pub fn source_size(&self, range: usize) -> Option<u64> {
        self.sizes.get(range).copied()
    }

    /// An original that is still open.
    pub fn original(&self, path: &Path) -> Option<&File> {
        self.originals.get(path)
    }

    /// All parts in order, of a clip that was not outlined; what is between them
    /// is zeros.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.header.parts().chain(self.ranges.iter().map(Part::Range))
    }

    /// The header and where its bytes are, to be held against another one's.
    pub(super) fn layout(&self) -> (&Header, &[SourceRange], &[u64], u64) {
        (&self.header, &self.ranges, &self.sizes, self.length)
    }

    pub(super) fn into_header(self) -> Header {
        self.header
    }

    /// Whether a byte is one of the header that waits for files to be read.
    pub fn is_promised(&self, at: u64) -> bool {
        let rest = self.rest.as_ref().filter(|rest| !rest.is_made());
        rest.is_some() && self.header.read_at(&mut [0], at) == Some(0)
    }

    /// Fills a part of `buffer` from byte `at` on; 0 at the end.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> Result<usize, VirtualError> {
        let room = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let most = room.min(buffer.len());
        let buffer = &mut buffer[..most];
        if buffer.is_empty() {
            return Ok(0);
        }
        if let Some(read) = self.header.read_at(buffer, at) {
            if read > 0 {
                return Ok(read);
            }
            let rest = self.rest.as_ref().ok_or(VirtualError::NotAsOutlined)?;
            return rest.read_at(buffer, at, self);
        }
        let after = self.ranges.partition_point(|r| r.at <= at);
        let current = after.checked_sub(1).and_then(|n| self.ranges.get(n));
        if let Some(range) = current.filter(|r| at < r.end()) {
            let most = clipped(buffer.len(), range.end() - at);
            return self.read_source(range, &mut buffer[..most], at - range.at);
        }
        let next = self.ranges.get(after).map_or(self.length, |r| r.at);
        let zeros = clipped(buffer.len(), next - at);
        buffer[..zeros].fill(0);
        Ok(zeros)
    }

    fn read_source(
        &self,
        range: &SourceRange,
        buffer: &mut [u8],
        skip: u64,
    ) -> Result<usize, VirtualError> {
        let failed =
            |source: io::Error| VirtualError::Read { path: range.path.to_path_buf(), source };
        let file = self.source(&range.path).map_err(failed)?;
        loop {
            match file.read_at(buffer, range.from + skip) {
                Ok(0) => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// The original, kept open for the next read.
    fn source(&self, path: &Arc<Path>) -> io::Result<Arc<File>> {
        let mut open = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, file)) = open.as_ref().filter(|(of, _)| of == path) {
            let _ = of;
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(File::open(path)?);
        *open = Some((Arc::clone(path), Arc::clone(&file)));
        Ok(file)
    }
}

fn clipped(length: usize, most: u64) -> usize {
    length.min(usize::try_from(most).unwrap_or(usize::MAX))
}

/// A `free` of so many bytes.
fn filling(bytes: u64) -> Result<Bytes, VirtualError> {
    let zeros = bytes.saturating_sub(FREE_HEADER);
    let zeros = usize::try_from(zeros).map_err(|_| VirtualError::TooLong("header"))?;
    Bytes::boxed(b"free", [Bytes::plain(vec![0; zeros])])
}

/// The beginning of an `mdat` of so many bytes.
fn mdat(bytes: u64) -> Bytes {
    let mut head = vec![0, 0, 0, 1];
    head.extend_from_slice(b"mdat");
    head.extend_from_slice(&bytes.to_be_bytes());
    Bytes::plain(head)
}
