//! Metrics of inspection.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::metrics::Label;

/// Seconds; from 10 µs, where a request of plain words ends, to 1 s, where a large body may.
const TIME_BUCKETS: [f64; 11] =
    [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 1.0];

/// Counts and times of inspection.
#[derive(Clone)]
pub struct InspectionMetrics {
    time: HistogramVec,
    windows_cached: IntCounter,
    windows_classified: IntCounter,
    malformed: IntCounterVec,
    errors: IntCounterVec,
}

impl InspectionMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let time = HistogramOpts::new("portcullis_inspection_duration_seconds", "Time to inspect a part of a request.");
        let malformed = Opts::new("portcullis_malformed_bodies_total", "Bodies that are not what they claim to be.");
        let errors = Opts::new("portcullis_inspection_errors_total", "Inspections the text model gave no score for.");
        let metrics = Self {
            time: HistogramVec::new(time.buckets(TIME_BUCKETS.to_vec()), &["part"])?,
            windows_cached: IntCounter::new(
                "portcullis_inspection_windows_cached_total",
                "Windows of text whose score was in the cache.",
            )?,
            windows_classified: IntCounter::new(
                "portcullis_inspection_windows_classified_total",
                "Windows of text the model was asked about.",
            )?,
            malformed: IntCounterVec::new(malformed, &["format"])?,
            errors: IntCounterVec::new(errors, &["error"])?,
        };
        registry.register(Box::new(metrics.time.clone()))?;
        registry.register(Box::new(metrics.windows_cached.clone()))?;
        registry.register(Box::new(metrics.windows_classified.clone()))?;
        registry.register(Box::new(metrics.malformed.clone()))?;
        registry.register(Box::new(metrics.errors.clone()))?;
        Ok(metrics)
    }

    /// Counts one inspected part, `head` or `body`.
    pub fn inspected(&self, part: &'static str, time: Duration) {
        self.time.with_label_values(&[part]).observe(time.as_secs_f64());
    }

    /// Counts windows whose score was known, and those asked for.
    pub fn cached(&self, known: usize, asked: usize) {
        self.windows_cached.inc_by(u64::try_from(known).unwrap_or(u64::MAX));
        self.windows_classified.inc_by(u64::try_from(asked).unwrap_or(u64::MAX));
    }

    /// Counts one body that is not what it claims to be.
    pub fn malformed(&self, format: impl Label) {
        self.malformed.with_label_values(&[format.label()]).inc();
    }

    /// Counts one inspection without a score.
    pub fn failed(&self, error: impl Label) {
        self.errors.with_label_values(&[error.label()]).inc();
    }
}
