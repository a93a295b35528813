//! Metrics for Prometheus: one struct a domain, one registry handed in at build, no statics.
//!
//! Names are `portcullis_<noun>_<unit>` with `_total` for counters; label values come from closed sets only.

mod activity;
mod admin;
mod audit;
mod banlist;
mod behaviour;
mod inspection;
mod model;
mod proxy;
mod reading;
mod service;
mod session;
mod spool;
mod store;

use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

pub use activity::ActivityMetrics;
pub use admin::AdminMetrics;
pub use audit::AuditMetrics;
pub use banlist::BanListMetrics;
pub use behaviour::BehaviourMetrics;
pub use inspection::InspectionMetrics;
pub use model::ModelMetrics;
pub use proxy::{InFlight, ProxyMetrics};
pub use reading::Reading;
pub use service::{Queue, ServiceMetrics};
pub use session::SessionMetrics;
pub use spool::SpoolMetrics;
pub use store::StoreMetrics;

/// Probabilities: close together near 0 and 1, where nearly all scores lie and where a drift of the model shows, and
/// every tenth between, where the thresholds are.
const SCORE_BUCKETS: [f64; 15] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0];

/// Every value of a label that names a class of status.
const STATUS_CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];

/// The class of a status; `none` for what is no status.
const fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "none",
    }
}

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
    /// The audit export.
    pub audit: AuditMetrics,
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
    /// The filter as a service.
    pub service: ServiceMetrics,
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
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let stores = store::AllStores::register(&registry)?;
        Ok(Self {
            admin: AdminMetrics::register(&registry)?,
            audit: AuditMetrics::register(&registry)?,
            banlist: BanListMetrics::register(&registry, stores.bans)?,
            behaviour: BehaviourMetrics::register(&registry, stores.assessments)?,
            inspection: InspectionMetrics::register(&registry)?,
            model: ModelMetrics::register(&registry)?,
            proxy: ProxyMetrics::register(&registry)?,
            service: ServiceMetrics::register(&registry)?,
            activity: ActivityMetrics::register(&registry, stores.activity)?,
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

    /// Everything registered, as it stands now.
    #[cfg(test)]
    pub(crate) fn gather(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.registry.gather()
    }
}
