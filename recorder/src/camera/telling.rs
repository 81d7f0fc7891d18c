//! What a camera's task tells of itself: to the log, to clients that follow
//! along, and to the database.

use super::CameraTask;
use super::state::{Event, Standing};
use crate::http;
use hitless_model::{CameraEvent, CameraState, Cause};
use hitless_schema::Change;
use std::time::Duration;
use tracing::{info, warn};

impl CameraTask {
    pub(super) fn tell_gap(&self, missing: Duration) {
        let (camera, seconds) = (&self.parts.id, missing.as_secs_f64());
        warn!(%camera, seconds, "nothing was recorded of camera {camera} for {seconds:.1} s");
        let kind = http::EventKind::Gap { camera: camera.clone(), seconds, cause: None };
        // Nobody may be following.
        let _ = self.events.send(http::Event { at: crate::clock::now(), kind });
    }

    /// The keeper knows better than the strand why the storage failed.
    pub(super) fn with_reason(&self, event: Event) -> Event {
        match (event, &self.keeper.borrow().failure) {
            (Event::StrandEnded(Cause::StorageFailed, _), Some(failure)) => {
                Event::StrandEnded(failure.cause, failure.detail.clone())
            }
            (event, _) => event,
        }
    }

    /// Makes the transition, and tells it if it is one.
    pub(super) fn on(&self, standing: &mut Standing, event: Event) {
        let Some(next) = standing.on(event) else { return };
        let camera = &self.parts.id;
        let (state, detail) = (next.state, next.detail.as_str());
        match next.cause {
            Some(cause) if next.state != CameraState::Connecting => {
                warn!(%camera, %state, %cause, "camera {camera} is {state}: {detail}");
            }
            _ => info!(%camera, %state, "camera {camera} is {state}"),
        }
        let at = crate::clock::now();
        // Nobody may be following.
        let _ = self.events.send(http::Event {
            at,
            kind: http::EventKind::Camera {
                camera: camera.clone(),
                state: next.state,
                cause: next.cause,
                detail: next.detail.clone(),
            },
        });
        self.index.tell(Change::CameraEvent(CameraEvent {
            camera: camera.clone(),
            instance: self.parts.storage.instance().clone(),
            run: self.parts.run.clone(),
            at,
            state: next.state,
            cause: next.cause,
            detail: next.detail.clone(),
        }));
        self.parts.stats.set_standing(next.clone());
        *standing = next;
    }
}
