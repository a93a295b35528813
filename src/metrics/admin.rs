//! Metrics of the admin API.

use prometheus::{IntCounterVec, Opts, Registry};

/// Counts of requests to the admin listener.
#[derive(Clone)]
pub struct AdminMetrics {
    requests: IntCounterVec,
}

impl AdminMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let opts = Opts::new("portcullis_admin_requests_total", "Requests to the admin listener, by class of status.");
        let metrics = Self { requests: IntCounterVec::new(opts, &["status"])? };
        super::STATUS_CLASSES.iter().for_each(|class| _ = metrics.requests.with_label_values(&[class]));
        registry.register(Box::new(metrics.requests.clone()))?;
        Ok(metrics)
    }

    /// Counts a request by the class of its status.
    pub(crate) fn answered(&self, status: u16) {
        self.requests.with_label_values(&[super::status_class(status)]).inc();
    }
}
