//! Metrics of what waits on disk.

use prometheus::{IntCounter, IntGauge, Opts, Registry};

/// Counts of one spool; the label `spool` names it.
#[derive(Clone, Debug)]
pub struct SpoolMetrics {
    /// Bytes on disk.
    pub bytes: IntGauge,
    /// Records on disk that the store has not taken yet.
    pub records: IntGauge,
    /// Age of the oldest of them, in seconds.
    pub oldest_seconds: IntGauge,
    /// Records written to disk.
    pub spooled: IntCounter,
    /// Records that the store took from disk.
    pub drained: IntCounter,
    /// Records dropped, the oldest first, because the spool was at its limit.
    pub dropped: IntCounter,
    /// Last records of a segment that a crash cut short.
    pub torn: IntCounter,
    /// Damaged segments that were set aside.
    pub corrupt: IntCounter,
    /// Writes that the disk refused.
    pub errors: IntCounter,
}

impl SpoolMetrics {
    /// Registers the metrics of the spool of this name.
    ///
    /// # Errors
    /// When the registry holds metrics of a spool of this name already.
    pub fn register(registry: &Registry, name: &str) -> Result<Self, prometheus::Error> {
        let opts =
            |metric: &str, help: &str| Opts::new(format!("portcullis_spool_{metric}"), help).const_label("spool", name);
        let gauge = |metric: &str, help: &str| {
            let gauge = IntGauge::with_opts(opts(metric, help))?;
            registry.register(Box::new(gauge.clone())).map(|()| gauge)
        };
        let counter = |metric: &str, help: &str| {
            let counter = IntCounter::with_opts(opts(metric, help))?;
            registry.register(Box::new(counter.clone())).map(|()| counter)
        };
        Ok(Self {
            bytes: gauge("bytes", "Bytes of the spool on disk.")?,
            records: gauge("records", "Records on disk that the store has not taken yet.")?,
            oldest_seconds: gauge("oldest_seconds", "Age of the oldest record on disk.")?,
            spooled: counter("written_total", "Records written to disk because the store did not take them.")?,
            drained: counter("drained_total", "Records that the store took from disk.")?,
            dropped: counter("dropped_total", "Records dropped, the oldest first: the spool was at its limit.")?,
            torn: counter("torn_total", "Last records of a segment that a crash cut short.")?,
            corrupt: counter("corrupt_total", "Damaged segments that were set aside.")?,
            errors: counter("errors_total", "Writes of the spool that the disk refused.")?,
        })
    }
}
