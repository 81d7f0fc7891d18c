//! The sound of a span: whole frames of its own segment.
//!
//! At a switch from strand to strand sound is cut at the frame border nearest
//! to the picture's cut; anywhere else all frames are played. Where a frame
//! lies is computed from the start of its stretch, never by adding up.

use crate::evidence::Look;
use crate::plan::{AudioCut, SeamKind};
use crate::table::AudioStretch;
use crate::walk::{Played, Walk};
use hitless_model::{MediaSpan, MediaTime};

/// The sound of the `at`-th played run.
pub(crate) fn audio(walk: &Walk<'_>, look: &Look<'_>, at: usize) -> AudioCut {
    let played = &walk.played[at];
    let facts = walk.view.segment(played.segment);
    if !facts.audio {
        return AudioCut::None;
    }
    let cut_before = is_switch(played.seam.kind) || played.first > 0;
    let next = walk.played.get(at + 1);
    let to_its_end = played.first.saturating_add(played.samples) >= facts.samples;
    let cut_after = next.is_some_and(|n| is_switch(n.seam.kind)) || !to_its_end;
    let table = look.known_table(played.segment).filter(|t| !t.audio.is_empty());
    let Some(table) = table.filter(|_| cut_before || cut_after) else { return AudioCut::Whole };
    let (from, to) = media(walk, played);
    let first = if cut_before { frames_before(&table.audio, from) } else { 0 };
    let all = table.audio.iter().map(|s| s.frames).fold(0_u32, u32::saturating_add);
    let end = if cut_after { frames_before(&table.audio, to) } else { all };
    let offset = start_of(&table.audio, first).map_or(MediaSpan::default(), |s| s.since(from));
    AudioCut::Frames { first, frames: end.saturating_sub(first), offset }
}

fn is_switch(kind: SeamKind) -> bool {
    matches!(kind, SeamKind::Exact | SeamKind::Clock)
}

fn media(walk: &Walk<'_>, played: &Played) -> (MediaTime, MediaTime) {
    let offset = walk.groups.axis(played.strand).offset;
    let media = |at: i64| MediaTime::new(at.saturating_sub(offset));
    (media(played.from), media(played.to))
}

/// How many frames have their middle before `cut`.
fn frames_before(stretches: &[AudioStretch], cut: MediaTime) -> u32 {
    stretches
        .iter()
        .map(|s| {
            let length = i128::from(s.length.ticks().max(1));
            let into = i128::from(cut.since(s.start).ticks());
            // frame n has its middle at (n + 1/2) * length / frames
            let frames = i128::from(s.frames);
            let before = (2 * into * frames + length).div_euclid(2 * length);
            u32::try_from(before.clamp(0, frames)).unwrap_or(s.frames)
        })
        .fold(0, u32::saturating_add)
}

/// When a frame starts.
fn start_of(stretches: &[AudioStretch], frame: u32) -> Option<MediaTime> {
    let mut before = 0_u32;
    for s in stretches {
        if frame < before.saturating_add(s.frames) {
            let n = i128::from(frame - before);
            let into = n * i128::from(s.length.ticks()) / i128::from(s.frames.max(1));
            return Some(s.start.plus(MediaSpan::new(i64::try_from(into).ok()?)));
        }
        before = before.saturating_add(s.frames);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_border_is_cut_at() {
        let sound = [AudioStretch {
            start: MediaTime::new(1_000),
            frames: 10,
            length: MediaSpan::new(19_200),
        }];
        for (cut, frames) in
            [(0, 0), (1_959, 0), (1_960, 1), (2_920, 1), (3_879, 1), (3_880, 2), (99_999, 10)]
        {
            assert_eq!(frames_before(&sound, MediaTime::new(cut)), frames, "{cut}");
        }
        assert_eq!(start_of(&sound, 2), Some(MediaTime::new(4_840)));
        assert_eq!(start_of(&sound, 10), None);
    }
}
