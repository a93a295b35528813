//! Metrics of the admin API.

use prometheus::{IntCounterVec, Opts, Registry};

/// Counts of requests to the admin listener.
#[derive(Clone)]
pub struct AdminMetrics {
    requests: IntCounterVec,
    refused_logins: IntCounterVec,
}

impl AdminMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| IntCounterVec::new(Opts::new(name, help), &[label]);
        let metrics = Self {
            requests: counters(
                "portcullis_admin_requests_total",
                "Requests to the admin listener, by class of status.",
                "status",
            )?,
            refused_logins: counters(
                "portcullis_admin_logins_refused_total",
                "Tokens that were refused, by reason: wrong_token, or throttled after too many wrong ones.",
                "reason",
            )?,
        };
        for reason in ["wrong_token", "throttled"] {
            metrics.refused_logins.with_label_values(&[reason]);
        }
        super::STATUS_CLASSES.iter().for_each(|class| _ = metrics.requests.with_label_values(&[class]));
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.refused_logins.clone()))?;
        Ok(metrics)
    }

    /// Counts a request by the class of its status.
    pub(crate) fn answered(&self, status: u16) {
        self.requests.with_label_values(&[super::status_class(status)]).inc();
    }

    /// Counts a token that was refused; `reason` from a closed set.
    pub(crate) fn login_refused(&self, reason: &'static str) {
        self.refused_logins.with_label_values(&[reason]).inc();
    }
}
