//! Where records and judged visits wait on disk while the store is away.

use std::sync::Arc;

use crate::config::Config;
use crate::metrics::{Metrics, SpoolMetrics};
use crate::spool::{self, Spool, SpoolError};

/// The part of the limit that judged visits get; requests get the rest. A visit is one entry for many requests.
const ASSESSMENTS_SHARE: u64 = 16;

/// The two spools; none where the operator wants none.
#[derive(Default)]
pub(super) struct Spools {
    pub(super) activity: Option<Arc<Spool>>,
    pub(super) assessments: Option<Arc<Spool>>,
}

impl Spools {
    /// Opens both in the data directory.
    pub(super) fn open(config: &Config, metrics: &Metrics) -> Result<Self, SpoolError> {
        let limit = config.storage.spool_limit;
        if limit == 0 {
            return Ok(Self::default());
        }
        let open = |name: &str, limit: u64, metrics: &SpoolMetrics| {
            let folder = config.data_dir.join("spool").join(name);
            Spool::open(spool::Config { folder, limit }, metrics.clone()).map(|spool| Some(Arc::new(spool)))
        };
        let for_assessments = limit / ASSESSMENTS_SHARE;
        Ok(Self {
            activity: open("activity", limit - for_assessments, &metrics.activity_spool)?,
            assessments: open("assessments", for_assessments, &metrics.assessment_spool)?,
        })
    }
}
