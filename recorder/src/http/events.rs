//! `/api/events`: changes as they happen, as server-sent events.
//!
//! A client first gets `hello` with the state of every camera, then each change.
//! Nothing is kept for those who are away: who comes back gets a new `hello`.
//! Who is too slow is told `missed` and how many. The last event is `goodbye`;
//! the successor answers on the same address.

use super::counters::{Held, HttpCounters};
use super::health::state_of;
use crate::service::view::View;
use axum::response::sse;
use futures::Stream;
use hitless_model::{CameraId, CameraState, Cause, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

/// When a client should come back after a goodbye.
const RETRY: Duration = Duration::from_secs(1);

/// Something that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, on the host's clock.
    pub at: Utc,
    /// What.
    pub kind: EventKind,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum EventKind {
    /// A camera entered a state.
    Camera {
        /// Which.
        camera: CameraId,
        /// The state.
        state: CameraState,
        /// Why footage is missing, if it is.
        cause: Option<Cause>,
        /// A sentence for people.
        detail: String,
    },
    /// Footage of a camera was missing for longer than a gap takes.
    Gap {
        /// Which.
        camera: CameraId,
        /// For how long.
        seconds: f64,
        /// Why, if known.
        cause: Option<Cause>,
    },
    /// A person must look at something.
    Alarm {
        /// As a sentence.
        message: String,
    },
    /// The recorder is leaving.
    Draining {},
}

impl EventKind {
    /// The name of the event on the wire.
    fn name(&self) -> &'static str {
        match self {
            Self::Camera { .. } => "camera",
            Self::Gap { .. } => "gap",
            Self::Alarm { .. } => "alarm",
            Self::Draining {} => "draining",
        }
    }
}

/// One client that listens.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) hello: View,
    pub(super) events: Receiver<Event>,
    pub(super) shutdown: CancellationToken,
    pub(super) counters: HttpCounters,
    pub(super) held: Held,
    pub(super) permit: OwnedSemaphorePermit,
}

enum Phase {
    Hello(Box<View>),
    Listening,
    Done,
}

impl Client {
    /// What the client gets to read.
    pub(super) fn stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
        let Client { hello, events, shutdown, counters, held, permit } = self;
        let listener = Listener { events, shutdown, counters, _held: held, _permit: permit };
        let begin = (listener, Phase::Hello(Box::new(hello)));
        futures::stream::unfold(begin, |(mut listener, phase)| async move {
            let (event, next) = match phase {
                Phase::Hello(view) => (hello_event(&view), Phase::Listening),
                Phase::Listening => listener.next().await,
                Phase::Done => return None,
            };
            Some((Ok(event), (listener, next)))
        })
    }
}

struct Listener {
    events: Receiver<Event>,
    shutdown: CancellationToken,
    counters: HttpCounters,
    _held: Held,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    async fn next(&mut self) -> (sse::Event, Phase) {
        let received = tokio::select! {
            // What is already there goes out before the goodbye.
            biased;
            received = self.events.recv() => received,
            () = self.shutdown.cancelled() => return (goodbye(), Phase::Done),
        };
        match received {
            Ok(event) => (printed(&event), Phase::Listening),
            Err(RecvError::Closed) => (goodbye(), Phase::Done),
            Err(RecvError::Lagged(events)) => {
                self.counters.missed(events);
                (named("missed", &Missed { events }), Phase::Listening)
            }
        }
    }
}

#[derive(Serialize)]
struct Missed {
    events: u64,
}

#[derive(Serialize)]
struct Goodbye {
    reason: &'static str,
    retry_seconds: u64,
}

#[derive(Serialize)]
struct Hello<'a> {
    at: String,
    instance_id: &'a str,
    run_id: String,
    cameras: BTreeMap<&'a str, HelloCamera<'a>>,
}

#[derive(Serialize)]
struct HelloCamera<'a> {
    state: CameraState,
    cause: Option<Cause>,
    detail: &'a str,
}

#[derive(Serialize)]
struct Timed<'a> {
    at: String,
    #[serde(flatten)]
    kind: &'a EventKind,
}

fn hello_event(view: &View) -> sse::Event {
    let cameras = view.cameras.iter().map(|camera| {
        let standing = camera.snapshot.as_ref().map(|snapshot| &snapshot.standing);
        let camera_now = HelloCamera {
            state: state_of(camera),
            cause: standing.and_then(|standing| standing.cause),
            detail: standing.map_or("", |standing| &standing.detail),
        };
        (camera.id.as_str(), camera_now)
    });
    let hello = Hello {
        at: view.at.to_string(),
        instance_id: view.instance.as_str(),
        run_id: view.run.to_string(),
        cameras: cameras.collect(),
    };
    named("hello", &hello).retry(RETRY)
}

fn printed(event: &Event) -> sse::Event {
    named(event.kind.name(), &Timed { at: event.at.to_string(), kind: &event.kind })
}

fn goodbye() -> sse::Event {
    named("goodbye", &Goodbye { reason: "the recorder is leaving", retry_seconds: RETRY.as_secs() })
}

fn named(name: &str, data: &impl Serialize) -> sse::Event {
    let event = sse::Event::default().event(name);
    // Only a map with keys other than text cannot be printed; there is none.
    match serde_json::to_string(data) {
        Ok(text) => event.data(text),
        Err(error) => event.comment(error.to_string()),
    }
}
