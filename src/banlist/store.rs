//! Where bans are kept over a restart.

use async_trait::async_trait;

use super::{Ban, BanScope};

/// A store that did not keep, give or remove a ban.
#[derive(Debug, thiserror::Error)]
#[error("ban store: {0}")]
pub struct BanStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps bans. Called by the admin API and the scorer, never on a request's way.
#[async_trait]
pub trait BanStore: Send + Sync {
    /// All bans kept, expired ones included.
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError>;

    /// Keeps a ban, in place of an earlier one of the same scope.
    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError>;

    /// Forgets the ban of exactly this scope; whether there was one.
    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError>;
}
