//! Metrics of the models.

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// What the models do and how long it takes them.
#[derive(Clone)]
pub struct ModelMetrics {
    /// Time of one run of the text model.
    pub inference_seconds: Histogram,
    /// Windows in one run of the text model.
    pub batch_windows: Histogram,
    /// Batches waiting for a thread of the text model.
    pub queue_depth: IntGauge,
    /// Texts left without a score, by kind of error.
    pub errors: IntCounterVec,
    /// 1 for each model in use, with its version.
    pub info: IntGaugeVec,
}

impl ModelMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        // One short value takes tens of microseconds, a full batch of long windows some ten milliseconds; what takes
        // longer waits for a core.
        let seconds =
            vec![10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 1.0];
        let metrics = Self {
            inference_seconds: Histogram::with_opts(
                HistogramOpts::new("portcullis_model_inference_seconds", "Time of one run of the text model.")
                    .buckets(seconds),
            )?,
            batch_windows: Histogram::with_opts(
                HistogramOpts::new("portcullis_model_batch_windows", "Windows in one run of the text model.")
                    // Up to the most windows of one run.
                    .buckets(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0]),
            )?,
            queue_depth: IntGauge::new(
                "portcullis_model_queue_depth",
                "Batches waiting for a thread of the text model.",
            )?,
            errors: IntCounterVec::new(
                Opts::new("portcullis_model_errors_total", "Calls of the text model that gave no score, by kind."),
                &["kind"],
            )?,
            info: IntGaugeVec::new(
                Opts::new("portcullis_model_info", "1 for each model in use, with its version."),
                &["model", "version"],
            )?,
        };
        registry.register(Box::new(metrics.inference_seconds.clone()))?;
        registry.register(Box::new(metrics.batch_windows.clone()))?;
        registry.register(Box::new(metrics.queue_depth.clone()))?;
        registry.register(Box::new(metrics.errors.clone()))?;
        registry.register(Box::new(metrics.info.clone()))?;
        Ok(metrics)
    }
}
