//! Metrics for Prometheus: one struct a domain, one registry handed in at build, no statics.
//!
//! Names are `portcullis_<noun>_<unit>` with `_total` for counters; label values come from closed sets only.

mod activity;
mod admin;
mod banlist;
mod behaviour;
mod inspection;
mod model;
mod proxy;
mod session;
mod spool;

use prometheus::{Registry, TextEncoder};

pub use activity::ActivityMetrics;
pub use admin::AdminMetrics;
pub use banlist::BanListMetrics;
pub use behaviour::BehaviourMetrics;
pub use inspection::InspectionMetrics;
pub use model::ModelMetrics;
pub use proxy::ProxyMetrics;
pub use session::SessionMetrics;
pub use spool::SpoolMetrics;

/// A value of a closed set, as a label.
pub trait Label {
    /// Its stable name.
    fn label(&self) -> &'static str;
}

/// All metrics of one filter.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// The admin API.
    pub admin: AdminMetrics,
    /// The edge blacklist.
    pub banlist: BanListMetrics,
    /// Judged visits.
    pub behaviour: BehaviourMetrics,
    /// Inspection.
    pub inspection: InspectionMetrics,
    /// The models.
    pub model: ModelMetrics,
    /// Requests.
    pub proxy: ProxyMetrics,
    /// The activity log.
    pub activity: ActivityMetrics,
    /// Open visits.
    pub session: SessionMetrics,
    /// The spool of the activity log.
    pub activity_spool: SpoolMetrics,
    /// The spool of judged visits.
    pub assessment_spool: SpoolMetrics,
}

impl Metrics {
    /// Registers every metric in a registry of its own.
    ///
    /// # Errors
    /// When two metrics share a name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        Ok(Self {
            admin: AdminMetrics::register(&registry)?,
            banlist: BanListMetrics::register(&registry)?,
            behaviour: BehaviourMetrics::register(&registry)?,
            inspection: InspectionMetrics::register(&registry)?,
            model: ModelMetrics::register(&registry)?,
            proxy: ProxyMetrics::register(&registry)?,
            activity: ActivityMetrics::register(&registry)?,
            session: SessionMetrics::register(&registry)?,
            activity_spool: SpoolMetrics::register(&registry, "activity")?,
            assessment_spool: SpoolMetrics::register(&registry, "assessments")?,
            registry,
        })
    }

    /// The text exposition format 0.0.4.
    ///
    /// # Errors
    /// When a metric cannot be encoded.
    pub fn exposition(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
