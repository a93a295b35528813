//! Metrics of the edge blacklist.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Counts of bans. Requests barred by them are counted by the proxy.
#[derive(Clone)]
pub struct BanListMetrics {
    /// Bans held now; those that ended leave with the next sweep.
    pub active: IntGauge,
    /// Writes that the ban store did not take.
    pub store_failures: IntCounter,
    bans: IntCounterVec,
    refused: IntCounterVec,
    unbans: IntCounterVec,
}

impl BanListMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| IntCounterVec::new(Opts::new(name, help), &[label]);
        let metrics = Self {
            active: IntGauge::new("portcullis_bans_active", "Bans held now.")?,
            store_failures: IntCounter::new(
                "portcullis_ban_store_failures_total",
                "Changes of the ban list that the store did not take; each is tried again.",
            )?,
            bans: counters("portcullis_bans_total", "Bans that came into force, by who asked.", "origin")?,
            refused: counters("portcullis_bans_refused_total", "Bans asked for and not made, by reason.", "reason")?,
            unbans: counters("portcullis_unbans_total", "Bans that ended, by what ended them.", "by")?,
        };
        for origin in ["behaviour", "operator", "import"] {
            metrics.bans.with_label_values(&[origin]);
        }
        for by in ["operator", "expiry"] {
            metrics.unbans.with_label_values(&[by]);
        }
        registry.register(Box::new(metrics.active.clone()))?;
        registry.register(Box::new(metrics.store_failures.clone()))?;
        registry.register(Box::new(metrics.bans.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.unbans.clone()))?;
        Ok(metrics)
    }

    /// Counts a ban; `origin` from the closed set of ban origins.
    pub(crate) fn banned(&self, origin: &'static str) {
        self.bans.with_label_values(&[origin]).inc();
    }

    /// Counts a ban that was not made; `reason` from a closed set.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Counts bans that ended; `by` from a closed set.
    pub(crate) fn lifted(&self, by: &'static str, count: usize) {
        self.unbans.with_label_values(&[by]).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
