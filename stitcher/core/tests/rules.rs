//! Rules of every timeline, in any weather: entries, statuses, what is read,
//! gaps that are closed later, segments cut short, sound.

mod world;

use hitless_model::{OverlapStatus, SegmentState};
use hitless_stitcher_core::{
    AudioCut, AudioStretch, Carry, Evidence, Facts, Plan, SegmentFacts, SegmentRef, Settings, What,
    diff, render,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::World;
use world::script::{FAIR, Script, Weather, config, scripts};

const CALM: Weather = Weather { losses: 2, ..FAIR };
const WILD: Weather = Weather { wild_clocks: true, ..CALM };
const FROZEN: Weather = Weather { frozen: true, error_ms: 300, ..WILD };
const POOR: Weather = Weather { error_ms: 900, ..WILD };

fn any_weather() -> impl Strategy<Value = Script> {
    prop_oneof![scripts(CALM), scripts(WILD), scripts(FROZEN), scripts(POOR)]
}

/// One recorder whose clock drifts and is set, and that misses nothing.
const ALONE: Weather = Weather { instances: 1, lives: 1, wild_clocks: true, ..FAIR };

/// Which samples of each segment are played, as ranges in the order of the
/// timeline.
fn ranges(plan: &Plan) -> BTreeMap<SegmentRef, Vec<(u32, u32)>> {
    let mut ranges: BTreeMap<SegmentRef, Vec<(u32, u32)>> = BTreeMap::new();
    for entry in &plan.entries {
        if let What::Span(span) = entry.what {
            let range = (span.first_sample, span.first_sample + span.samples);
            ranges.entry(span.segment).or_default().push(range);
        }
    }
    ranges
}

fn played(ranges: &BTreeMap<SegmentRef, Vec<(u32, u32)>>, segment: SegmentRef) -> u32 {
    ranges.get(&segment).into_iter().flatten().map(|(from, to)| to - from).sum()
}

/// A recorder's files with sound in them: frames of 1,024 samples at 16 kHz.
fn with_sound(world: &World) -> (Facts, Evidence) {
    let mut facts = world.facts.clone();
    let mut evidence = Evidence::default();
    for (at, row) in facts.segments.iter_mut().enumerate() {
        row.audio = true;
        let mut table = hitless_stitcher_core::GopTable::of(&world.segments[at].samples);
        let frames = u32::try_from((row.media_length.ticks() / 5_760).max(1)).expect("small");
        let length = hitless_model::MediaSpan::new(i64::from(frames) * 5_760);
        table.audio = vec![AudioStretch { start: row.media_start, frames, length }];
        evidence.add_table(SegmentRef::new(u32::try_from(at).expect("small")), table);
    }
    (facts, evidence)
}

proptest! {
    #![proptest_config(config(700))]

    /// I5.
    #[test]
    fn entries_tile_and_no_sample_is_in_two(script in any_weather()) {
        let world = script.build();
        let (plan, _) = world.plan();
        let text = render(&world.facts, &plan);
        for pair in plan.entries.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start, "{}", text);
        }
        for entry in &plan.entries {
            prop_assert!(entry.start < entry.end, "{text}");
        }
        for (segment, ranges) in ranges(&plan) {
            let samples = world.facts.segments[segment.place()].samples;
            prop_assert!(ranges.windows(2).all(|r| r[0].1 <= r[1].0), "{segment:?}\n{text}");
            prop_assert!(ranges.iter().all(|r| r.0 < r.1 && r.1 <= samples), "{text}");
        }
    }

    /// I9. Leading pictures that are left out count as played: nobody could.
    #[test]
    fn statuses_say_what_is_played(script in any_weather()) {
        let world = script.build();
        let (plan, _) = world.plan();
        let text = render(&world.facts, &plan);
        let ranges = ranges(&plan);
        prop_assert_eq!(plan.statuses.len(), world.facts.segments.len());
        for (segment, status) in &plan.statuses {
            let samples = world.facts.segments[segment.place()].samples;
            let played = played(&ranges, *segment);
            let open = world.habits.order == world::camera::Order::OpenGop;
            let gops = samples / u32::try_from(world.habits.gop).expect("small") + 1;
            let leading = if open { 2 * gops } else { 0 };
            let right = match status {
                OverlapStatus::Unique | OverlapStatus::Kept => played + leading >= samples,
                OverlapStatus::Trimmed => played < samples,
                OverlapStatus::Duplicate => played == 0,
                OverlapStatus::Pending => false,
            };
            prop_assert!(right, "{segment:?} {status} plays {played} of {samples}\n{text}");
        }
    }

    /// I11.
    #[test]
    fn clocks_make_no_gaps(script in scripts(ALONE)) {
        let world = script.build();
        // a camera that changes what it sends may miss something meanwhile
        prop_assume!(script.changes.is_none());
        let (plan, _) = world.plan();
        let span = |what: &What| matches!(what, What::Span(_));
        // the horizon is where the clock put the last sample, wherever that is
        let last = plan.entries.iter().rposition(|e| span(&e.what)).map_or(0, |at| at + 1);
        for entry in &plan.entries[..last] {
            prop_assert!(span(&entry.what), "{}", render(&world.facts, &plan));
        }
    }

    /// I12: of a recorder that is alone nothing is read but the beginnings of
    /// its strands and what is damaged.
    #[test]
    fn only_overlaps_are_read(script in any_weather()) {
        let mut script = script;
        script.lives.iter_mut().for_each(|life| life.instance = 0);
        let world = script.build();
        let (_, reads) = world.plan();
        let broken = |s: &&SegmentFacts| s.damaged > 0 || !s.pauses.is_empty();
        let damaged = world.facts.segments.iter().filter(broken).count();
        prop_assert!(reads.tables <= world.takes.len() + damaged);
        prop_assert!(reads.samples <= damaged);
        prop_assert_eq!(reads.prints, 0);
    }

    /// I8: a gap that a late recorder's files close is told as repaired, with
    /// what repaired it.
    #[test]
    fn a_gap_that_is_closed_is_repaired(script in any_weather()) {
        let world = script.build();
        let settings = Settings::default();
        let (now, _) = world.plan();
        let late = world.takes.iter().map(|t| t.lineage).max().unwrap_or(0);
        let mut before = world.facts.clone();
        for row in before.segments.iter_mut().filter(|r| r.lineage == late) {
            // the file is there, its row is not known yet
            row.samples = 0;
        }
        let (old, _) = world.plan_of(&before, &settings, Evidence::default());
        let changes = diff(&old.entries, |_| OverlapStatus::Pending, &now);
        let kept: Vec<_> = (0..old.entries.len()).filter(|n| !changes.remove.contains(n)).collect();
        let mut entries: Vec<_> = kept.iter().map(|n| old.entries[*n]).collect();
        entries.extend(changes.add.iter().map(|n| now.entries[*n]));
        entries.sort_by_key(|e| e.start);
        prop_assert_eq!(&entries, &now.entries);
        for repair in &changes.repaired {
            prop_assert!(repair.gap.from < repair.gap.to && !repair.by.is_empty());
        }
        let gaps = old.entries.iter().filter(|e| matches!(e.what, What::Gap(_)));
        for gap in gaps {
            let again = now.entries.contains(gap);
            let filled = now.entries.iter().any(|e| {
                matches!(e.what, What::Span(_)) && e.start < gap.end && e.end > gap.start
            });
            let told = changes.repaired.iter().any(|r| r.gap.from == gap.start);
            prop_assert_eq!(told, filled && !again);
        }
    }

    /// I13: crashes that leave one sample, none, or a part of a GOP.
    #[test]
    fn segments_cut_short_are_played_as_far_as_they_go(
        script in any_weather(),
        keep in prop::collection::vec(0_usize..6, 1..5),
    ) {
        let mut world = script.build();
        prop_assume!(!world.segments.is_empty());
        for (at, keep) in keep.iter().enumerate() {
            let place = (at * 7 + keep) % world.segments.len();
            world.cut_short(place, *keep);
        }
        let (plan, _) = world.plan();
        let text = render(&world.facts, &plan);
        for pair in plan.entries.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start, "{}", text);
        }
        for (segment, ranges) in ranges(&plan) {
            let row = &world.facts.segments[segment.place()];
            prop_assert!(ranges.iter().all(|r| r.1 <= row.samples), "{text}");
        }
    }

    /// I15: no audio frame of a segment is in two spans, and at a switch the
    /// sound begins within half a frame of the picture.
    #[test]
    fn sound_is_never_doubled(script in scripts(CALM)) {
        let world = script.build();
        let (facts, evidence) = with_sound(&world);
        let (plan, _) = world.plan_of(&facts, &Settings::default(), evidence);
        let mut heard: BTreeMap<SegmentRef, u32> = BTreeMap::new();
        for entry in &plan.entries {
            let What::Span(span) = entry.what else { continue };
            match span.audio {
                AudioCut::Frames { first, frames, offset } => {
                    let from = heard.get(&span.segment).copied().unwrap_or(0);
                    prop_assert!(first >= from, "{}", render(&facts, &plan));
                    heard.insert(span.segment, first + frames);
                    let half = 5_760 / 2 + 1;
                    let inside = first > 0 && frames > 0;
                    prop_assert!(!inside || offset.ticks().abs() <= half, "{offset:?}");
                }
                AudioCut::Whole => prop_assert!(heard.insert(span.segment, u32::MAX).is_none()),
                AudioCut::None => prop_assert!(false, "it has sound"),
            }
        }
    }
}

#[test]
fn a_segment_that_is_still_open_is_pending() {
    let habits = world::camera::Habits::even(9_000, 10);
    let take =
        world::recorder::Take { segment_gops: 10, ..world::recorder::Take::whole(0, 0, 300) };
    let mut world = World::new(&habits, 300, &[("blue", "run-1")], vec![take]);
    world.facts.segments[2].state = SegmentState::Recording;
    let (plan, _) = world.plan();
    let last = plan.entries.last().expect("some");
    assert_eq!(last.what, What::Pending);
    assert!(plan.statuses.contains(&(SegmentRef::new(2), OverlapStatus::Pending)));
    assert_ne!(plan.carry, Carry::default());
}
