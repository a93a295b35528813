//! Metrics of requests.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::metrics::SCORE_BUCKETS;

/// Seconds; from 100 µs, where a cached static file ends, to 30 s, where people give up.
const LATENCY_BUCKETS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// Bytes; powers of four from a small form to the default limit of a body (10 MiB) and past it.
const BODY_BUCKETS: [f64; 10] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0, 67_108_864.0];

/// Counts and times of requests.
#[derive(Clone)]
pub struct ProxyMetrics {
    requests: IntCounterVec,
    refusals: IntCounterVec,
    attacks: IntCounterVec,
    over_limit: IntCounterVec,
    responses: IntCounterVec,
    latency: Histogram,
    request_bytes: Histogram,
    response_bytes: Histogram,
    scores: Histogram,
    in_flight: IntGauge,
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
        let bodies = HistogramVec::new(
            HistogramOpts::new(
                "portcullis_body_bytes",
                "Size of bodies, by direction; a request without one counts 0.",
            )
            .buckets(BODY_BUCKETS.to_vec()),
            &["direction"],
        )?;
        let metrics = Self {
            responses: counters(
                "portcullis_responses_total",
                "Answers, by class of status; none where the client was gone first.",
                &["status"],
            )?,
            request_bytes: bodies.with_label_values(&["request"]),
            response_bytes: bodies.with_label_values(&["response"]),
            scores: Histogram::with_opts(
                HistogramOpts::new(
                    "portcullis_request_score",
                    "Highest probability of attack of any part of a request; requests the model was not asked about are not in it.",
                )
                .buckets(SCORE_BUCKETS.to_vec()),
            )?,
            in_flight: IntGauge::new("portcullis_requests_in_flight", "Requests under way.")?,
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
        registry.register(Box::new(bodies))?;
        registry.register(Box::new(metrics.responses.clone()))?;
        registry.register(Box::new(metrics.scores.clone()))?;
        registry.register(Box::new(metrics.in_flight.clone()))?;
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

    /// Counts the answer itself: its status (0 where none was sent) and the bytes of both bodies.
    pub fn sent(&self, status: u16, request_bytes: u64, response_bytes: u64) {
        self.responses.with_label_values(&[super::status_class(status)]).inc();
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 bytes
        let (request, response) = (request_bytes as f64, response_bytes as f64);
        self.request_bytes.observe(request);
        self.response_bytes.observe(response);
    }

    /// Notes the highest probability of attack of a request.
    pub fn scored(&self, score: f32) {
        self.scores.observe(f64::from(score));
    }

    /// Counts a request as under way until the guard is dropped.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Makes the series of these label values, so that they are at 0 before the first event.
    pub fn at_zero(
        &self,
        verdicts: &[&'static str],
        reasons: &[&'static str],
        classes: &[&'static str],
        actions: &[&'static str],
    ) {
        for verdict in verdicts {
            self.requests.with_label_values(&[verdict]);
            for class in classes {
                self.attacks.with_label_values(&[class, verdict]);
            }
        }
        reasons.iter().for_each(|reason| _ = self.refusals.with_label_values(&[reason]));
        actions.iter().for_each(|action| _ = self.over_limit.with_label_values(&[action]));
        super::STATUS_CLASSES.iter().for_each(|class| _ = self.responses.with_label_values(&[class]));
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

/// One request under way.
pub struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
