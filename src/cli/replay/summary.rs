//! What became of the requests.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::connection::NoAnswer;
use crate::dataset::Fault;

/// Beyond so many answers their times are no longer kept; the first million tell enough.
const MAX_TIMES: usize = 1_000_000;

/// What became of one request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// It has an answer.
    Answered { status: u16, after: Duration },
    /// It was sent, or was to be, and has none.
    Unanswered(NoAnswer),
    /// It could not be read from the recording.
    Unsendable(Fault),
}

/// The sums over all requests.
#[derive(Debug, Default)]
pub(super) struct Summary {
    by_status: BTreeMap<u16, u64>,
    by_reason: BTreeMap<String, u64>,
    times_us: Vec<u32>,
    /// How long it all took.
    pub(super) took: Duration,
}

impl Summary {
    /// Counts one request.
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered { status, after } => {
                *self.by_status.entry(status).or_default() += 1;
                if self.times_us.len() < MAX_TIMES {
                    self.times_us.push(u32::try_from(after.as_micros()).unwrap_or(u32::MAX));
                }
            }
            Outcome::Unanswered(reason) => *self.by_reason.entry(reason.to_string()).or_default() += 1,
            Outcome::Unsendable(fault) => *self.by_reason.entry(fault.to_string()).or_default() += 1,
        }
    }

    /// All requests of the recordings.
    pub(super) fn requests(&self) -> u64 {
        self.answered() + self.by_reason.values().sum::<u64>()
    }

    /// Those that have an answer.
    pub(super) fn answered(&self) -> u64 {
        self.by_status.values().sum()
    }

    /// The summary for programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "requests": self.requests(),
            "answered": self.answered(),
            "by_status": self.by_status,
            "unanswered": self.by_reason,
            "seconds": (self.took.as_secs_f64() * 1_000.0).round() / 1_000.0,
            "p50_ms": self.quantile_ms(0.5),
            "p99_ms": self.quantile_ms(0.99),
        })
    }

    fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        let mut times = self.times_us.clone();
        let last = times.len().checked_sub(1)?;
        let (_, nth, _) = times.select_nth_unstable((last as f64 * quantile).round() as usize);
        Some(f64::from(*nth) / 1_000.0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        let rate = self.requests() as f64 / seconds.max(0.001);
        write!(f, "{} requests in {seconds:.1} s ({rate:.0} a second), {} answered", self.requests(), self.answered())?;
        if let (Some(p50), Some(p99)) = (self.quantile_ms(0.5), self.quantile_ms(0.99)) {
            write!(f, " (half within {p50:.2} ms, 99 % within {p99:.2} ms)")?;
        }
        for (status, count) in &self.by_status {
            write!(f, "\n  {status}  {count}")?;
        }
        for (reason, count) in &self.by_reason {
            write!(f, "\n  unanswered, {reason}  {count}")?;
        }
        Ok(())
    }
}
