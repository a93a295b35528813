//! Metrics of inspection.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// From 10 µs, where a request of plain words ends, to 1 s, where a large body may. Closest together below 1 ms, where
/// nearly all requests are: there a change of the model or of the reader shows first.
const SECONDS: [f64; 16] =
    [10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1.0];

/// What inspection does and how long it takes.
#[derive(Clone)]
pub struct InspectionMetrics {
    /// Heads, bodies and single texts inspected.
    pub inspected: IntCounter,
    /// Of these, with more windows than `inspection.large_from_windows`.
    pub large: IntCounter,
    /// Windows that the screen in front of the model found clearly benign.
    pub windows_screened: IntCounter,
    /// Windows scored by the model.
    pub windows_classified: IntCounter,
    /// Windows whose score was in the cache.
    pub cache_hits: IntCounter,
    /// Windows whose score was not.
    pub cache_misses: IntCounter,
    /// Parts that are not what they claim to be, by kind.
    pub malformed: IntCounterVec,
    /// Inspections without a score, by kind of error.
    pub errors: IntCounterVec,
    /// Time of one inspection, the model's included.
    pub seconds: Histogram,
    /// Of it, taking the part apart and decoding it.
    pub take_apart_seconds: Histogram,
    /// Of it, waiting for the model's scores, windows found in the cache included.
    pub model_seconds: Histogram,
}

impl InspectionMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| IntCounter::new(format!("portcullis_inspection_{name}_total"), help);
        let kinds = |name: &str, help: &str| {
            IntCounterVec::new(Opts::new(format!("portcullis_inspection_{name}_total"), help), &["kind"])
        };
        let stages = HistogramVec::new(
            HistogramOpts::new("portcullis_inspection_stage_seconds", "Time of one stage of an inspection.")
                .buckets(SECONDS.to_vec()),
            &["stage"],
        )?;
        let metrics = Self {
            take_apart_seconds: stages.with_label_values(&["take-apart"]),
            model_seconds: stages.with_label_values(&["model"]),
            inspected: counter("parts", "Heads, bodies and single texts inspected.")?,
            large: counter("large_parts", "Parts with more windows than inspection.large_from_windows.")?,
            windows_screened: counter(
                "windows_screened",
                "Windows that the screen in front of the text model let pass.",
            )?,
            windows_classified: counter("windows_classified", "Windows scored by the text model.")?,
            cache_hits: counter("cache_hits", "Windows whose score was in the cache.")?,
            cache_misses: counter("cache_misses", "Windows whose score was not in the cache.")?,
            malformed: kinds("malformed", "Parts that are not what they claim to be, by kind.")?,
            errors: kinds("errors", "Inspections that the text model gave no score for, by kind of error.")?,
            seconds: Histogram::with_opts(
                HistogramOpts::new("portcullis_inspection_seconds", "Time of one inspection, the model's included.")
                    .buckets(SECONDS.to_vec()),
            )?,
        };
        registry.register(Box::new(stages))?;
        for counter in [&metrics.inspected, &metrics.large, &metrics.windows_classified, &metrics.cache_hits] {
            registry.register(Box::new(counter.clone()))?;
        }
        registry.register(Box::new(metrics.windows_screened.clone()))?;
        registry.register(Box::new(metrics.cache_misses.clone()))?;
        registry.register(Box::new(metrics.malformed.clone()))?;
        registry.register(Box::new(metrics.errors.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        Ok(metrics)
    }

    /// Counts one inspection of this many seconds.
    pub fn observe(&self, elapsed: Duration) {
        self.inspected.inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}
