//! Walks the boxes at the top of a file.

use super::boxes::{BoxRef, Children, Header};
use super::error::{Failure, Fault, Mp4Error};
use super::fragment::Fragments;
use super::limits;
use super::moov::{self, Moov};
use super::movie::{Extent, Movie};
use super::salvage::Candidates;
use super::source::{ReadAt, Window};
use std::path::Path;

/// Reads a file's tables and fragments.
pub(super) fn read<S: ReadAt + ?Sized>(source: &S, path: &Path) -> Result<Movie, Mp4Error> {
    let mut walk = Window::new(source)
        .map(Walk::new)
        .map_err(|source| Mp4Error::Io { path: path.to_owned(), source })?;
    walk.run_and_salvage().map_err(|failure| failure.in_file(path))?;
    let size = walk.window.size();
    walk.finish().ok_or_else(|| Mp4Error::NoMovie { path: path.to_owned(), size })
}

struct Walk<'a, S: ?Sized> {
    window: Window<'a, S>,
    moov: Option<Moov>,
    fragments: Fragments,
    /// Boxes `moov` and `moof`: one in a finished file.
    headers: u32,
    /// The last `mdat`, if it holds anything.
    last_data: Option<Header>,
    cut: Option<u64>,
}

/// What a step found.
enum Step {
    Next(u64),
    /// Nothing behind this byte can be followed.
    CutShort(u64),
}

impl<'a, S: ReadAt + ?Sized> Walk<'a, S> {
    fn new(window: Window<'a, S>) -> Self {
        Self {
            window,
            moov: None,
            fragments: Fragments::default(),
            headers: 0,
            last_data: None,
            cut: None,
        }
    }

    fn run_and_salvage(&mut self) -> Result<(), Failure> {
        self.run(0)?;
        self.find_first_moov()?;
        self.find_last_moov()
    }

    fn run(&mut self, mut at: u64) -> Result<(), Failure> {
        for _ in 0..limits::TOP_LEVEL_BOXES {
            if at >= self.window.size() {
                return Ok(());
            }
            match self.step(at)? {
                Step::Next(next) => at = next,
                Step::CutShort(at) => {
                    self.cut = Some(at);
                    return Ok(());
                }
            }
        }
        self.cut = Some(at);
        Ok(())
    }

    /// The last `moov` may stand behind the last data, whose size still says
    /// "to the end"; and with it the samples that no fragment tells.
    fn find_last_moov(&mut self) -> Result<(), Failure> {
        let Some(data) = self.untold_data() else {
            return Ok(());
        };
        let mut candidates = Candidates::from(data.body());
        while let Some(header) = candidates.next(&mut self.window)? {
            if self.moov(&header)? {
                self.headers += 1;
            }
        }
        Ok(())
    }

    /// Where no `moov` stood at the top: goes on behind one that is hidden.
    fn find_first_moov(&mut self) -> Result<(), Failure> {
        let mut candidates = Candidates::from(0);
        while self.moov.is_none() {
            let Some(header) = candidates.next(&mut self.window)? else {
                return Ok(());
            };
            match self.read_moov(&header) {
                Ok(moov) => {
                    self.moov = Some(moov);
                    self.headers = 1;
                    self.last_data = None;
                    self.cut = None;
                    self.run(header.end())?;
                }
                Err(Failure::Broken(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn step(&mut self, at: u64) -> Result<Step, Failure> {
        let size = self.window.size();
        let bytes = self.window.peek(at, Header::BYTES)?;
        let header = match Header::read(bytes, at, size - at) {
            // After a power cut a file's end may be zeros.
            Ok(header) if header.kind.0 != [0; 4] => header,
            _ => return Ok(Step::CutShort(at)),
        };
        if &header.kind.0 == b"mdat" && header.size > header.header {
            self.last_data = Some(header);
        }
        if header.end() > size {
            return Ok(Step::CutShort(at));
        }
        self.headers += u32::from(matches!(&header.kind.0, b"moov" | b"moof"));
        let followed = match &header.kind.0 {
            b"moov" => self.moov(&header)?,
            b"moof" => self.moof(&header)?,
            _ => true,
        };
        Ok(if followed { Step::Next(header.end()) } else { Step::CutShort(at) })
    }

    /// A first `moov` must be readable; of a broken second one the file is
    /// cut short.
    fn moov(&mut self, header: &Header) -> Result<bool, Failure> {
        match (self.read_moov(header), &self.moov) {
            // A file that was killed while it was finished has a second one,
            // with everything.
            (Ok(new), Some(old)) if new.samples() < old.samples() => {}
            (Ok(new), _) => {
                self.fragments = Fragments::default();
                self.moov = Some(new);
            }
            (Err(Failure::Broken(_)), Some(_)) => return Ok(false),
            (Err(failure), _) => return Err(failure),
        }
        Ok(true)
    }

    fn read_moov(&mut self, header: &Header) -> Result<Moov, Failure> {
        let bytes = self.load(header, limits::MOOV_BYTES)?;
        Ok(moov::read(&only(&bytes, header)?, self.window.size())?)
    }

    /// A fault inside ends the walk: times and places of later fragments
    /// would hang in the air.
    fn moof(&mut self, header: &Header) -> Result<bool, Failure> {
        let bytes = match self.load(header, limits::MOOF_BYTES) {
            Ok(bytes) => bytes,
            Err(Failure::Broken(_)) => return Ok(false),
            Err(failure) => return Err(failure),
        };
        let Some(moov) = &mut self.moov else {
            return Ok(true);
        };
        let size = self.window.size();
        let added = only(&bytes, header).and_then(|moof| self.fragments.add(moov, &moof, size));
        Ok(added.is_ok() && moov.cut.is_none())
    }

    fn load(&mut self, header: &Header, limit: u64) -> Result<Vec<u8>, Failure> {
        if header.size > limit {
            let reason = format!("its {} bytes are more than {limit}", header.size);
            return Err(Fault::new(header.kind, header.at, reason).into());
        }
        Ok(self.window.take(header.at, header.size)?)
    }

    /// GStreamer writes a fragment's data first and then its `moof`: data
    /// behind the last sample is of a fragment that was not finished.
    fn untold_data(&self) -> Option<Header> {
        let moov = self.moov.as_ref()?;
        if moov.defaults.is_empty() || !moov.set_aside.is_empty() {
            return None;
        }
        let runs = moov.tracks.iter().flat_map(|track| track.samples.runs());
        let told = runs.map(|run| run.offset + run.bytes()).max().unwrap_or(0);
        self.last_data.filter(|data| data.body() >= told)
    }

    fn finish(self) -> Option<Movie> {
        let untold = self.untold_data().map(|data| data.at);
        let moov = self.moov?;
        let cut = moov.cut.or(self.cut).or(untold);
        Some(Movie {
            timescale: moov.timescale,
            tracks: moov.tracks,
            set_aside: moov.set_aside,
            fragments: self.fragments.count,
            finished: self.headers == 1 && moov.defaults.is_empty(),
            extent: cut.map_or(Extent::Whole, |at| Extent::CutShort { at }),
            size_bytes: self.window.size(),
        })
    }
}

/// The one box that `bytes` are.
fn only<'b>(bytes: &'b [u8], header: &Header) -> Result<BoxRef<'b>, Fault> {
    Children::of(bytes, header.at)
        .next()
        .unwrap_or_else(|| Err(Fault::new(header.kind, header.at, "is empty")))
}
