//! What is not as it was when a camera was planned, and which joints of its
//! timeline it leaves alone.
//!
//! A joint is left alone by a change that lies wholly ahead of it: what is
//! planned before it would be the same. And by one that lies wholly behind it:
//! what is planned after it would be the same, if planning anew has come to
//! the same state there. However old a change is, what has to be planned again
//! lies between two such joints.

use super::window::carry_at_or_before;
use crate::site::Site;
use hitless_model::{CameraId, Nanos, TimeRange, Utc};
use hitless_schema::StoreError;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::News;
use hitless_stitcher_core::{Carry, SegmentFacts, Settings};

/// Changes this close together are planned in one window: each window looks
/// some hours ahead.
const NEAR: Nanos = Nanos::from_secs(2 * 3600);

/// Segments and events that are new, or not what they were.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    segments: Vec<Changed>,
    /// Where what events say holds.
    events: Vec<TimeRange>,
}

#[derive(Debug, Clone)]
struct Changed {
    news: News,
    /// As the row says; `None`: it says too little.
    facts: Option<SegmentFacts>,
    /// Where it is or was, clocks' errors included.
    range: TimeRange,
}

/// Where a change lies, seen from a joint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ahead,
    Behind,
    Across,
}

impl Changes {
    /// All after `seen`.
    pub async fn since(
        site: &Site,
        camera: &CameraId,
        seen: ChangeSeq,
    ) -> Result<Self, StoreError> {
        let news = site.store.segments_with_news(camera, seen).await?;
        let changed = |news: News| Changed::of(news, &site.settings);
        let segments = news.into_iter().map(changed).collect();
        Ok(Self { segments, events: site.store.events_with_news(camera, seen).await? })
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.events.is_empty()
    }

    fn ranges(&self) -> impl Iterator<Item = TimeRange> {
        self.segments.iter().map(|one| one.range).chain(self.events.iter().copied())
    }

    /// The latest stored joint that all of them are ahead of; the latest of
    /// all if there are none.
    pub async fn begin(&self, site: &Site, camera: &CameraId) -> Result<Carry, StoreError> {
        let margin = site.settings.gate.plus(site.settings.gate);
        let first = self.ranges().map(|range| range.from).min();
        let first = first.map_or(Utc::from_ns(i64::MAX), |at| at.plus(Nanos::ZERO.minus(margin)));
        let mut carry = carry_at_or_before(site, camera, first).await?;
        while let Some(end) = carry.end {
            if self.sides(&carry, &site.settings).all(|side| side == Side::Ahead) {
                break;
            }
            carry = carry_at_or_before(site, camera, end.plus(Nanos::new(-1))).await?;
        }
        Ok(carry)
    }

    /// Where the first of them end, those that follow closely included.
    pub fn first_end(&self) -> Option<Utc> {
        let mut ranges: Vec<TimeRange> = self.ranges().collect();
        ranges.sort();
        let mut ranges = ranges.into_iter();
        let mut end = ranges.next()?.to;
        for range in ranges {
            if range.from > end.plus(NEAR) {
                break;
            }
            end = end.max(range.to);
        }
        Some(end)
    }

    /// Those that lie ahead of a joint; `None` if any is neither ahead nor
    /// behind.
    pub fn ahead_of(&self, joint: &Carry, settings: &Settings) -> Option<Self> {
        let mut ahead = Self::default();
        for one in &self.segments {
            match one.side(joint, settings) {
                Side::Across => return None,
                Side::Ahead => ahead.segments.push(one.clone()),
                Side::Behind => {}
            }
        }
        for event in &self.events {
            match side_of_event(joint, *event, settings) {
                Side::Across => return None,
                Side::Ahead => ahead.events.push(*event),
                Side::Behind => {}
            }
        }
        Some(ahead)
    }

    fn sides(&self, joint: &Carry, settings: &Settings) -> impl Iterator<Item = Side> {
        let events = self.events.iter().map(|event| side_of_event(joint, *event, settings));
        self.segments.iter().map(|one| one.side(joint, settings)).chain(events)
    }
}

impl Changed {
    fn of(news: News, settings: &Settings) -> Self {
        let row = &news.segment;
        let facts = SegmentFacts::of_row(row, 0, settings.drift_bound_ppm);
        let (start, error) =
            facts.as_ref().map_or((row.start, Nanos::ZERO), |f| (f.start, f.error));
        let is = TimeRange {
            from: start.plus(Nanos::ZERO.minus(error)),
            to: start.plus(row.duration.max(Nanos::new(1))).plus(error),
        };
        let was = news.placed.unwrap_or(is);
        let range = TimeRange { from: is.from.min(was.from), to: is.to.max(was.to) };
        Self { facts, range, news }
    }

    fn side(&self, joint: &Carry, settings: &Settings) -> Side {
        let name = &self.news.segment.name;
        if joint.is_behind(&name.instance, name.number) {
            return Side::Behind;
        }
        let Some(facts) = &self.facts else { return Side::Across };
        let was = self.news.placed.map_or(facts.start, |placed| placed.from.min(facts.start));
        let earliest = SegmentFacts { start: was, ..facts.clone() };
        match joint.is_before(&name.instance, &earliest, settings) {
            true => Side::Ahead,
            false => Side::Across,
        }
    }
}

fn side_of_event(joint: &Carry, event: TimeRange, settings: &Settings) -> Side {
    let Some(end) = joint.end else { return Side::Ahead };
    if event.from >= end.plus(settings.gate).plus(settings.gate) {
        Side::Ahead
    } else if event.to <= end {
        Side::Behind
    } else {
        Side::Across
    }
}
