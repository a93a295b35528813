//! Writing changes to the store, after they took effect in memory.

use std::collections::HashMap;

use super::{BanList, BanScope, BanStoreError};
use crate::time::Timestamp;

/// Scopes that wait for the store, each with the number of its latest change.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    changes: u64,
    scopes: HashMap<BanScope, Change>,
}

/// The latest change of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    number: u64,
    /// The ban ran out and was found so at this moment; `None` where someone changed it.
    ended: Option<Timestamp>,
}

impl Unsaved {
    /// Notes a change of this scope in memory.
    pub(super) fn mark(&mut self, scope: BanScope) {
        self.note(scope, None);
    }

    /// Notes that the ban of this scope ran out.
    pub(super) fn mark_ended(&mut self, scope: BanScope, now: Timestamp) {
        self.note(scope, Some(now));
    }

    /// Whether a change of this scope waits.
    pub(super) fn holds(&self, scope: BanScope) -> bool {
        self.scopes.contains_key(&scope)
    }

    fn note(&mut self, scope: BanScope, ended: Option<Timestamp>) {
        self.changes += 1;
        self.scopes.insert(scope, Change { number: self.changes, ended });
    }

    fn change_of(&self, scope: BanScope) -> Option<Change> {
        self.scopes.get(&scope).copied()
    }

    /// Forgets the scope, unless it changed again since `change`.
    fn settle(&mut self, scope: BanScope, change: Change) {
        if self.change_of(scope) == Some(change) {
            self.scopes.remove(&scope);
        }
    }

    fn scopes(&self) -> Vec<BanScope> {
        self.scopes.keys().copied().collect()
    }
}

impl BanList {
    /// Makes the store hold what memory holds of this scope; whether it does now.
    ///
    /// A failure is logged (and counted with the store's calls), and the scope stays noted for the next sweep; so does it when the caller goes
    /// away in the middle.
    pub(super) async fn save(&self, scope: BanScope) -> bool {
        match self.try_save(scope).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%scope, %error, "ban change is in force but not stored; it will be tried again");
                false
            }
        }
    }

    /// Writes again what the store did not take; stops at the first failure, as the store is likely down.
    pub(super) async fn save_pending(&self) {
        let scopes = self.unsaved.lock().scopes();
        for scope in scopes {
            if !self.save(scope).await {
                return;
            }
        }
    }

    async fn try_save(&self, scope: BanScope) -> Result<(), BanStoreError> {
        let _turn = self.store_turn.lock().await;
        let Some(change) = self.unsaved.lock().change_of(scope) else {
            return Ok(());
        };
        let current = self.table.load().get(scope).cloned();
        match (current, change.ended) {
            (Some(ban), _) => self.metrics.store.time(self.store.put(&ban)).await?,
            (None, Some(moment)) => {
                self.metrics.store.time(self.store.forget_ended(scope, moment)).await?;
            }
            (None, None) => {
                self.metrics.store.time(self.store.remove(scope)).await?;
            }
        }
        self.unsaved.lock().settle(scope, change);
        Ok(())
    }
}
