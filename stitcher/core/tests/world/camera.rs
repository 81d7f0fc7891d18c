//! A camera with a known truth: every frame it ever sent, numbered.

use hitless_stitcher_core::KeyKind;

/// Ticks per second.
pub const SCALE: u32 = 90_000;

/// A small deterministic source of noise.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From `-most` to `most`.
    pub fn within(&mut self, most: i64) -> i64 {
        if most == 0 {
            return 0;
        }
        i64::try_from(self.next() % (2 * most.unsigned_abs() + 1)).expect("small") - most
    }
}

/// One frame as the camera sent it. Its number is its place in decode order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub decode: i64,
    pub shown: i64,
    pub key: Option<KeyKind>,
    /// Shown before its key frame.
    pub leading: bool,
    pub print: u64,
}

/// How pictures follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they are shown.
    Plain,
    /// Every second one is shown before the one decoded before it.
    BFrames,
    /// As `BFrames`, and key frames have two leading pictures.
    OpenGop,
}

/// What the pictures show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Every frame is its own.
    Moving,
    /// Every GOP is the same.
    Frozen,
    /// So many GOPs again and again.
    Looped(u64),
}

/// How a camera behaves.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Ticks from frame to frame.
    pub step: i64,
    /// That these vary by.
    pub jitter: i64,
    /// Frames in a GOP, at least.
    pub gop: usize,
    /// And how many more at most.
    pub gop_more: u64,
    pub order: Order,
    pub scene: Scene,
    /// Frames before which it sends nothing for so many ticks.
    pub stalls: Vec<(usize, i64)>,
    pub seed: u64,
}

impl Habits {
    /// A moving picture every `step` ticks, as even as clockwork.
    pub fn even(step: i64, gop: usize) -> Self {
        Self {
            step,
            jitter: 0,
            gop,
            gop_more: 0,
            order: Order::Plain,
            scene: Scene::Moving,
            stalls: Vec::new(),
            seed: 7,
        }
    }
}

/// Everything the camera sent, in decode order.
pub fn film(habits: &Habits, frames: usize) -> Vec<Frame> {
    let mut noise = Noise::new(habits.seed);
    let times = times(habits, frames + 4, &mut noise);
    let mut film: Vec<Frame> = Vec::with_capacity(frames);
    let mut gop_number = 0_u64;
    while film.len() < frames {
        let more = if habits.gop_more == 0 { 0 } else { noise.next() % (habits.gop_more + 1) };
        let length = habits.gop + usize::try_from(more).expect("small");
        gop(habits, &times, gop_number, length, &mut film);
        gop_number += 1;
    }
    film.truncate(frames);
    film
}

fn times(habits: &Habits, frames: usize, noise: &mut Noise) -> Vec<i64> {
    let mut at = 0;
    (0..frames + 400)
        .map(|n| {
            at += habits.step + noise.within(habits.jitter);
            at += habits.stalls.iter().filter(|s| s.0 == n).map(|s| s.1).sum::<i64>();
            at
        })
        .collect()
}

/// Appends one GOP: its frames in the order shown, put in decode order.
fn gop(habits: &Habits, times: &[i64], number: u64, length: usize, film: &mut Vec<Frame>) {
    let first = film.len();
    let leading = match habits.order {
        Order::OpenGop if number > 0 && length > 3 => 2,
        _ => 0,
    };
    // places in the order shown, listed in decode order
    let mut order: Vec<usize> = vec![leading];
    order.extend(0..leading);
    let mut next = leading + 1;
    while next < length {
        if habits.order != Order::Plain && next + 1 < length {
            order.extend([next + 1, next]);
            next += 2;
        } else {
            order.push(next);
            next += 1;
        }
    }
    let open = habits.order == Order::OpenGop;
    for (n, place) in order.iter().enumerate() {
        let delay = if habits.order == Order::Plain { 0 } else { 3 * habits.step };
        let key = (n == 0).then_some(if open { KeyKind::Open } else { KeyKind::Closed });
        let id = match habits.scene {
            Scene::Moving => number * 10_000 + n as u64,
            Scene::Frozen => n as u64,
            Scene::Looped(gops) => number % gops * 10_000 + n as u64,
        };
        film.push(Frame {
            decode: times[first + n],
            shown: times[first + place] + delay,
            key,
            leading: (1..=leading).contains(&n),
            print: id.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ habits.seed,
        });
    }
}
