//! Where bans, activity and judged visits are kept: an embedded SQLite file or MongoDB.
//!
//! Both keep the same three collections under the predecessor's names, `httplogs`, `clientips` and `sesfeatures`,
//! with the predecessor's field names and units, and new fields beside them; and in `opensessions` what a restart needs. One conformance suite runs against both.

mod config;
mod embedded;
mod error;
pub mod exchange;
mod fields;
mod mongodb;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod visit_of_queries;

use std::path::Path;
use std::sync::Arc;

use crate::activity::ActivityStore;
use crate::banlist::BanStore;
use crate::behaviour::AssessmentStore;
use crate::session::SessionStore;

pub use config::{Config, MongoUri, OnUnreachable, StorageKind};
pub use error::StorageError;

/// Copies an embedded store into a new file, while others write to it; how many bytes the copy has. Blocks.
///
/// # Errors
/// When there is no such store, the copy's file is there already, or the disk does not take it.
pub fn backup(path: &Path, out: &Path) -> Result<u64, StorageError> {
    embedded::backup(path, out)
}

/// The stores of one filter, on one database.
#[derive(Clone)]
pub struct Storage {
    /// Requests.
    pub activity: Arc<dyn ActivityStore>,
    /// Bans.
    pub bans: Arc<dyn BanStore>,
    /// Judged visits.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Open visits.
    pub sessions: Arc<dyn SessionStore>,
}

impl Storage {
    /// Opens the kind of storage that the config names.
    ///
    /// With [`OnUnreachable::Start`] a MongoDB that does not answer is no error: the stores fail until it does, and
    /// indexes are made then, by a task on the current Tokio runtime.
    ///
    /// # Errors
    /// When the storage cannot be opened; the text says what an operator can do about it.
    pub async fn open(config: &Config) -> Result<Self, StorageError> {
        match &config.kind {
            StorageKind::Embedded { path, max_bytes } => {
                embedded::EmbeddedStore::open(path, *max_bytes).await.map(Self::of)
            }
            StorageKind::Mongodb { uri, database } => {
                mongodb::MongoStore::open(config, uri, database.as_deref()).await.map(Self::of)
            }
        }
    }

    fn of<S: ActivityStore + BanStore + AssessmentStore + SessionStore + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            activity: Arc::clone(&store) as _,
            bans: Arc::clone(&store) as _,
            assessments: Arc::clone(&store) as _,
            sessions: store,
        }
    }
}
