//! Where records are kept.

use async_trait::async_trait;

use super::ActivityRecord;
use crate::client::ClientKey;
use crate::id::RequestId;
use crate::inspection::AttackClass;
use crate::session::SessionId;
use crate::time::Timestamp;

/// A store that did not keep or give records.
#[derive(Debug, thiserror::Error)]
pub enum ActivityStoreError {
    /// The store failed: it is away, say, or its disk is full. It may take the same records later.
    #[error("activity store: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store works and does not take a record of the batch for what it is, now or later.
    #[error("activity store, a record of the batch: {0}")]
    Record(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Which records to page through, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Only of this session.
    pub session: Option<SessionId>,
    /// Only of this client.
    pub client: Option<ClientKey>,
    /// Only refused ones.
    pub refused_only: bool,
    /// Only with this verdict, by its name.
    pub verdict: Option<&'static str>,
    /// Only with this class of attack.
    pub class: Option<AttackClass>,
    /// Only where the URL begins so, in the path's own letter case.
    pub path: Option<String>,
    /// Only older than this record, by id.
    pub before: Option<RequestId>,
    /// At most so many; 1 to 1,000.
    pub limit: u32,
}

/// Keeps records. Called by the log's writer and the admin API, never on a request's way.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Keeps a batch. Records already kept, by id, are left as they are, so a batch may be sent again.
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError>;

    /// The newest records that match.
    async fn page(&self, query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError>;

    /// Removes records older than this; how many.
    async fn remove_before(&self, moment: Timestamp) -> Result<u64, ActivityStoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), ActivityStoreError>;
}
