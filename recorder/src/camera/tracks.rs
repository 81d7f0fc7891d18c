//! How a session's tracks are to be written, from what the camera says of them.

use super::settings::CameraSettings;
use crate::pipeline::{AudioFormat, VideoFormat};
use crate::rtp::{Depacketizer, StreamDescription};
use crate::strand::VideoSetup;
use hitless_media::parameters::ParameterSets;
use std::sync::Arc;

/// Widths and heights that the muxer takes; others are rubbish.
const PICTURE_SIDE: std::ops::RangeInclusive<u32> = 16..=16_384;

/// The sound of a session.
pub(super) struct Audio {
    pub(super) depacketizer: Depacketizer,
    pub(super) format: AudioFormat,
    pub(super) clock_rate: u32,
}

/// The set-up of the video by its parameter sets; worked out once for each.
#[derive(Debug, Default)]
pub(super) struct Setups {
    sets: Option<Arc<ParameterSets>>,
    last: Option<VideoSetup>,
}

impl Setups {
    /// What these sets ask for.
    pub(super) fn of(&mut self, sets: &Arc<ParameterSets>) -> Result<VideoSetup, String> {
        match (&self.sets, &self.last) {
            (Some(known), Some(setup)) if Arc::ptr_eq(known, sets) => Ok(setup.clone()),
            _ => {
                let setup = setup_from(sets)?;
                self.sets = Some(Arc::clone(sets));
                self.last = Some(setup.clone());
                Ok(setup)
            }
        }
    }

    /// What the last usable ones asked for.
    pub(super) fn last(&self) -> Option<VideoSetup> {
        self.last.clone()
    }
}

/// What the parameter sets of a key frame ask for.
fn setup_from(sets: &ParameterSets) -> Result<VideoSetup, String> {
    let format = sets.format().map_err(|e| e.to_string())?;
    if !PICTURE_SIDE.contains(&format.width) || !PICTURE_SIDE.contains(&format.height) {
        return Err(format!("a picture of {}x{}", format.width, format.height));
    }
    Ok(VideoSetup {
        format: VideoFormat {
            codec: sets.codec(),
            width: format.width,
            height: format.height,
            configuration: sets.record().map_err(|e| e.to_string())?,
        },
        hash: sets.hash(),
        reorder_depth: format.reorder_depth,
    })
}

impl Audio {
    pub(super) fn new(
        description: &StreamDescription,
        settings: &CameraSettings,
    ) -> Result<Self, String> {
        let depacketizer = Depacketizer::new(description).map_err(|e| e.to_string())?;
        let codec = description.encoding.audio().ok_or("not a known coding")?;
        let format = AudioFormat {
            codec,
            sample_rate: description.clock_rate,
            channels: u32::from(description.channels.unwrap_or(1).max(1)),
            configuration: depacketizer
                .aac_config()
                .map(|c| c.bytes().to_vec())
                .unwrap_or_default(),
            treatment: settings.treatment_of(codec),
        };
        Ok(Self { depacketizer, format, clock_rate: description.clock_rate })
    }
}
