//! `[[camera]]`: one source of video.

use crate::camera_url::CameraUrl;
use crate::choice::choice;
use crate::credentials::{self, Credentials};
use crate::handover::Overlap;
use crate::problem::Place;
use crate::reader::{Context, Section, Spot};
use hitless_model::CameraId;
use std::collections::BTreeMap;
use std::path::PathBuf;

choice! {
    /// How media comes from the camera.
    Transport {
        /// Interleaved in the RTSP connection.
        Tcp = "tcp",
        /// RTP over UDP.
        Udp = "udp",
    }
}

choice! {
    /// Which of the two makers of frames reads a camera.
    SourceKind {
        /// Whichever can.
        Auto = "auto",
        /// The lean one, for RTSP over TCP.
        Retina = "retina",
        /// The one that takes everything.
        Gstreamer = "gstreamer",
    }
}

/// Whom to trust behind `rtsps`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// A CA of one's own, PEM.
    pub ca_file: Option<PathBuf>,
    /// Take any certificate.
    pub insecure: bool,
}

/// One `[[camera]]`. Two that are equal need no restart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Camera {
    /// Its id; unique in a configuration.
    pub id: CameraId,
    /// Where it is.
    pub url: CameraUrl,
    /// User and password, if it wants them.
    pub credentials: Option<Credentials>,
    /// How media comes.
    pub transport: Transport,
    /// Which maker of frames.
    pub source: SourceKind,
    /// Is it recorded at all?
    pub enabled: bool,
    /// May it be away without an alarm?
    pub optional: bool,
    /// Is its audio recorded?
    pub audio: bool,
    /// Must both recorders have it at once during a handover?
    pub overlap: Overlap,
    /// Whom to trust behind `rtsps`.
    pub tls: Tls,
}

/// Reads every camera; those with an id that is taken are reported.
pub(crate) fn read_all(top: &Section<'_>, overlap: Overlap) -> Vec<Camera> {
    let mut cameras = Vec::new();
    let mut seen: BTreeMap<CameraId, Place> = BTreeMap::new();
    for section in top.sections("camera") {
        let id = id(&section);
        if let Some(id) = &id {
            match seen.get(&id.value) {
                Some(first) => report_twice(top.context, id, first),
                None => drop(seen.insert(id.value.clone(), id.place.clone())),
            }
        }
        cameras.extend(Camera::read(&section, id.map(|id| id.value), overlap));
    }
    cameras
}

fn report_twice(context: &Context<'_>, id: &Spot<CameraId>, first: &Place) {
    let first = match first {
        Place::Line { line, .. } => format!("line {line}"),
        elsewhere => elsewhere.to_string(),
    };
    context.report(&id.place, format!("the camera {} is there already: {first}", id.value));
}

fn id(section: &Section<'_>) -> Option<Spot<CameraId>> {
    let text = section.required("id")?;
    match CameraId::new(text.value) {
        Ok(value) => Some(Spot { value, place: text.place }),
        Err(error) => {
            section.context.report(&text.place, error.to_string());
            None
        }
    }
}

impl Camera {
    /// Reads all of a camera, so that all problems are found, whether or not it
    /// has an id.
    fn read(section: &Section<'_>, id: Option<CameraId>, overlap: Overlap) -> Option<Self> {
        let transport = section.choice("transport", Transport::Tcp);
        let source = section.choice("source", SourceKind::Auto);
        let enabled = section.switch("enabled", true);
        let optional = section.switch("optional", false);
        let audio = section.switch("audio", true);
        let overlap = section.choice("overlap", overlap);
        let tls = Tls {
            ca_file: section.path("tls_ca_file").map(|file| file.value),
            insecure: section.switch("tls_insecure", false),
        };
        let text = section.required("url")?;
        let (url, in_url) = match CameraUrl::parse(&text.value) {
            Ok(parts) => parts,
            Err(message) => {
                section.context.report(&text.place, format!("url: {message}"));
                return None;
            }
        };
        if source == SourceKind::Retina && (transport == Transport::Udp || url.is_tls()) {
            let message = "source = \"retina\" reads RTSP over TCP only; leave it at \"auto\" for \
                           UDP and rtsps";
            section.context.report(&section.place, message);
        }
        let credentials = credentials::read(section, in_url);
        let id = id?;
        Some(Self {
            id,
            url,
            credentials,
            transport,
            source,
            enabled,
            optional,
            audio,
            overlap,
            tls,
        })
    }
}
