//! Strands that lie near each other by clocks that are not right, or by times
//! that are not quite equal.

mod world;

use hitless_model::{Alignment, ClockSource, MediaSpan, Nanos, Run};
use hitless_stitcher_core::{Finding, SeamKind, SegmentFacts, What, render};
use world::World;
use world::camera::{Habits, Scene};
use world::recorder::{Loss, Take};

/// Frames in a second.
const SECOND: usize = 10;
const TWO: [(&str, &str); 2] = [("blue", "run-1"), ("green", "run-2")];

/// Ten pictures a second, a key frame every two seconds.
fn world(seconds: usize, takes: Vec<Take>) -> World {
    World::new(&Habits::even(9_000, 2 * SECOND), seconds * SECOND, &TWO, takes)
}

/// From second to second.
fn take(lineage: u32, from: usize, to: usize) -> Take {
    Take::whole(lineage, from * SECOND, to * SECOND)
}

/// The numbers of the frames that are played.
fn played(world: &World) -> Vec<usize> {
    let (plan, _) = world.plan();
    world.played(&world.facts, &plan.entries).into_iter().map(|(frame, _)| frame).collect()
}

fn nothing_in_common(world: &World) -> bool {
    let (plan, _) = world.plan();
    plan.findings.iter().any(|f| matches!(f, Finding::NothingInCommon { .. }))
}

#[test]
fn recorders_that_took_turns_are_not_said_to_contradict() {
    for pause in [0, 2, 4, 8] {
        let world = world(120, vec![take(0, 0, 60), take(1, 60 + pause, 120)]);
        assert!(!nothing_in_common(&world), "{pause} s after the other one");
    }
}

#[test]
fn recorders_of_one_time_and_other_pictures_are_told() {
    let mut other = take(1, 300, 400);
    other.clock_off = Nanos::from_secs(-260);
    assert!(nothing_in_common(&world(400, vec![take(0, 0, 100), other])));
}

/// Of a recorder that has no reports of the camera.
fn by_host(take: Take) -> Take {
    Take { source: ClockSource::HostArrival, ..take }
}

/// Where each recorder ran.
fn on_hosts(mut world: World, hosts: [&str; 2]) -> World {
    for (lineage, host) in world.facts.lineages.iter().zip(hosts) {
        world.facts.runs.push(Run {
            run: lineage.run.clone().expect("ours"),
            instance: lineage.instance.clone(),
            host: host.into(),
            pid: 1,
            version: "1".into(),
            started: world::begin(),
            ready: None,
            draining: None,
            stopped: None,
            heartbeat: world::begin(),
        });
    }
    world
}

/// Footage that is played again and again is no overlap: not where both recorders
/// know the camera's clock, nor where they had one clock.
#[test]
fn recorders_of_a_looped_picture_that_took_turns_are_no_twins() {
    for (source, hosts) in [
        (ClockSource::SenderReport, ["here", "there"]),
        (ClockSource::HostArrival, ["here", "here"]),
    ] {
        let take = |lineage, from, to| Take { source, ..take(lineage, from, to) };
        let looped = Habits { scene: Scene::Looped(26), ..Habits::even(9_000, SECOND) };
        let takes = vec![take(0, 0, 20), take(1, 21, 43)];
        let world = on_hosts(World::new(&looped, 43 * SECOND, &TWO, takes), hosts);
        let wanted: Vec<usize> = (0..20 * SECOND).chain(21 * SECOND..43 * SECOND).collect();
        assert_eq!(played(&world), wanted, "{source:?}");
    }
}

/// Hosts without a time server, cameras that never say the time.
#[test]
fn twins_whose_clocks_are_half_a_minute_apart_are_one() {
    for off in [-50, -30, -7, 7, 30, 50] {
        let mut twin = by_host(take(1, 0, 300));
        twin.clock_off = Nanos::from_secs(off);
        let world = world(300, vec![by_host(take(0, 0, 300)), twin]);
        let world = on_hosts(world, ["here", "there"]);
        let (plan, _) = world.plan();
        let exact = |how: Alignment| matches!(how, Alignment::Exact { .. });
        assert!(plan.alignments.iter().any(|a| exact(a.how)), "{off} s");
        assert_eq!(played(&world), (0..300 * SECOND).collect::<Vec<_>>(), "{off} s");
    }
}

