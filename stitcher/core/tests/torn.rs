//! GOPs that several recorders have lost parts of, and files in which little
//! but losses is left.

mod world;

use hitless_stitcher_core::{Plan, What, render};
use world::World;
use world::camera::{Habits, Order};
use world::recorder::{Loss, Take};

const NAMES: [(&str, &str); 3] = [("blue", "run-1"), ("green", "run-2"), ("nvr-1", "run-3")];
/// Pictures in a GOP.
const GOP: usize = 10;
/// A key frame, and all that recorders have.
const KEY: usize = 15 * GOP;
const ALL: usize = 30 * GOP;

/// Who loses which pictures, each of them alone.
fn world(order: Order, lost: &[&[usize]]) -> World {
    let lossy = |(n, lost): (u32, &&[usize])| {
        let mut take = Take::whole(n, 0, ALL);
        let loss = |at: &usize| Loss { at: *at, frames: 1, partial: false };
        take.losses = lost.iter().map(loss).collect();
        take
    };
    let takes = (0..).zip(lost).map(lossy).collect();
    World::new(&Habits { order, ..Habits::even(3_000, GOP) }, ALL, &NAMES[..lost.len()], takes)
}

/// The numbers of the pictures that are played.
fn played(world: &World, plan: &Plan) -> Vec<usize> {
    world.played(&world.facts, &plan.entries).into_iter().map(|(frame, _)| frame).collect()
}

fn everything_is_played(world: &World) {
    let (plan, _) = world.plan();
    let text = render(&world.facts, &plan);
    assert_eq!(played(world, &plan), (0..ALL).collect::<Vec<_>>(), "{text}");
    assert!(plan.entries.iter().all(|e| matches!(e.what, What::Span(_))), "{text}");
}

/// One has lost the key frame, the other its leading pictures: these belong to
/// it, and are neither played before it nor left out.
#[test]
fn a_key_frame_and_its_leading_pictures_come_from_different_recorders() {
    let leading = [KEY + 1, KEY + 2];
    everything_is_played(&world(Order::OpenGop, &[&leading, &[KEY]]));
    everything_is_played(&world(Order::OpenGop, &[&leading, &[KEY, KEY + 3]]));
    // the first has lost something of the GOP before too, which says nothing
    everything_is_played(&world(
        Order::OpenGop,
        &[&[KEY - 7, KEY - 6, KEY + 1, KEY + 2], &[KEY, KEY + 3]],
    ));
}

/// Nobody has the end of the GOP before and the key frame; whose leading
/// pictures they are is told by the loss that another one has noted.
#[test]
fn leading_pictures_of_three_recorders_are_played_once() {
    let mut late = Take::whole(0, KEY, ALL);
    late.losses = vec![Loss { at: KEY + 1, frames: 20, partial: false }];
    let mut world = world(Order::OpenGop, &[&[], &[KEY], &[KEY - 2, KEY - 1, KEY, KEY + 2]]);
    let mut takes = world.takes.clone();
    takes[0] = late;
    let habits = world.habits.clone();
    world = World::new(&habits, ALL, &NAMES, takes);
    everything_is_played(&world);
}

/// Pictures out of order of which nearly all were lost: how long one lasts is
/// not known, and yet two of them are not one.
#[test]
fn two_pictures_of_two_recorders_are_not_taken_for_one() {
    let first = [KEY + 1, KEY + 2, KEY + 3];
    let second = [KEY + 1, KEY + 2, KEY + 4, KEY + 5, KEY + 6, KEY + 7, KEY + 8, KEY + 9];
    let world = world(Order::BFrames, &[&first, &second]);
    let (plan, _) = world.plan();
    let left: Vec<usize> = (0..ALL).filter(|n| ![KEY + 1, KEY + 2].contains(n)).collect();
    assert_eq!(played(&world, &plan), left, "{}", render(&world.facts, &plan));
}

/// How much is missing right before a picture, by the entries there.
fn missing_before(world: &World, picture: usize) -> f64 {
    let (plan, _) = world.plan();
    let text = render(&world.facts, &plan);
    let begins = |e: &&hitless_stitcher_core::Entry| {
        world.played(&world.facts, std::slice::from_ref(*e)).first().is_some_and(|f| f.0 == picture)
    };
    let at = plan.entries.iter().position(|e| begins(&e)).unwrap_or_else(|| panic!("{text}"));
    let missing = plan.entries[..at].iter().rev().take_while(|e| !matches!(e.what, What::Span(_)));
    missing.map(|e| e.end.since(e.start).as_secs_f64()).sum()
}

/// Ten pictures a second, all in files of one GOP of seven.
fn short_files(lost: std::ops::Range<usize>, stalls: Vec<(usize, i64)>) -> World {
    let mut take = Take::whole(0, 0, ALL);
    take.segment_gops = 1;
    take.losses = vec![Loss { at: lost.start, frames: lost.len(), partial: false }];
    World::new(&Habits { stalls, ..Habits::even(9_000, 7) }, ALL, &NAMES[..1], vec![take])
}

/// A file of three pictures between a loss and a stall: the only step between
/// two of them that is neither says how long a picture lasts.
#[test]
fn what_was_lost_is_no_step() {
    // 70, then 138 and 139, and no picture for five seconds
    let world = short_files(71..138, vec![(140, 450_000)]);
    assert!((missing_before(&world, 138) - 6.7).abs() < 0.4);
    assert!((missing_before(&world, 140) - 5.0).abs() < 0.4);
}
