//! Metrics of the edge blacklist.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

use crate::metrics::StoreMetrics;

/// Counts of bans. Requests barred by them are counted by the proxy.
#[derive(Clone)]
pub struct BanListMetrics {
    /// Bans held now; those that ended leave with the next sweep.
    pub active: IntGauge,
    /// Calls of the ban store.
    pub store: StoreMetrics,
    bans: IntCounterVec,
    refused: IntCounterVec,
    unbans: IntCounterVec,
}

impl BanListMetrics {
    pub(super) fn register(registry: &Registry, store: StoreMetrics) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| IntCounterVec::new(Opts::new(name, help), &[label]);
        let metrics = Self {
            active: IntGauge::new("portcullis_bans_active", "Bans held now.")?,
            store,
            bans: counters("portcullis_bans_total", "Bans that came into force, by who asked.", "origin")?,
            refused: counters("portcullis_bans_refused_total", "Bans asked for and not made, by reason.", "reason")?,
            unbans: counters("portcullis_unbans_total", "Bans that ended, by what ended them.", "by")?,
        };
        for by in ["operator", "expiry"] {
            metrics.unbans.with_label_values(&[by]);
        }
        registry.register(Box::new(metrics.active.clone()))?;
        registry.register(Box::new(metrics.bans.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.unbans.clone()))?;
        Ok(metrics)
    }

    /// Makes the series of these label values, so that they are at 0 before the first event.
    pub(crate) fn at_zero(&self, origins: &[&'static str], reasons: &[&'static str]) {
        origins.iter().for_each(|origin| _ = self.bans.with_label_values(&[origin]));
        reasons.iter().for_each(|reason| _ = self.refused.with_label_values(&[reason]));
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
