//! `[recorder]`: the service that writes segments.

use crate::access::Access;
use crate::choice::choice;
use crate::disk::Disk;
use crate::reader::Section;
use hitless_model::InstanceId;
use std::time::Duration;

choice! {
    /// What becomes of G.711 audio, which MP4 has no place for.
    G711 {
        /// Kept as it came, in a QuickTime sample entry.
        Native = "native",
        /// Decoded to PCM.
        Pcm = "pcm",
        /// Encoded as AAC.
        Aac = "aac",
    }
}

/// `[recorder]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recorder {
    /// The tag of this recorder.
    pub instance: InstanceId,
    /// Where it answers, and to whom.
    pub access: Access,
    /// Nothing for this long is a stall.
    pub stall: Duration,
    /// For a connection and its handshake.
    pub connect_timeout: Duration,
    /// The first wait after a failure; doubles up to `backoff_max`.
    pub backoff_initial: Duration,
    /// The longest wait.
    pub backoff_max: Duration,
    /// How often a segment in flight is synced; none: only when it is closed.
    pub sync: Option<Duration>,
    /// How often the run's row is touched.
    pub heartbeat: Duration,
    /// What may wait for a slow disk, per camera.
    pub queue_bytes: u64,
    /// What the spool on disk may hold while the database is away.
    pub spool_bytes: u64,
    /// What becomes of G.711 audio.
    pub g711: G711,
    /// How long socket reads are gathered; none: not at all.
    pub ingest_batch: Option<Duration>,
    /// What to do when the disk fills up.
    pub disk: Disk,
}

const MIB: u64 = 1 << 20;

impl Recorder {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        let seconds = |key, default, least| section.seconds(key, default, least);
        let recorder = Self {
            instance: instance(section),
            access: Access::read(section, 8080),
            stall: seconds("stall_seconds", 5.0, 0.5),
            connect_timeout: seconds("connect_timeout_seconds", 5.0, 0.1),
            backoff_initial: seconds("backoff_initial_seconds", 0.5, 0.01),
            backoff_max: seconds("backoff_max_seconds", 15.0, 0.01),
            sync: some(seconds("sync_seconds", 5.0, 0.0)),
            heartbeat: seconds("heartbeat_seconds", 5.0, 0.1),
            queue_bytes: section.bytes("queue_bytes", 32 * MIB),
            spool_bytes: section.bytes("spool_bytes", 64 * MIB),
            g711: section.choice("g711", G711::Aac),
            ingest_batch: some(Duration::from_millis(
                section.whole("ingest_batch_ms", 50, 10_000).into(),
            )),
            disk: Disk::read(&section.section("disk")),
        };
        if recorder.backoff_initial > recorder.backoff_max {
            let message = "backoff_initial_seconds is more than backoff_max_seconds";
            section.context.report(&section.place, message);
        }
        recorder
    }
}

fn instance(section: &Section<'_>) -> InstanceId {
    let default = InstanceId::new("blue").expect("\"blue\" is an instance");
    section.parsed("instance", default).value
}

fn some(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}
