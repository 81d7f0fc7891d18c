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
    world_of(order, GOP, lost)
}

fn world_of(order: Order, gop: usize, lost: &[&[usize]]) -> World {
    let lossy = |(n, lost): (u32, &&[usize])| {
        let mut take = Take::whole(n, 0, ALL);
        let loss = |at: &usize| Loss { at: *at, frames: 1, partial: false };
        take.losses = lost.iter().map(loss).collect();
        take
    };
    let takes = (0..).zip(lost).map(lossy).collect();
    World::new(&Habits { order, ..Habits::even(3_000, gop) }, ALL, &NAMES[..lost.len()], takes)
}

/// The same, in files of one GOP, and nobody notices what he loses.
fn unnoticed(order: Order, gop: usize, lost: &[&[usize]]) -> World {
    let world = world_of(order, gop, lost);
    let mut takes = world.takes.clone();
    takes.iter_mut().for_each(|take| (take.unnoticed, take.segment_gops) = (true, 1));
    World::new(&world.habits.clone(), ALL, &NAMES[..lost.len()], takes)
}

/// The numbers of the pictures that are played.
fn played(world: &World, plan: &Plan) -> Vec<usize> {
    world.played(&world.facts, &plan.entries).into_iter().map(|(frame, _)| frame).collect()
}

/// In order, and none is missing but these.
fn all_is_played_but(world: &World, lost: &[usize]) {
    let (plan, _) = world.plan();
    let text = render(&world.facts, &plan);
    let played = played(world, &plan);
    let step = played.windows(2).find(|two| two[0] >= two[1]);
    assert_eq!(step, None, "{text}");
    let missing: Vec<usize> = (0..ALL).filter(|n| played.binary_search(n).is_err()).collect();
    assert_eq!(missing, lost, "{text}");
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

/// Of five pictures one recorder has the first and the last in a file of their own, the
/// other the two between, which it takes for the end of the GOP before. Neither says
/// that it lost any.
#[test]
fn pictures_between_two_that_seem_to_follow_each_other_are_played() {
    let key = 25 * 5;
    let few: Vec<usize> = (key + 1..key + 4).chain(key + 5..key + 10).collect();
    let most: Vec<usize> = (key - 5..key + 2).chain([key + 4]).collect();
    all_is_played_but(&unnoticed(Order::Plain, 5, &[&few, &most]), &[key + 1]);
}

/// One file has lost so much unsaid that it looks like that of an unsteady camera.
#[test]
fn a_file_with_many_unnoticed_losses_is_not_taken_for_whole() {
    let key = 39;
    let lost = [key + 1, key + 2, key + 3, key + 12, key + 13, key + 14];
    let mut world = unnoticed(Order::BFrames, 13, &[&lost, &[]]);
    let mut takes = world.takes.clone();
    takes[1].to = key + 13;
    world = World::new(&world.habits.clone(), ALL, &NAMES[..2], takes);
    all_is_played_but(&world, &lost[4..]);
}

/// A recorder that had nothing before a key frame makes times of decoding that are too
/// early for a while. What another one needs of it in that GOP begins in time.
#[test]
fn a_piece_of_a_copy_that_lost_much_before_begins_in_time() {
    let key = 10 * 11;
    let much: Vec<usize> = (key - 27..key).collect();
    let world = world_of(Order::BFrames, 11, &[&[key + 3], &much]);
    everything_is_played(&world);
    let (plan, _) = world.plan();
    for entry in &plan.entries {
        let off = world.seconds_off(entry);
        assert!(off.abs() < 0.2, "{off} off\n{}", render(&world.facts, &plan));
    }
}

/// Pictures out of order of which nearly all were lost: how long one lasts is
/// not known, and yet two of them are not one.
#[test]
fn two_pictures_of_two_recorders_are_not_taken_for_one() {
    let first = [KEY + 1, KEY + 2, KEY + 3];
    let second = [KEY + 1, KEY + 2, KEY + 4, KEY + 5, KEY + 6, KEY + 7, KEY + 8, KEY + 9];
    let world = world(Order::BFrames, &[&first, &second]);
    all_is_played_but(&world, &[KEY + 1, KEY + 2]);
}

/// One recorder has lost the end of a GOP and leading pictures of the next one, the
/// other the key frame; both have noted losses at more places than one, so several
/// borders between the two GOPs are possible. Theirs is like that of the others.
#[test]
fn of_several_borders_the_usual_one_is_taken() {
    for gop in [8, 9, 10] {
        let key = 5 * gop;
        let lost: [&[usize]; 2] =
            [&[key - 13, key - 12, key - 3, key - 2, key - 1, key + 1], &[key - 1, key]];
        let mut world = world_of(Order::OpenGop, gop, &lost);
        let partial = |at| Loss { at, frames: 1, partial: true };
        let mut takes = world.takes.clone();
        takes[1].losses.extend([partial(key - 4), partial(key - 3)]);
        let habits = world.habits.clone();
        world = World::new(&habits, ALL, &NAMES[..2], takes);
        // the leading ones need the picture that nobody has, if it is the one before them
        let lost = [key - 1, key + 1, key + 2];
        all_is_played_but(&world, if gop % 2 == 0 { &lost } else { &lost[..1] });
    }
}

/// As long a loss in one as in the other, and again the key frame and a leading picture.
#[test]
fn a_key_frame_after_a_long_loss_is_not_taken_for_earlier() {
    let key = 14 * 8;
    let most: Vec<usize> = (key - 5..key).chain([key + 1]).collect();
    everything_is_played(&world_of(Order::OpenGop, 8, &[&most, &[key - 6, key]]));
    everything_is_played(&world_of(Order::OpenGop, 8, &[&most, &[key - 8, key - 6, key]]));
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

/// Ten pictures a second, all in files of one GOP of seven, with nothing beside them.
fn short_files(lost: std::ops::Range<usize>, stalls: Vec<(usize, i64)>) -> World {
    let mut take = Take::whole(0, 0, ALL);
    (take.segment_gops, take.foreign) = (1, true);
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

/// The camera stalls after the first picture that a recorder has, and two of the next
/// few came through in part: these few are played all the same.
#[test]
fn a_stall_before_damaged_pictures_loses_none() {
    let mut take = Take::whole(0, 29, 60);
    take.segment_gops = 1;
    take.losses = vec![Loss { at: 34, frames: 2, partial: true }];
    let mut twin = Take::whole(1, 56, 80);
    twin.segment_gops = 1;
    let habits = Habits { stalls: vec![(33, 155_530)], ..Habits::even(3_000, 4) };
    let world = World::new(&habits, 80, &NAMES[..2], vec![take, twin]);
    let (plan, _) = world.plan();
    assert_eq!(
        played(&world, &plan),
        (32..80).collect::<Vec<_>>(),
        "{}",
        render(&world.facts, &plan)
    );
}
