//! The first properties: recorders whose overlaps can be matched.

mod world;

use hitless_model::{ClockSource, Nanos};
use world::World;
use world::camera::{Habits, Order, Scene};
use world::recorder::Take;

fn take(lineage: u32, from: usize, to: usize) -> Take {
    Take {
        lineage,
        strand: 0,
        from,
        to,
        losses: Vec::new(),
        crashed: true,
        segment_gops: 3,
        clock_off: Nanos::ZERO,
        error: Nanos::from_millis(50),
        drift_ppb: 0,
        parameters: 1,
        source: ClockSource::SenderReport,
    }
}

#[test]
fn two_recorders_that_overlap_play_every_frame_once() {
    let habits = Habits {
        step: 3_600,
        jitter: 40,
        gop: 10,
        gop_more: 3,
        order: Order::Plain,
        scene: Scene::Moving,
        seed: 1,
    };
    let world = World::new(
        &habits,
        600,
        &[("blue", "r1"), ("green", "r2")],
        vec![take(0, 0, 355), take(1, 200, 600)],
    );
    let (plan, reads) = world.plan();
    println!("{plan:#?} {reads:?}");
    let frames: Vec<usize> =
        world.played(&world.facts, &plan.entries).iter().map(|f| f.0).collect();
    assert_eq!(frames, (0..600).collect::<Vec<_>>());
}
