//! Metrics of judged visits.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::metrics::{Label, SCORE_BUCKETS, StoreMetrics};

/// Counts of judged visits.
#[derive(Clone)]
pub struct BehaviourMetrics {
    assessments: IntCounterVec,
    /// Probability of abnormal that the model gave each visit it was asked about.
    pub scores: Histogram,
    /// Closed sessions waiting for judgement.
    pub queued: IntGauge,
    /// Calls of the store of judged visits.
    pub store: StoreMetrics,
    /// Times the behaviour model failed.
    pub model_errors: IntCounter,
    /// Assessments dropped because the store was away and the queue full.
    pub dropped: IntCounter,
    /// Bans that were asked for and could not be made.
    pub ban_errors: IntCounter,
}

impl BehaviourMetrics {
    pub(super) fn register(registry: &Registry, store: StoreMetrics) -> Result<Self, prometheus::Error> {
        let assessments = Opts::new("portcullis_assessments_total", "Closed sessions judged, by judgement.");
        let metrics = Self {
            assessments: IntCounterVec::new(assessments, &["behavior"])?,
            scores: Histogram::with_opts(
                HistogramOpts::new("portcullis_behaviour_score", "Probability of abnormal given to a closed session.")
                    .buckets(SCORE_BUCKETS.to_vec()),
            )?,
            queued: IntGauge::new("portcullis_behaviour_queued", "Closed sessions waiting for judgement.")?,
            store,
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
        registry.register(Box::new(metrics.scores.clone()))?;
        registry.register(Box::new(metrics.queued.clone()))?;
        registry.register(Box::new(metrics.model_errors.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        registry.register(Box::new(metrics.ban_errors.clone()))?;
        Ok(metrics)
    }

    /// Makes the series of these judgements, so that they are at 0 before the first one.
    pub fn at_zero(&self, behaviours: &[impl Label]) {
        behaviours.iter().for_each(|behaviour| _ = self.assessments.with_label_values(&[behaviour.label()]));
    }

    /// Counts one judged session.
    pub fn assessed(&self, behaviour: impl Label) {
        self.assessments.with_label_values(&[behaviour.label()]).inc();
    }
}
