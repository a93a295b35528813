//! Metrics of judged visits.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use crate::metrics::Label;

/// Counts of judged visits.
#[derive(Clone)]
pub struct BehaviourMetrics {
    assessments: IntCounterVec,
    /// Times the behaviour model failed.
    pub model_errors: IntCounter,
    /// Assessments dropped because the store was away and the queue full.
    pub dropped: IntCounter,
    /// Bans that were asked for and could not be made.
    pub ban_errors: IntCounter,
}

impl BehaviourMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let assessments = Opts::new("portcullis_assessments_total", "Closed sessions judged, by judgement.");
        let metrics = Self {
            assessments: IntCounterVec::new(assessments, &["behavior"])?,
            model_errors: IntCounter::new(
                "portcullis_behaviour_model_errors_total",
                "Sessions the behaviour model failed on; they are stored as newSession.",
            )?,
            dropped: IntCounter::new(
                "portcullis_assessments_dropped_total",
                "Assessments not stored because the store was away and the queue full.",
            )?,
            ban_errors: IntCounter::new(
                "portcullis_behaviour_ban_errors_total",
                "Bans asked for by the scorer that could not be made: allowlisted, a trusted proxy, or the list full.",
            )?,
        };
        registry.register(Box::new(metrics.assessments.clone()))?;
        registry.register(Box::new(metrics.model_errors.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        registry.register(Box::new(metrics.ban_errors.clone()))?;
        Ok(metrics)
    }

    /// Counts one judged session.
    pub fn assessed(&self, behaviour: impl Label) {
        self.assessments.with_label_values(&[behaviour.label()]).inc();
    }
}
