//! Metrics of the stores: what each took for a call, and how often it failed.

use std::future::Future;
use std::time::Instant;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// From a local SQLite commit (below 1 ms) to a database that has all but stopped answering (15 s).
const CALL_BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

/// Time and failures of one store's calls.
#[derive(Clone)]
pub struct StoreMetrics {
    /// Seconds of each call, failed ones included.
    pub seconds: Histogram,
    /// Calls that failed.
    pub errors: IntCounter,
}

impl StoreMetrics {
    /// Waits for a call and counts it.
    ///
    /// # Errors
    /// As the call has them.
    pub async fn time<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let started = Instant::now();
        let answer = call.await;
        self.seconds.observe(started.elapsed().as_secs_f64());
        if answer.is_err() {
            self.errors.inc();
        }
        answer
    }
}

/// One [`StoreMetrics`] for each store: the closed set of the label `store`.
pub(super) struct AllStores {
    pub(super) activity: StoreMetrics,
    pub(super) bans: StoreMetrics,
    pub(super) assessments: StoreMetrics,
}

impl AllStores {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let seconds = HistogramVec::new(
            HistogramOpts::new("portcullis_store_seconds", "Time a store took for one call, failed ones included.")
                .buckets(CALL_BUCKETS.to_vec()),
            &["store"],
        )?;
        let errors = IntCounterVec::new(
            Opts::new("portcullis_store_errors_total", "Calls of a store that failed; each is tried again."),
            &["store"],
        )?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(errors.clone()))?;
        let of = |store: &str| StoreMetrics {
            seconds: seconds.with_label_values(&[store]),
            errors: errors.with_label_values(&[store]),
        };
        Ok(Self { activity: of("activity"), bans: of("bans"), assessments: of("assessments") })
    }
}
