//! What one camera's task needs to know of the configuration.

use crate::pipeline::Treatment;
use crate::source::address::Address;
use crate::source::{Maker, SourceOptions, Transport};
use hitless_config::{Camera, Config, G711, SourceKind};
use hitless_model::AudioCodec;
use std::time::Duration;

/// The settings of one camera; equal settings need no restart.
#[derive(Debug, Clone)]
pub struct CameraSettings {
    /// How to open sessions.
    pub source: SourceOptions,
    /// Nothing for this long is a stall.
    pub stall: Duration,
    /// First wait after a failure.
    pub backoff_initial: Duration,
    /// Longest wait after failures.
    pub backoff_max: Duration,
    g711: G711,
}

impl CameraSettings {
    /// From the checked configuration.
    pub fn new(config: &Config, camera: &Camera) -> Self {
        let recorder = &config.recorder;
        let (user, password) = match &camera.credentials {
            Some(c) => (Some(c.user.clone()), Some(c.password.expose().to_owned())),
            None => (None, None),
        };
        Self {
            source: SourceOptions {
                address: Address::new(
                    camera.url.as_url().clone(),
                    camera.url.to_string(),
                    user,
                    password,
                ),
                transport: match camera.transport {
                    hitless_config::Transport::Tcp => Transport::Tcp,
                    hitless_config::Transport::Udp => Transport::Udp,
                },
                maker: match camera.source {
                    SourceKind::Auto => Maker::Auto,
                    SourceKind::Retina => Maker::Retina,
                    SourceKind::Gstreamer => Maker::GStreamer,
                },
                audio: camera.audio,
                timeout: recorder.connect_timeout,
                tls_ca_file: camera.tls.ca_file.clone(),
                tls_insecure: camera.tls.insecure,
            },
            stall: recorder.stall,
            backoff_initial: recorder.backoff_initial,
            backoff_max: recorder.backoff_max,
            g711: recorder.g711,
        }
    }

    /// What is done to sound of this coding.
    pub fn treatment_of(&self, codec: AudioCodec) -> Treatment {
        match (codec, self.g711) {
            (AudioCodec::Pcmu | AudioCodec::Pcma, G711::Aac) => Treatment::Aac,
            (AudioCodec::Pcmu | AudioCodec::Pcma, G711::Pcm) => Treatment::Pcm,
            _ => Treatment::AsIs,
        }
    }
}
