//! Where open visits are kept over a restart.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Session, SessionKey};

/// Open visits as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The key of the [`Fingerprints`](super::Fingerprints) they were counted under; zeros where there never was one.
    pub fingerprints: [u64; 2],
    /// The visits.
    pub open: Vec<OpenVisit>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenVisit {
    /// What it is told apart by.
    pub key: SessionKey,
    /// Its counters.
    pub session: Session,
}

/// A store that did not keep or give open visits.
#[derive(Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct SessionStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps open visits. Called by a task of its own, never on a request's way.
///
/// Several filters may share a store: each names itself by the same name after a restart, and has visits of its own.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps these in place of all that this filter kept before.
    async fn save_open(&self, filter: &str, checkpoint: &Checkpoint) -> Result<(), SessionStoreError>;

    /// The ones this filter kept last; none where there never were any.
    async fn load_open(&self, filter: &str) -> Result<Checkpoint, SessionStoreError>;
}
