//! Metrics of the activity log.

use prometheus::{Histogram, IntCounter, IntGauge, Registry};

use crate::metrics::StoreMetrics;

/// Counts of the activity log.
#[derive(Clone)]
pub struct ActivityMetrics {
    /// Records waiting, those being written included.
    pub queued: IntGauge,
    /// Records the store took.
    pub written: IntCounter,
    /// Records given up.
    pub dropped: IntCounter,
    /// Calls of the store that failed.
    pub store_errors: IntCounter,
    /// Seconds that the store took for a batch, failed ones included.
    pub append_seconds: Histogram,
}

impl ActivityMetrics {
    pub(super) fn register(registry: &Registry, store: StoreMetrics) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            queued: IntGauge::new("portcullis_activity_queued", "Records waiting for the store.")?,
            written: IntCounter::new("portcullis_activity_written_total", "Records the store took.")?,
            dropped: IntCounter::new(
                "portcullis_activity_dropped_total",
                "Records given up: the queue was full, the store refused them or the filter stopped first.",
            )?,
            store_errors: store.errors,
            append_seconds: store.seconds,
        };
        registry.register(Box::new(metrics.queued.clone()))?;
        registry.register(Box::new(metrics.written.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        Ok(metrics)
    }
}
