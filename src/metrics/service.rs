//! Metrics of the filter as a service: its build, its configuration, its certificate, the room of its queues.

use prometheus::{Gauge, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::metrics::Label;

/// The bounded queues of the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Records waiting for the activity store.
    Activity,
    /// Closed visits waiting for judgement.
    Behaviour,
    /// Batches waiting for the text model.
    Model,
    /// Refusals waiting for the audit export.
    Audit,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 4] = [Self::Activity, Self::Behaviour, Self::Model, Self::Audit];
}

impl Label for Queue {
    fn label(&self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Behaviour => "behaviour",
            Self::Model => "model",
            Self::Audit => "audit",
        }
    }
}

/// What is known of the filter beside its work.
#[derive(Clone)]
pub struct ServiceMetrics {
    capacity: IntGaugeVec,
    reloads: IntCounterVec,
    reload_ok: IntGauge,
    loaded: Gauge,
    /// When the certificate that clients are shown ends, in seconds since 1970; 0 where clients speak plain HTTP.
    pub certificate_expiry: Gauge,
}

impl ServiceMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let build = IntGaugeVec::new(
            Opts::new("portcullis_build_info", "1, with the version and the machine the filter was built for."),
            &["version", "os", "arch"],
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH]).set(1);
        let metrics = Self {
            capacity: IntGaugeVec::new(
                Opts::new("portcullis_queue_capacity", "Entries a queue holds at most; past it they are dropped."),
                &["queue"],
            )?,
            reloads: IntCounterVec::new(
                Opts::new("portcullis_config_reloads_total", "Configurations read while running, by outcome."),
                &["outcome"],
            )?,
            reload_ok: IntGauge::new(
                "portcullis_config_last_reload_successful",
                "1 when the latest configuration read is in force, 0 when it was refused and the one before stays.",
            )?,
            loaded: Gauge::new(
                "portcullis_config_loaded_timestamp_seconds",
                "When the configuration in force was read, in seconds since 1970.",
            )?,
            certificate_expiry: Gauge::new(
                "portcullis_certificate_expiry_timestamp_seconds",
                "When the certificate shown to clients ends, in seconds since 1970; 0 without TLS.",
            )?,
        };
        registry.register(Box::new(build))?;
        registry.register(Box::new(metrics.capacity.clone()))?;
        registry.register(Box::new(metrics.reloads.clone()))?;
        registry.register(Box::new(metrics.reload_ok.clone()))?;
        registry.register(Box::new(metrics.loaded.clone()))?;
        registry.register(Box::new(metrics.certificate_expiry.clone()))?;
        for outcome in ["applied", "refused"] {
            metrics.reloads.with_label_values(&[outcome]);
        }
        for queue in Queue::ALL {
            metrics.capacity.with_label_values(&[queue.label()]);
        }
        Ok(metrics)
    }

    /// Notes how many entries a queue holds at most.
    pub fn holds(&self, queue: Queue, entries: usize) {
        self.capacity.with_label_values(&[queue.label()]).set(i64::try_from(entries).unwrap_or(i64::MAX));
    }

    /// Notes the configuration the filter started with, read at this moment (seconds since 1970).
    pub fn started_with(&self, moment: f64) {
        self.reload_ok.set(1);
        self.loaded.set(moment);
    }

    /// Counts a configuration read while running and put in force at this moment (seconds since 1970).
    pub fn reloaded(&self, moment: f64) {
        self.reloads.with_label_values(&["applied"]).inc();
        self.started_with(moment);
    }

    /// Counts a configuration read while running and refused; the one before stays in force.
    pub fn reload_refused(&self) {
        self.reloads.with_label_values(&["refused"]).inc();
        self.reload_ok.set(0);
    }
}
