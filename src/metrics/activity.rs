//! Metrics of the activity log.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry};

/// From a local SQLite commit (below 1 ms) to a database that has all but stopped answering (15 s).
const APPEND_BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

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
    /// Registers the metrics of the log.
    ///
    /// # Errors
    /// When the registry holds metrics of these names already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let append = HistogramOpts::new("portcullis_activity_append_seconds", "Time the store took for one batch.");
        let metrics = Self {
            queued: IntGauge::new("portcullis_activity_queued", "Records waiting for the store.")?,
            written: IntCounter::new("portcullis_activity_written_total", "Records the store took.")?,
            dropped: IntCounter::new(
                "portcullis_activity_dropped_total",
                "Records given up: the queue was full, the store refused them or the filter stopped first.",
            )?,
            store_errors: IntCounter::new(
                "portcullis_activity_store_errors_total",
                "Calls of the activity store that failed; batches are sent again.",
            )?,
            append_seconds: Histogram::with_opts(append.buckets(APPEND_BUCKETS.to_vec()))?,
        };
        registry.register(Box::new(metrics.queued.clone()))?;
        registry.register(Box::new(metrics.written.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        registry.register(Box::new(metrics.store_errors.clone()))?;
        registry.register(Box::new(metrics.append_seconds.clone()))?;
        Ok(metrics)
    }
}
