//! Metrics for Prometheus: one struct a domain, one registry handed in at build, no statics.
//!
//! Names are `portcullis_<noun>_<unit>` with `_total` for counters; label values come from closed sets only.

mod activity;
mod session;

use prometheus::{Registry, TextEncoder};

pub use activity::ActivityMetrics;
pub use session::SessionMetrics;

/// All metrics of one filter.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// The activity log.
    pub activity: ActivityMetrics,
    /// Open visits.
    pub session: SessionMetrics,
}

impl Metrics {
    /// Registers every metric in a registry of its own.
    ///
    /// # Errors
    /// When two metrics share a name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        Ok(Self {
            activity: ActivityMetrics::register(&registry)?,
            session: SessionMetrics::register(&registry)?,
            registry,
        })
    }

    /// The text exposition format 0.0.4.
    ///
    /// # Errors
    /// When a metric cannot be encoded.
    pub fn exposition(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
