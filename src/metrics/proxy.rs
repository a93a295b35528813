//! Metrics of requests.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

/// Seconds; from 100 µs, where a cached static file ends, to 30 s, where people give up.
const LATENCY_BUCKETS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// Counts and times of requests.
#[derive(Clone)]
pub struct ProxyMetrics {
    requests: IntCounterVec,
    refusals: IntCounterVec,
    attacks: IntCounterVec,
    over_limit: IntCounterVec,
    latency: Histogram,
    /// Requests the upstream did not answer, or not in time.
    pub upstream_errors: IntCounter,
    /// Connections of banned clients closed at accept.
    pub dropped_at_accept: IntCounter,
}

impl ProxyMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name, help, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let latency = HistogramOpts::new(
            "portcullis_request_duration_seconds",
            "Time from a request's arrival to the end of its answer.",
        );
        let metrics = Self {
            requests: counters("portcullis_requests_total", "Requests, by verdict.", &["verdict"])?,
            refusals: counters("portcullis_refusals_total", "Refused requests, by reason.", &["reason"])?,
            attacks: counters(
                "portcullis_attacks_total",
                "Requests taken for an attack, by class and verdict.",
                &["class", "verdict"],
            )?,
            over_limit: counters(
                "portcullis_bodies_over_limit_total",
                "Bodies larger than the limit of their route, by what was done.",
                &["action"],
            )?,
            latency: Histogram::with_opts(latency.buckets(LATENCY_BUCKETS.to_vec()))?,
            upstream_errors: IntCounter::new(
                "portcullis_upstream_errors_total",
                "Requests the upstream did not answer, or not in time.",
            )?,
            dropped_at_accept: IntCounter::new(
                "portcullis_connections_dropped_total",
                "Connections of banned clients closed at accept.",
            )?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.refusals.clone()))?;
        registry.register(Box::new(metrics.attacks.clone()))?;
        registry.register(Box::new(metrics.over_limit.clone()))?;
        registry.register(Box::new(metrics.latency.clone()))?;
        registry.register(Box::new(metrics.upstream_errors.clone()))?;
        registry.register(Box::new(metrics.dropped_at_accept.clone()))?;
        Ok(metrics)
    }

    /// Counts one answered request.
    pub fn answered(&self, verdict: &'static str, latency: Duration) {
        self.requests.with_label_values(&[verdict]).inc();
        self.latency.observe(latency.as_secs_f64());
    }

    /// Counts one refusal.
    pub fn refused(&self, reason: &'static str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// Counts one request taken for an attack.
    pub fn attacked(&self, class: &'static str, verdict: &'static str) {
        self.attacks.with_label_values(&[class, verdict]).inc();
    }

    /// Counts one body past its limit.
    pub fn over_limit(&self, action: &'static str) {
        self.over_limit.with_label_values(&[action]).inc();
    }
}
