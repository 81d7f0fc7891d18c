//! Why a virtual MP4 cannot be made or read.

use hitless_media::mp4::{BoxKind, Mp4Error};
use hitless_model::Utc;
use std::path::PathBuf;

/// Why a virtual MP4 cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum VirtualError {
    /// An original could not be read.
    #[error(transparent)]
    Source(#[from] Mp4Error),
    /// An original has no pictures.
    #[error("{path} has no pictures", path = path.display())]
    NoPictures {
        /// The file.
        path: PathBuf,
    },
    /// An original has fewer samples than the timeline says.
    #[error("{path} has {there} pictures, the timeline plays up to {wanted}", path = path.display())]
    TooFewSamples {
        /// The file.
        path: PathBuf,
        /// Samples in it.
        there: u64,
        /// Samples up to which it is played.
        wanted: u64,
    },
    /// The files are not what was known of them.
    #[error("the files of this clip changed since they were indexed; ask for it again")]
    NotAsOutlined,
    /// Nothing of what is wanted was recorded.
    #[error("nothing is recorded between {from} and {to}")]
    Nothing {
        /// The first instant.
        from: Utc,
        /// The first one after it.
        to: Utc,
    },
    /// Its pictures are coded in another way than those before: no player goes
    /// on with that in one track.
    #[error(
        "{path}: its pictures are {now} and those before are {before}; \
         take the clip in two, up to its beginning and from it on",
        path = path.display()
    )]
    OtherCoding {
        /// The file with the other coding.
        path: PathBuf,
        /// Its coding.
        now: BoxKind,
        /// That of the pieces before.
        before: BoxKind,
    },
    /// Sound whose frames are single samples changed its size: such a table
    /// would be larger than the sound.
    #[error("{path}: its linear sound differs in size from that before it", path = path.display())]
    MixedSound {
        /// The file with the other sound.
        path: PathBuf,
    },
    /// A box of the header could not be written.
    #[error("the header could not be made: {0}")]
    Header(#[from] mp4_atom::Error),
    /// A table has more entries than its box can count.
    #[error("the clip is too long for one file: {0}")]
    TooLong(&'static str),
    /// More is missing at one place than a file can keep.
    #[error(
        "a gap in it is longer than one file can keep: leave it out (--gaps collapse) or take a \
         file for each piece (--gaps split)"
    )]
    LongGap,
    /// An original could not be read while its bytes were wanted.
    #[error("{path} could not be read: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An original is not what it was when its table was read.
    #[error("{path} has {now} bytes now and had {then}", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Bytes when it was indexed.
        then: u64,
        /// Bytes now.
        now: u64,
    },
}
