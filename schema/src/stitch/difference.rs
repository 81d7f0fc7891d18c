//! What a window changes in what is stored.

use super::alignments::Alignments;
use super::carries::Carries;
use super::entries::Entries;
use super::findings::Findings;
use super::judged::Judgements;
use super::ledger::Ledger;
use super::window::Window;
use super::work::StitchState;
use crate::error::StoreError;
use crate::read::ChangeSeq;
use crate::store::Store;
use hitless_model::Utc;

pub(super) struct Difference<'w> {
    pub entries: Entries,
    pub gaps: Ledger,
    pub alignments: Alignments<'w>,
    pub findings: Findings<'w>,
    pub carries: Carries<'w>,
    pub judged: Judgements,
    pub planned_seq: ChangeSeq,
    pub planned_until: Option<Utc>,
    advances: bool,
}

impl<'w> Difference<'w> {
    /// Reads whatever of the camera is stored in the window. A camera that was
    /// never stitched has nothing stored.
    pub async fn of(
        store: &Store,
        window: &'w Window,
        state: StitchState,
    ) -> Result<Self, StoreError> {
        let planned_seq = window.planned_seq.unwrap_or(state.planned_seq);
        let planned_until = match window.to {
            None => window.planned_until,
            Some(_) => state.planned_until,
        };
        let advances = (planned_seq, planned_until) != (state.planned_seq, state.planned_until);
        Ok(Self {
            entries: Entries::of(store, window).await?,
            gaps: Ledger::of(store, window).await?,
            alignments: Alignments::of(store, window).await?,
            findings: Findings::of(store, window).await?,
            carries: Carries::of(store, window).await?,
            judged: Judgements::of(store, window, state.planned_seq).await?,
            planned_seq,
            planned_until,
            advances,
        })
    }

    pub fn is_empty(&self) -> bool {
        !self.advances
            && self.entries.is_empty()
            && self.gaps.is_empty()
            && self.alignments.is_empty()
            && self.findings.is_empty()
            && self.carries.is_empty()
            && self.judged.is_empty()
    }
}
