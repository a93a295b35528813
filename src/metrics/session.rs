//! Metrics of open visits.

use prometheus::{IntCounter, IntGauge, Registry};

/// Counts of open visits.
#[derive(Clone)]
pub struct SessionMetrics {
    /// Sessions open now.
    pub open: IntGauge,
    /// Sessions closed because the cap was reached.
    pub evicted: IntCounter,
    /// Closed sessions that found no room in the scorer's queue.
    pub unscored: IntCounter,
    /// Open sessions that were to be looked at and found no room in the scorer's queue.
    pub unshown: IntCounter,
    /// Bodies whose values found no room with their session.
    pub bodies_left_out: IntCounter,
}

impl SessionMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            open: IntGauge::new("portcullis_sessions_open", "Sessions open now.")?,
            evicted: IntCounter::new(
                "portcullis_sessions_evicted_total",
                "Sessions closed early because session.max_open was reached.",
            )?,
            unscored: IntCounter::new(
                "portcullis_sessions_unscored_total",
                "Closed sessions left unjudged because the scorer's queue was full.",
            )?,
            unshown: IntCounter::new(
                "portcullis_sessions_unshown_total",
                "Open sessions not judged at a milestone because the scorer's queue was full; they are at the next one.",
            )?,
            bodies_left_out: IntCounter::new(
                "portcullis_sessions_bodies_left_out_total",
                "Request bodies whose values are not kept with their session because session.body_memory was used up.",
            )?,
        };
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.evicted.clone()))?;
        registry.register(Box::new(metrics.unscored.clone()))?;
        registry.register(Box::new(metrics.unshown.clone()))?;
        registry.register(Box::new(metrics.bodies_left_out.clone()))?;
        Ok(metrics)
    }
}
