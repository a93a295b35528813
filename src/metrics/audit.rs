//! Metrics of the audit export.

use prometheus::{IntCounter, IntGauge, Registry};

/// Counts of exported refusals.
#[derive(Clone)]
pub struct AuditMetrics {
    /// Refusals waiting to be written.
    pub queued: IntGauge,
    /// Refusals written.
    pub written: IntCounter,
    /// Refusals given up: the queue was full, or the file could not be written.
    pub dropped: IntCounter,
}

impl AuditMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            queued: IntGauge::new("portcullis_audit_queued", "Refusals waiting for the audit export.")?,
            written: IntCounter::new("portcullis_audit_written_total", "Refusals written by the audit export.")?,
            dropped: IntCounter::new(
                "portcullis_audit_dropped_total",
                "Refusals the audit export gave up: its queue was full or its file could not be written.",
            )?,
        };
        registry.register(Box::new(metrics.queued.clone()))?;
        registry.register(Box::new(metrics.written.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        Ok(metrics)
    }
}
