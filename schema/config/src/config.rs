//! The checked configuration, and how it comes to be: tree, overlays, unknown
//! keys, typed reads. Pure but for the reader of secret files it is given.

use crate::camera::{self, Camera};
use crate::database::Database;
use crate::handover::Handover;
use crate::load::LoadOptions;
use crate::log::Log;
use crate::problem::{ConfigError, Place, Problem};
use crate::reader::{Context, Section};
use crate::recorder::Recorder;
use crate::shutdown::Shutdown;
use crate::stitcher::Stitcher;
use crate::tree::Table;
use crate::{overlay, tree, unknown};
use hitless_model::CameraId;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything an operator may decide, checked. There is no other way to one than
/// through [`Config::load`] or [`Config::parse`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The file it came from; none if all of it came from the environment.
    pub file: Option<PathBuf>,
    /// The directory of the segments.
    pub storage: PathBuf,
    /// The index.
    pub database: Database,
    /// The length of a segment.
    pub segment: Duration,
    /// `[log]`.
    pub log: Log,
    /// `[recorder]`.
    pub recorder: Recorder,
    /// `[shutdown]`.
    pub shutdown: Shutdown,
    /// `[handover]`.
    pub handover: Handover,
    /// `[stitcher]`.
    pub stitcher: Stitcher,
    /// Every `[[camera]]`, in the order of the file, each id once.
    pub cameras: Vec<Camera>,
}

impl Config {
    /// Parses the text of a file, with nothing from the environment and no flag.
    /// Secret files that it names are read.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::parse_with(Some((file, text)), &LoadOptions::default())
    }

    /// The camera of this id.
    pub fn camera(&self, id: &CameraId) -> Option<&Camera> {
        self.cameras.iter().find(|camera| camera.id == *id)
    }

    /// Parses text (or none at all) under the environment and the flags of
    /// `options`; its path is not looked at.
    pub fn parse_with(
        file: Option<(&Path, &str)>,
        options: &LoadOptions,
    ) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let tree = match file {
            Some((path, text)) => tree::read(path, text)?,
            None => Table::new(),
        };
        let tree = Self::overlaid(tree, options, &mut problems);
        let path = file.map(|(path, _)| path);
        let whole = path.map_or(Place::Nowhere, |path| Place::File(path.to_owned()));
        let file_dir = path.and_then(Path::parent).unwrap_or(&options.work_dir);
        let context = Context {
            file_dir: &options.work_dir.join(file_dir),
            work_dir: &options.work_dir,
            read: &|path| std::fs::read_to_string(path),
            variable: &|name| options.variable(name),
            passwords: options.passwords,
            whole,
            problems: RefCell::new(problems),
        };
        let config = Self::read(&Section::top(&context, &tree), path);
        let mut problems = context.problems.into_inner();
        if problems.is_empty() {
            return Ok(config);
        }
        problems.sort_by_key(|problem| match &problem.place {
            Place::File(_) | Place::Nowhere => 0,
            Place::Line { line, .. } => *line,
            Place::Variable(_) | Place::Flag(_) => usize::MAX,
        });
        Err(ConfigError::Invalid { problems })
    }

    /// The tree of the file, its unknown keys reported, with all that overrides it.
    fn overlaid(mut tree: Table, options: &LoadOptions, problems: &mut Vec<Problem>) -> Table {
        unknown::report(&tree, problems);
        overlay::environment(&mut tree, &options.variables, problems);
        for given in &options.overrides {
            let result = overlay::flag(&mut tree, &given.key, &given.flag, &given.value);
            problems.extend(result.err());
        }
        tree
    }

    fn read(top: &Section<'_>, file: Option<&Path>) -> Self {
        let storage = match top.required("storage") {
            Some(text) => top.absolute(&text),
            None => PathBuf::new(),
        };
        let handover = Handover::read(&top.section("handover"));
        Self {
            file: file.map(Path::to_owned),
            database: Database::read(top, &storage),
            storage,
            segment: top.seconds("segment_seconds", 60.0, 1.0),
            log: Log::read(&top.section("log")),
            recorder: Recorder::read(&top.section("recorder")),
            shutdown: Shutdown::read(&top.section("shutdown")),
            cameras: camera::read_all(top, handover.overlap),
            handover,
            stitcher: Stitcher::read(&top.section("stitcher")),
        }
    }
}
