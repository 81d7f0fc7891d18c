//! The stretch of time that a command is about.

use super::instant::{instant, length};
use crate::compute::Compute;
use crate::run::{Options, run};
use crate::site::Site;
use anyhow::{Context, Result, bail};
use hitless_model::{CameraId, Nanos, TimeRange, Utc};

/// `--from` and `--to`, or `--last`.
#[derive(Debug, clap::Args)]
pub(super) struct Stretch {
    /// The first instant: RFC 3339, a date, now, yesterday, or 2h (ago)
    #[arg(long, value_name = "T")]
    from: Option<String>,
    /// The first instant that is not wanted any more [default: now]
    #[arg(long, value_name = "T", requires = "from")]
    to: Option<String>,
    /// The last so much, up to now: 90s, 5m, 2h
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"])]
    last: Option<String>,
}

impl Stretch {
    /// Whether it reaches up to the present, as far as there is footage yet.
    pub(super) fn is_open_ended(&self) -> bool {
        self.to.as_deref().is_none_or(|to| to.trim() == "now")
    }

    /// The instants that are meant.
    pub(super) fn range(&self, now: Utc) -> Result<TimeRange> {
        if let Some(text) = &self.last {
            let length =
                length(text).with_context(|| format!("\"{text}\" is no length like 5m"))?;
            return Ok(TimeRange { from: now.plus(Nanos::ZERO.minus(length)), to: now });
        }
        let Some(from) = &self.from else {
            bail!("say which time: --from T --to T, or --last LENGTH");
        };
        let to = self.to.as_deref().unwrap_or("now");
        let range = TimeRange { from: instant(from, now)?, to: instant(to, now)? };
        if range.from >= range.to {
            bail!("--from {} is not before --to {}", range.from, range.to);
        }
        Ok(range)
    }
}

/// Stitches what is new of some cameras, so that the range is as whole as it
/// can be. A camera that another run holds is left to it.
pub(super) async fn stitch_first(
    site: &Site,
    compute: &Compute,
    cameras: &[CameraId],
    range: TimeRange,
) -> Result<()> {
    let work = site.store.stitch_work().await?;
    let behind = |camera: &CameraId| {
        let of = work.iter().find(|w| w.camera == *camera);
        of.is_none_or(|w| {
            w.has_news() && w.state.planned_until.is_none_or(|until| until < range.to)
        })
    };
    let cameras: Vec<CameraId> = cameras.iter().filter(|c| behind(c)).cloned().collect();
    if cameras.is_empty() {
        return Ok(());
    }
    let options = Options { cameras, quiet: true, ..Options::default() };
    let report = run(site, compute, &options).await?;
    if report.verdict().is_none() {
        eprintln!("stitcher: not every camera could be stitched first:\n{}", report.text());
    }
    Ok(())
}
