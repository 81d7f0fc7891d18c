//! Where open GOPs begin on the axis, when recorders lost different parts.
//!
//! Leading pictures are decoded after their key frame and shown before it.
//! One recorder may have lost the key frame and the other the leading pictures:
//! then no copy alone says where one GOP ends and the next one begins. All of
//! them together mostly do: every picture of the GOP before is shown before
//! every picture of the next one, and who lost the key frame has noted a loss
//! between the two.

use crate::evidence::Look;
use crate::group::Groups;
use crate::slot::Slot;
use crate::table::Sample;
use crate::unit::Unit;
use std::cmp::Reverse;

/// One way in which a copy can lie around the border between two GOPs: what it
/// shows up to `before` is of the first, what it shows from `from` on of the
/// second, and the border is best drawn at `at`.
#[derive(Debug, Clone, Copy)]
struct Border {
    before: i64,
    from: i64,
    at: i64,
    /// What is before it is decoded before the key frame too.
    in_time: bool,
}

impl Border {
    /// Copies of one picture may lie a little less than half of it apart.
    fn between(before: i64, from: i64, frame: i64) -> Self {
        let half = (frame.max(1) - 1) / 2;
        Self {
            before,
            from,
            in_time: true,
            at: from.saturating_sub(half).max(before.saturating_add(1)),
        }
    }

    fn allows(&self, at: i64) -> bool {
        self.before < at && at <= self.from
    }
}

/// Lets open slots begin where their earliest leading picture is shown that
/// any strand has. `firsts` are the places in `all` of the slots' first units.
pub(crate) fn open_up(
    groups: &Groups,
    look: &mut Look<'_>,
    (all, firsts): (&[Unit], &[usize]),
    slots: &mut [Slot],
) {
    if !slots.iter().any(|s| s.open) {
        return;
    }
    let begin = |n: usize| firsts.get(n).copied().unwrap_or(all.len());
    let own = |n: usize| &all[begin(n)..begin(n + 1)];
    // of strands that have lost key frames
    let mut torn: Vec<Unit> = Vec::new();
    for (n, slot) in slots.iter_mut().enumerate().skip(1) {
        let has_key = |unit: &Unit| own(n).iter().any(|u| u.strand == unit.strand);
        torn.extend(own(n - 1));
        let told = own(n).iter().any(has_all_after_its_key);
        if slot.open && !told && torn.iter().any(|u| u.damaged > 0 && !has_key(u)) {
            let key = decoded(groups, look, own(n), own(n - 1)).unwrap_or(i64::MAX);
            let after = own(n + 1).iter().chain(own(n - 1)).find_map(lead);
            let usual = after.map(|lead| slot.start.saturating_sub(lead));
            let ways: Vec<Vec<Border>> = torn
                .iter()
                .map(|unit| match has_key(unit) {
                    true => vec![known(unit, slot)],
                    false => ways(groups, look, unit, (slot, key)),
                })
                .collect();
            slot.from = border(&ways, usual).map_or(slot.from, |at| at.min(slot.from));
        }
        torn.retain(|u| u.last >= slot.start && !has_key(u));
    }
}

/// It lost nothing after its key frame, so nothing else is shown before that.
fn has_all_after_its_key(unit: &Unit) -> bool {
    unit.headed
        && unit.damaged == u32::from(unit.first_damaged)
        && !unit.pauses
        && !unit.slips
        && unit.samples > unit.leading.saturating_add(1)
}

/// For how long pictures are shown before a key frame, where none was lost.
fn lead(unit: &Unit) -> Option<i64> {
    let told = unit.open && has_all_after_its_key(unit);
    told.then(|| unit.start.saturating_sub(unit.from))
}

/// When the key frame is decoded, by those that have it or the one before: it is not
/// longer before it is shown than that one. Losses before any of them make it too
/// early, so the latest is believed.
fn decoded(groups: &Groups, look: &mut Look<'_>, own: &[Unit], before: &[Unit]) -> Option<i64> {
    let mut decode = |unit: &Unit| {
        let sample = look.samples(unit.segment)?.get(unit.first as usize)?;
        Some(sample.decode.ticks().saturating_add(groups.axis(unit.strand).offset))
    };
    let start = own.iter().find(|u| u.headed)?.start;
    let told = own.iter().filter(|u| u.headed).filter_map(&mut decode).max();
    let sound = before.iter().filter(|u| u.headed && !u.first_damaged);
    let early = sound.filter_map(|u| Some(u.start.saturating_sub(decode(u)?))).min();
    told.max(early.map(|early| start.saturating_sub(early)))
}

/// Who has the key frame, and lost nothing, has all that is shown before it.
fn known(unit: &Unit, slot: &Slot) -> Border {
    let whole = unit.closed && unit.damaged == 0 && !unit.pauses;
    match whole && unit.last < slot.from {
        true => {
            let from = unit.last.saturating_add((unit.frame / 2).max(1));
            Border { before: unit.last, from, at: from, in_time: true }
        }
        false => Border::between(unit.last, slot.from, unit.frame),
    }
}

/// Who has lost the key frame has lost it before a sample that is damaged, or
/// after all that it has.
fn ways(
    groups: &Groups,
    look: &mut Look<'_>,
    unit: &Unit,
    (slot, key): (&Slot, i64),
) -> Vec<Border> {
    let range = unit.first as usize..(unit.first as usize + unit.samples as usize);
    let samples = match unit.damaged {
        0 => None,
        _ => look.samples(unit.segment).and_then(|all| all.get(range)),
    };
    let after_all = Border::between(unit.last, slot.from, unit.frame);
    let Some(own) = samples else { return vec![after_all] };
    let offset = groups.axis(unit.strand).offset;
    let shown = |s: &Sample| s.presentation.ticks().saturating_add(offset);
    let in_time = |last: &Sample| last.decode.ticks().saturating_add(offset) < key;
    let mut earliest: Vec<i64> = own.iter().map(shown).collect();
    for at in (1..earliest.len()).rev() {
        earliest[at - 1] = earliest[at - 1].min(earliest[at]);
    }
    let mut ways = Vec::new();
    let mut before = i64::MIN;
    for (at, sample) in own.iter().enumerate() {
        let heads = at == 0 && sample.key.is_some();
        if sample.damaged && !heads && before < earliest[at] {
            let border = Border::between(before, earliest[at].min(slot.from), unit.frame);
            let in_time = at.checked_sub(1).is_none_or(|last| in_time(&own[last]));
            ways.push(Border { in_time, ..border });
        }
        before = before.max(shown(sample));
    }
    if before < slot.from {
        ways.push(Border { in_time: own.last().is_none_or(in_time), ..after_all });
    }
    ways
}

/// The border that most copies allow, by times of decoding too; of several the one
/// nearest to what is usual, or the latest.
fn border(ways: &[Vec<Border>], usual: Option<i64>) -> Option<i64> {
    let allow = |at: i64, in_time: bool| {
        let is = |way: &Border| way.allows(at) && (way.in_time || !in_time);
        ways.iter().filter(|ways| ways.iter().any(is)).count()
    };
    let off = |at: i64| usual.map(|usual| Reverse(usual.saturating_sub(at).saturating_abs()));
    let all = ways.iter().flatten().map(|b| b.at);
    all.max_by_key(|at| (allow(*at, false), allow(*at, true), off(*at), *at))
}
