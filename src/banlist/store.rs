//! Where bans are kept over a restart.

use async_trait::async_trait;

use super::{Ban, BanScope};
use crate::time::Timestamp;

/// A store that did not keep, give or remove a ban.
#[derive(Debug, thiserror::Error)]
#[error("ban store: {0}")]
pub struct BanStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What one filter changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BanChange {
    /// A ban was put in force, or changed.
    Banned(Ban),
    /// A ban is no longer in force.
    Lifted {
        /// Whose.
        scope: BanScope,
        /// Whether a person lifted it; otherwise it ran out.
        by_operator: bool,
    },
}

impl BanChange {
    /// Whom it concerns.
    pub fn scope(&self) -> BanScope {
        match self {
            Self::Banned(ban) => ban.scope,
            Self::Lifted { scope, .. } => *scope,
        }
    }
}

/// How far changes were read, in the store's own measure; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeToken(pub u64);

/// Keeps bans. Called by the admin API and the scorer, never on a request's way.
#[async_trait]
pub trait BanStore: Send + Sync {
    /// All bans kept, expired ones included.
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError>;

    /// Keeps a ban, in place of an earlier one of the same scope.
    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError>;

    /// How often a person has lifted a ban of exactly this scope: 0 at first, one more with each [`Self::remove`].
    async fn generation(&self, scope: BanScope) -> Result<u64, BanStoreError>;

    /// Keeps a ban like [`Self::put`], but only if its scope is still of this generation; whether it is. One atomic
    /// step, for all filters on the store; asking again after a lost answer harms nothing.
    async fn put_if(&self, ban: &Ban, generation: u64) -> Result<bool, BanStoreError>;

    /// Forgets the ban of exactly this scope, as a person asks, and raises its generation, be there a ban or not;
    /// whether there was one.
    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError>;

    /// Forgets the ban of exactly this scope if it had ended by then; whether it did. A ban that another filter put
    /// there meanwhile stays.
    async fn forget_ended(&self, scope: BanScope, by: Timestamp) -> Result<bool, BanStoreError>;

    /// Whether several filters may share this store.
    fn is_shared(&self) -> bool {
        false
    }

    /// Returns when another filter may have changed a ban. Of a store that is not shared, never.
    async fn changed(&self) {
        std::future::pending().await
    }

    /// Changes of anyone, ours too, since this token, oldest first, and the token to go on with. A change may be given
    /// twice. `None` begins with what is in force now.
    async fn changes(&self, _since: Option<ChangeToken>) -> Result<(Vec<BanChange>, ChangeToken), BanStoreError> {
        Ok((Vec::new(), ChangeToken(0)))
    }
}
