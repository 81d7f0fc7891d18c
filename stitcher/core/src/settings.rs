//! Tolerances of planning, each with its unit and its reason.

use hitless_model::Nanos;

/// What counts as a gap, how far clocks are believed, how much is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Missing footage longer than this is a gap, shorter a hole.
    pub gap_threshold: Nanos,
    /// Clocks may be this much worse than they say before a match is missed.
    /// Wide on purpose: a frozen picture must be seen to match at many offsets.
    pub gate: Nanos,
    /// Where no picture is equal within the gate, clocks are asked for once more
    /// that may be this much worse: hosts without a time server, and cameras
    /// that never say the time.
    pub far_gate: Nanos,
    /// The same where single samples are compared: less, because a picture
    /// that stands still shows the same samples in every GOP.
    pub sample_gate: Nanos,
    /// Key frames fingerprinted of each strand at one place. More than a
    /// handful, so that a run of them is unlikely to repeat.
    pub probe_keys: usize,
    /// Equal key frames in order that prove an offset; one or two may repeat.
    pub min_keys: usize,
    /// Samples fingerprinted of each strand where there are too few key frames.
    pub probe_samples: usize,
    /// Equal samples in order that prove an offset.
    pub min_samples: usize,
    /// Overlaps in which nothing is proven at first are tried again this long
    /// after their beginning, and after twice and four times that, and so on:
    /// a picture that stands still may move later.
    pub retry_after: Nanos,
    /// How often. What is never proven then is joined by clocks for good, so
    /// that old footage need not be planned again and again.
    pub retries: u32,
    /// Where a clock is known to have been set, strands whose ends lie this
    /// close are compared although their clocks say that they do not overlap.
    pub step_reach: Nanos,
    /// How many strands are tried for such a step.
    pub step_tries: usize,
    /// A camera's clock may run this much faster or slower than declared, in
    /// parts per million, where its drift was not measured.
    pub drift_bound_ppm: i64,
    /// The clocks of two hosts go apart by no more than this, in parts per
    /// million: what two crystals do that no time server corrects.
    pub host_drift_ppm: i64,
    /// A carry is noted at the first joint after each multiple of this.
    pub checkpoint_every: Nanos,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gap_threshold: Nanos::from_secs(1),
            gate: Nanos::from_secs(5),
            far_gate: Nanos::from_secs(60),
            sample_gate: Nanos::from_secs(1),
            probe_keys: 16,
            min_keys: 3,
            probe_samples: 240,
            min_samples: 8,
            retry_after: Nanos::from_secs(60),
            retries: 6,
            step_reach: Nanos::from_secs(2 * 3600),
            step_tries: 4,
            drift_bound_ppm: 1000,
            host_drift_ppm: 100,
            checkpoint_every: Nanos::from_secs(3600),
        }
    }
}

impl Settings {
    /// A window that ends somewhere needs rows that begin this much later.
    pub fn lookahead(&self) -> Nanos {
        let tries = 1_i64.checked_shl(self.retries.min(32)).unwrap_or(i64::MAX);
        let last = Nanos::new(self.retry_after.get().saturating_mul(tries));
        last.plus(self.far_gate).plus(self.far_gate).plus(Nanos::from_secs(1800))
    }
}
