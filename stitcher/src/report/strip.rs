//! A day as a drawn strip.
//!
//! Gaps are drawn last and never narrower than the eye can see, so that a gap
//! of a second shows on a strip of a day.

use super::axis::Axis;
use super::days::length;
use super::model::{CameraDay, Shade};
use hitless_model::{InstanceId, Nanos, Utc};
use std::fmt::Write as _;

/// Drawn units of the whole strip.
const WIDTH: f64 = 1440.0;
const HEIGHT: u32 = 26;
/// The least width of a gap: two pixels on a narrow screen.
const LEAST: f64 = 3.0;

/// The strip; `instances` in the order of their colours.
pub(super) fn strip(day: &CameraDay, axis: Axis, instances: &[InstanceId]) -> String {
    let place = |at: Utc| axis.place(at) * WIDTH;
    let wide = |time: Nanos| axis.share(time) * WIDTH;
    let label = format!("{} on {}", day.camera, day.day());
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{label}\"><rect class=\"none\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>"
    );
    let is_gap = |shade: &Shade| matches!(shade, Shade::Gap(_));
    let (gaps, others): (Vec<_>, Vec<_>) = day.shades.iter().partition(|(_, s)| is_gap(s));
    for (range, shade) in others.into_iter().chain(gaps) {
        let (class, what) = match shade {
            Shade::Footage(instance) => {
                let colour = instances.iter().position(|one| one == instance).unwrap_or(0) % 4;
                (format!("i{colour}"), instance.to_string())
            }
            Shade::Gap(hitless_model::Cause::Disabled) => ("off".to_owned(), "switched off".into()),
            Shade::Gap(cause) => ("gap".to_owned(), format!("gap: {cause}")),
            Shade::Pending => ("pending".to_owned(), "still open".to_owned()),
            Shade::Expired => ("expired".to_owned(), "removed".to_owned()),
        };
        let least = if class == "gap" { LEAST } else { 0.05 };
        let (x, width) = (place(range.from), wide(length(*range)).max(least));
        let x = x.min(WIDTH - width);
        let seconds = length(*range).as_secs_f64();
        // writing to a string cannot fail
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.2}\" width=\"{width:.2}\" height=\"{HEIGHT}\">\
             <title>{what}, {} - {} ({seconds:.3} s)</title></rect>",
            clock(range.from),
            clock(range.to)
        );
    }
    for x in axis.marks().into_iter().map(place) {
        let _ = write!(svg, "<path class=\"hour\" d=\"M{x:.2} 0V{HEIGHT}\"/>");
    }
    svg.push_str("</svg>");
    svg
}

/// The time of day.
pub fn clock(at: Utc) -> String {
    at.to_string().get(11..23).unwrap_or_default().to_owned()
}
