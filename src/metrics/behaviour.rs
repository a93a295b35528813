//! Metrics of judged visits.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::metrics::{Label, SCORE_BUCKETS, StoreMetrics};

/// What the DNS says of an address.
const CRAWLER_OUTCOMES: [&str; 4] = ["crawler", "other", "unknown", "skipped"];

/// From a tenth of a millisecond to ten seconds.
const VERDICT_BUCKETS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 10.0];

/// Counts of judged visits.
#[derive(Clone)]
pub struct BehaviourMetrics {
    assessments: IntCounterVec,
    early: IntCounterVec,
    breaches: IntCounterVec,
    crawlers: IntCounterVec,
    /// Bans not made because the client is a search engine.
    pub spared: IntCounter,
    /// Bans that a dry run did not make.
    pub would_ban: IntCounter,
    /// Requests of clients not watched because too many others were.
    pub unwatched: IntCounter,
    /// Expressions, of session keys and custom features, that had no value for a request.
    pub expression_errors: IntCounter,
    /// Passed limits that found no room in the scorer's queue; the client's next request tells again.
    pub untold: IntCounter,
    /// Probability of abnormal that the model gave each visit it was asked about.
    pub scores: Histogram,
    /// Time from the close of a session to its verdict, and the ban it may bring.
    pub verdict_time: Histogram,
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
        let early = Opts::new("portcullis_early_assessments_total", "Open sessions judged, by judgement.");
        let breaches = Opts::new(
            "portcullis_limit_breaches_total",
            "Times a client passed a limit of requests, by limit, whether or not it was banned for it.",
        );
        let crawlers = Opts::new(
            "portcullis_crawler_checks_total",
            "Addresses the DNS was asked about before a ban, by what it said; skipped ones were too many at once.",
        );
        let metrics = Self {
            crawlers: IntCounterVec::new(crawlers, &["outcome"])?,
            spared: IntCounter::new(
                "portcullis_behaviour_spared_total",
                "Bans that were not made because the DNS says that the client is a search engine of banlist.crawlers.",
            )?,
            assessments: IntCounterVec::new(assessments, &["behavior"])?,
            early: IntCounterVec::new(early, &["behavior"])?,
            breaches: IntCounterVec::new(breaches, &["limit"])?,
            would_ban: IntCounter::new(
                "portcullis_behaviour_would_ban_total",
                "Bans that were not made because behaviour.dry_run is on.",
            )?,
            unwatched: IntCounter::new(
                "portcullis_behaviour_unwatched_total",
                "Requests not counted towards limits because too many clients were watched already.",
            )?,
            expression_errors: IntCounter::new(
                "portcullis_expression_errors_total",
                "Times an expression (session.key_expression, [[feature]]) had no value for a request.",
            )?,
            untold: IntCounter::new(
                "portcullis_limit_breaches_dropped_total",
                "Passed limits that found no room in the scorer's queue; the client's next request tells again.",
            )?,
            scores: Histogram::with_opts(
                HistogramOpts::new("portcullis_behaviour_score", "Probability of abnormal given to a closed session.")
                    .buckets(SCORE_BUCKETS.to_vec()),
            )?,
            verdict_time: Histogram::with_opts(
                HistogramOpts::new(
                    "portcullis_behaviour_verdict_seconds",
                    "Time from the close of a session to its verdict, and the ban it may bring.",
                )
                .buckets(VERDICT_BUCKETS.to_vec()),
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
        registry.register(Box::new(metrics.early.clone()))?;
        registry.register(Box::new(metrics.breaches.clone()))?;
        registry.register(Box::new(metrics.crawlers.clone()))?;
        registry.register(Box::new(metrics.spared.clone()))?;
        registry.register(Box::new(metrics.would_ban.clone()))?;
        registry.register(Box::new(metrics.unwatched.clone()))?;
        registry.register(Box::new(metrics.expression_errors.clone()))?;
        registry.register(Box::new(metrics.untold.clone()))?;
        registry.register(Box::new(metrics.scores.clone()))?;
        registry.register(Box::new(metrics.verdict_time.clone()))?;
        registry.register(Box::new(metrics.queued.clone()))?;
        registry.register(Box::new(metrics.model_errors.clone()))?;
        registry.register(Box::new(metrics.dropped.clone()))?;
        registry.register(Box::new(metrics.ban_errors.clone()))?;
        Ok(metrics)
    }

    /// Makes the series of these judgements, so that they are at 0 before the first one.
    pub fn at_zero(&self, behaviours: &[impl Label]) {
        behaviours.iter().for_each(|behaviour| _ = self.assessments.with_label_values(&[behaviour.label()]));
        CRAWLER_OUTCOMES.iter().for_each(|outcome| _ = self.crawlers.with_label_values(&[outcome]));
    }

    /// Counts one address that the DNS was to be asked about; `outcome` from a closed set.
    pub(crate) fn crawler_asked(&self, outcome: &'static str) {
        self.crawlers.with_label_values(&[outcome]).inc();
    }

    /// Counts one judged session.
    pub fn assessed(&self, behaviour: impl Label) {
        self.assessments.with_label_values(&[behaviour.label()]).inc();
    }

    /// Counts one open session judged.
    pub fn assessed_early(&self, behaviour: impl Label) {
        self.early.with_label_values(&[behaviour.label()]).inc();
    }

    /// Counts one passed limit.
    pub fn breached(&self, limit: impl Label) {
        self.breaches.with_label_values(&[limit.label()]).inc();
    }
}
