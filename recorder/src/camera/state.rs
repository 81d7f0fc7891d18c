//! The states of a camera, as pure transitions.
//!
//! | state | event | next |
//! |---|---|---|
//! | any | `Done` | stopped |
//! | draining | all else | draining |
//! | any other | `Drain` | draining |
//! | any other | `Failed` | backing off |
//! | any other | `Opening` | connecting |
//! | connecting | `Opened` | awaiting key frame |
//! | awaiting key frame | `StrandBegun` | recording |
//! | recording | `StrandEnded` | awaiting key frame |
//! | recording, awaiting key frame | `Silent` | stalled |
//!
//! An event that a state does not know leaves it as it is.

use hitless_model::{CameraState, Cause};

/// Something that happened to a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session is being opened.
    Opening,
    /// The session plays.
    Opened,
    /// A key frame came and is recorded.
    StrandBegun,
    /// The strand ended and the session goes on.
    StrandEnded(Cause, String),
    /// Nothing came for too long.
    Silent(String),
    /// The session could not be opened, or ended.
    Failed(Cause, String),
    /// The recorder leaves, or the camera leaves the configuration.
    Drain,
    /// All is closed.
    Done,
}

/// A state with why it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: CameraState,
    /// Why, where something is missing.
    pub cause: Option<Cause>,
    /// A sentence for people.
    pub detail: String,
}

impl Standing {
    /// Before anything happened.
    pub fn new() -> Self {
        Self { state: CameraState::Stopped, cause: None, detail: String::new() }
    }

    /// The standing after an event; `None` if nothing changes.
    pub fn on(&self, event: Event) -> Option<Self> {
        use CameraState as S;
        let plain = |state| Some(Self { state, cause: None, detail: String::new() });
        let missing = |state, cause, detail| Some(Self { state, cause: Some(cause), detail });
        match (self.state, event) {
            (_, Event::Done) => plain(S::Stopped),
            (S::Draining, _) => None,
            (_, Event::Drain) => plain(S::Draining),
            (_, Event::Opening) => {
                // Why it was away stays in sight until footage comes again.
                Some(Self { state: S::Connecting, ..self.clone() })
            }
            (S::Connecting, Event::Opened) => {
                Some(Self { state: S::AwaitingKeyFrame, ..self.clone() })
            }
            (S::AwaitingKeyFrame, Event::StrandBegun) => plain(S::Recording),
            (S::Recording, Event::StrandEnded(cause, detail)) => {
                missing(S::AwaitingKeyFrame, cause, detail)
            }
            (S::Recording | S::AwaitingKeyFrame, Event::Silent(detail)) => {
                missing(S::Stalled, Cause::CameraAway, detail)
            }
            (_, Event::Failed(cause, detail)) => missing(S::BackingOff, cause, detail),
            _ => None,
        }
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(events: Vec<Event>) -> Standing {
        events.into_iter().fold(Standing::new(), |s, e| s.on(e).unwrap_or(s))
    }

    #[test]
    fn a_good_day() {
        let s = walk(vec![Event::Opening, Event::Opened, Event::StrandBegun]);
        assert_eq!((s.state, s.cause), (CameraState::Recording, None));
        let s = s.on(Event::Drain).and_then(|s| s.on(Event::Done)).expect("changes");
        assert_eq!(s.state, CameraState::Stopped);
    }

    #[test]
    fn the_reason_stays_until_footage_comes_again() {
        let s = walk(vec![
            Event::Opening,
            Event::Opened,
            Event::StrandBegun,
            Event::Silent("nothing for 5 s".to_owned()),
            Event::Opening,
            Event::Opened,
        ]);
        assert_eq!((s.state, s.cause), (CameraState::AwaitingKeyFrame, Some(Cause::CameraAway)));
        assert_eq!(s.on(Event::StrandBegun).and_then(|s| s.cause), None);
    }

    /// Each state on opening, opened, begun, ended, silent, failed, drain and
    /// done; `-`: it stays as it is.
    const TABLE: &str = "
        stopped             connecting -                  -         -                  -       backing_off draining stopped
        connecting          connecting awaiting_key_frame -         -                  -       backing_off draining stopped
        awaiting_key_frame  connecting -                  recording -                  stalled backing_off draining stopped
        recording           connecting -                  -         awaiting_key_frame stalled backing_off draining stopped
        stalled             connecting -                  -         -                  -       backing_off draining stopped
        backing_off         connecting -                  -         -                  -       backing_off draining stopped
        draining            -          -                  -         -                  -       -           -        stopped";

    #[test]
    fn every_state_answers_every_event_as_the_table_says() {
        let events = || {
            let why = || "why".to_owned();
            [
                Event::Opening,
                Event::Opened,
                Event::StrandBegun,
                Event::StrandEnded(Cause::PacketsLost, why()),
                Event::Silent(why()),
                Event::Failed(Cause::CameraAway, why()),
                Event::Drain,
                Event::Done,
            ]
        };
        let rows = TABLE.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
        for row in rows {
            let state = CameraState::parse(row[0]).expect("a state");
            let standing = Standing { state, ..Standing::new() };
            for (event, next) in events().into_iter().zip(&row[1..]) {
                let cell = format!("{} on {event:?}", row[0]);
                let why =
                    matches!(event, Event::StrandEnded(..) | Event::Silent(_) | Event::Failed(..));
                match standing.on(event) {
                    None => assert_eq!(*next, "-", "{cell}"),
                    Some(found) => {
                        assert_eq!(found.state.as_str(), *next, "{cell}");
                        assert_eq!(
                            (found.cause.is_some(), found.detail == "why"),
                            (why, why),
                            "{cell}"
                        );
                    }
                }
            }
        }
    }
}