/// Some of the second recorder's segments lie some ticks beside where they
/// should, as a muxer's rounding puts them; if all did, the strand would.
fn beside(world: &mut World, by: i64) {
    let by = MediaSpan::new(by);
    let rounded = |facts: &SegmentFacts| facts.lineage == 1 && facts.number.get().is_multiple_of(3);
    for segment in world.segments.iter_mut().filter(|s| rounded(&s.facts)) {
        segment.facts.media_start = segment.facts.media_start.plus(by);
        for sample in &mut segment.samples {
            sample.decode = sample.decode.plus(by);
            sample.presentation = sample.presentation.plus(by);
        }
    }
    for facts in world.facts.segments.iter_mut().filter(|s| rounded(s)) {
        facts.media_start = facts.media_start.plus(by);
    }
}

/// Where the numbers of what is played do not follow each other.
fn odd(world: &World) -> Vec<(usize, usize)> {
    let steps = played(world);
    let steps = steps.windows(2).filter(|two| two[1] != two[0] + 1);
    steps.map(|two| (two[0], two[1])).collect()
}

/// A muxer that rounds times to ticks of its own: the copies of one key frame
/// are not at one instant, and yet they are one.
#[test]
fn copies_that_are_a_few_ticks_apart_are_one() {
    for by in [-3, 3] {
        let mut rounded = take(1, 40, 160);
        rounded.segment_gops = 1;
        let mut world = world(160, vec![take(0, 0, 120), rounded]);
        beside(&mut world, by);
        let (plan, _) = world.plan();
        let exact = |what: &What| matches!(what, What::Span(s) if s.seam.kind == SeamKind::Exact);
        assert!(plan.entries.iter().any(|entry| exact(&entry.what)), "{by:?}");
        assert_eq!(odd(&world), [], "{by}: lost or doubled\n{}", render(&world.facts, &plan));
    }
}

/// The same where each lost something else, one of them key frames.
#[test]
fn damaged_copies_that_are_a_few_ticks_apart_are_merged_without_a_frame_twice() {
    for (by, partial) in [(-3, true), (-3, false), (3, true), (3, false)] {
        let gop = 2 * SECOND;
        let lost = |at, partial| Loss { at, frames: 1, partial };
        let mut first = take(0, 0, 120);
        first.losses = (2..50).map(|n| lost(n * gop + 5, true)).collect();
        let mut second = take(1, 0, 120);
        second.segment_gops = 2;
        second.losses = (2..50).filter(|n| n % 2 == 1).map(|n| lost(n * gop, partial)).collect();
        let mut world = world(120, vec![first, second]);
        beside(&mut world, by);
        let (plan, _) = world.plan();
        let lost = format!("{by} {partial}: lost or doubled\n{}", render(&world.facts, &plan));
        assert_eq!(odd(&world), [], "{lost}");
        let whole = world.played(&world.facts, &plan.entries).iter().all(|(_, damaged)| !damaged);
        assert!(whole, "{lost}");
    }
}

/// Recorders that say nothing of what they lost: as many in one segment, in one
/// GOP, and a single frame, each at another place.
#[test]
fn losses_that_nobody_noticed_are_filled_from_the_other() {
    for (blue, green, frames) in [(305, 345, 7), (303, 312, 4), (307, 316, 1), (303, 305, 4)] {
        for borders in [30, 7] {
            let lossy = |lineage, at, segment_gops| Take {
                losses: vec![Loss { at, frames, partial: false }],
                unnoticed: true,
                segment_gops,
                ..take(lineage, 0, 120)
            };
            let world = world(120, vec![lossy(0, blue, 30), lossy(1, green, borders)]);
            let has = |from: usize, n: usize| (from..from + frames).contains(&n);
            let wanted: Vec<usize> =
                (0..120 * SECOND).filter(|n| !(has(blue, *n) && has(green, *n))).collect();
            assert_eq!(played(&world), wanted, "{blue} {green} {frames} {borders}");
        }
    }
}
