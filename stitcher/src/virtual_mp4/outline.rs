//! What of a file decides about the header of a clip that plays all of it.
//!
//! How long a header is depends on how many rows each table has, not on what
//! they say. A hundred bytes a file tell that: kept in the database, they save a
//! clip of a day the reading of 1,440 files before its first byte is there.
//!
//! Made by the code that makes headers, of the file as a clip of its own: tables
//! of neighbours add up, but where they meet.

use super::axis::Tick;
use super::chunks::Groups;
use super::describe::meaning_of;
use super::even::Even;
use super::piece::{Follows, Piece, Sound};
use super::ranges::stretches;
use super::sound::{Bounds, Sounds};
use super::source::{Inside, LastPicture};
use super::table::Rows;
use super::video::Video;
use hitless_media::mp4::Movie;
use hitless_model::Utc;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// No file is so long, in bytes or in ticks.
const MOST: i64 = 1 << 48;

/// An outline of a file. Files of odd shapes have none, and are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Bytes of the file.
    pub(super) size_bytes: u64,
    /// The stretch of it that has all samples.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Equal for files whose samples are decoded alike.
    pub(super) coding: u64,
    pub(super) pictures: Pictures,
    pub(super) sound: Option<SoundOutline>,
}

/// Of the pictures. Times are in ticks of the clip, from the first one shown on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pictures {
    pub(super) samples: u64,
    pub(super) keys: u64,
    pub(super) size: Option<u32>,
    pub(super) last: LastPicture,
    /// When the last one is decoded.
    pub(super) decoded: Tick,
    /// All lengths but that of the last one.
    pub(super) durations: Rows,
    pub(super) later: Rows,
    /// The least of how much later they are shown than decoded.
    pub(super) least: i64,
    pub(super) chunks: Groups,
}

/// Of the sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SoundOutline {
    pub(super) even: Even,
    pub(super) size: Option<u32>,
    pub(super) chunks: Groups,
}

impl Outline {
    /// Of a file; `None` if it must be read to know.
    pub fn of(movie: &Movie) -> Option<Self> {
        let piece = whole_file(movie.video()?.samples.len());
        let inside = Inside::new(&piece, movie).ok()?;
        let mut video = Video::new(0).ok()?;
        let pictures = video.push(&inside, inside.range(), 0).ok()?;
        video.flush().ok()?;
        let mut sounds = Sounds::new(0);
        let heard = sounds.push(&inside, 0, Bounds::NONE).ok()?;
        let stretches = stretches(&[&pictures, &heard], movie.size_bytes, 0);
        let [stretch] = stretches.as_slice() else { return None };
        let (from, to) = (stretch.from, stretch.to);
        let sound = match movie.audio() {
            Some(track) => Some(SoundOutline {
                size: sounds.table.sizes.only(),
                chunks: Groups::of(&heard)?,
                even: Even::of(sounds, track, &inside)?,
            }),
            None => None,
        };
        let pictures = Pictures {
            samples: piece.samples,
            keys: video.table.keys.len(),
            size: video.table.sizes.only(),
            last: inside.last,
            decoded: video.decoded()?,
            least: -video.delay(),
            chunks: Groups::of(&pictures)?,
            durations: Rows::of(video.table.durations)?,
            later: Rows::of(video.table.later)?,
        };
        let coding = coding(movie)?;
        Some(Self { size_bytes: movie.size_bytes, from, to, coding, pictures, sound })
    }

    /// As bytes, for the database.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_extend(self, Vec::new()).ok()
    }

    /// Of what [`to_bytes`](Self::to_bytes) made.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok().filter(Self::is_sane)
    }

    /// Whether numbers are such as files have: what is reckoned with them stays
    /// far from where numbers end.
    fn is_sane(&self) -> bool {
        let pictures = &self.pictures;
        let times = [pictures.last.shown, pictures.last.stands, pictures.decoded, pictures.least];
        let times = times.into_iter().chain(self.sound.iter().flat_map(|s| s.even.times()));
        let counts = [pictures.samples, pictures.keys];
        let counts = counts.into_iter().chain(self.sound.iter().map(|s| s.even.frames()));
        self.from <= self.to
            && self.to <= MOST.cast_unsigned()
            && pictures.last.shown >= 0
            && pictures.last.stands > 0
            && times.into_iter().all(|time| (-MOST..MOST).contains(&time))
            && counts.into_iter().all(|count| u32::try_from(count).is_ok())
            && self.sound.iter().all(|sound| sound.even.is_sane())
    }

    /// Whether a piece is all of its file.
    pub(super) fn is_whole(&self, piece: &Piece) -> bool {
        let heard = match (&self.sound, piece.sound) {
            (None, _) | (Some(_), Sound::Whole) => true,
            (Some(_), Sound::None) => false,
            (Some(sound), Sound::Frames { first, frames }) => {
                first == 0 && frames >= sound.even.frames()
            }
        };
        heard && piece.first_sample == 0 && piece.samples == self.pictures.samples
    }
}

/// All of a file.
fn whole_file(samples: u64) -> Piece {
    let start = Utc::from_ns(0);
    Piece {
        path: PathBuf::new(),
        first_sample: 0,
        samples,
        sound: Sound::Whole,
        start,
        end: start,
        follows: Follows::Apart,
    }
}

/// Equal for files whose samples are decoded alike; `None` where a track has
/// several sample entries.
pub(super) fn coding(movie: &Movie) -> Option<u64> {
    let tracks = [movie.video(), movie.audio()].into_iter().flatten();
    let entries: Option<Vec<_>> = tracks
        .map(|track| match track.entries.as_slice() {
            [one] => Some(one),
            _ => None,
        })
        .collect();
    Some(meaning_of(&entries?))
}
