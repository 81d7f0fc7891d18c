//! Who waits for the end of a handover.

use crate::handover::control::{Answer, Asker};
use crate::handover::message::Handed;
use tracing::info;

/// Who asked for a handover: somebody on the control socket, or a signal.
#[derive(Debug, Default)]
pub(super) struct Waiter(Option<Asker>);

impl Waiter {
    /// Somebody on the control socket.
    pub(super) fn at(asker: Asker) -> Self {
        Self(Some(asker))
    }

    pub(super) async fn answer(&mut self, answer: Answer) {
        if let Some(asker) = &mut self.0 {
            asker.answer(&answer).await;
        }
    }

    /// The last answer.
    pub(super) async fn done(&mut self, handed: &Handed) {
        let text = format!(
            "recorder {} has handed over to {} in {:.1} s (start {:.1}, prove {:.1}, finish {:.1}), \
             overlap at least {:.1} s",
            handed.from,
            handed.to,
            handed.seconds(),
            handed.start_seconds,
            handed.prove_seconds,
            handed.finish_seconds,
            handed.overlap_seconds
        );
        info!("handover: {text}");
        self.answer(Answer::Done { text }).await;
    }
}
