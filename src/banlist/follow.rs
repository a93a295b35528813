//! Taking over what other filters on the same store changed.

use std::sync::Arc;

use super::{Ban, BanChange, BanList, BanOrigin, BanScope, BanStoreError, Table};
use crate::time::Timestamp;

impl BanList {
    /// Whether other filters share the store, so that their changes have to be taken over.
    pub fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Returns when another filter may have changed something; at the latest after the store's own interval of polling.
    pub async fn changed(&self) {
        self.store.changed().await;
    }

    /// Takes over the changes of other filters since the last call; scopes whose strikes are used up or forgiven by them.
    /// A change of ours that the store has not taken yet goes before theirs.
    ///
    /// # Errors
    /// When the store cannot be read; nothing is skipped then, the next call sees the same changes.
    pub async fn take_over(&self, now: Timestamp) -> Result<Vec<BanScope>, BanStoreError> {
        let since = *self.seen.lock();
        let (changes, seen) = self.store.changes(since).await?;
        let settled = self.apply(changes, now);
        *self.seen.lock() = Some(seen);
        Ok(settled)
    }

    fn apply(&self, changes: Vec<BanChange>, now: Timestamp) -> Vec<BanScope> {
        let mut grace = self.grace.lock();
        let unsaved = self.unsaved.lock();
        let current = self.table.load();
        let mut table = Table::clone(&current);
        let mut settled = Vec::new();
        for change in changes {
            if unsaved.holds(change.scope()) {
                continue;
            }
            match change {
                BanChange::Banned(ban) if self.takes(&table, &ban, now) => {
                    tracing::info!(scope = %ban.scope, origin = ban.origin.as_str(), "banned by another filter");
                    match ban.origin {
                        BanOrigin::Operator => grace.revoke(ban.scope),
                        BanOrigin::Behaviour => settled.push(ban.scope),
                        BanOrigin::Import => {}
                    }
                    table.insert(Arc::new(ban));
                }
                BanChange::Banned(_) => {}
                BanChange::Lifted { scope, by_operator } => {
                    if table.remove(scope) {
                        tracing::info!(%scope, "ban lifted by another filter");
                        if by_operator {
                            grace.grant(scope, now);
                            self.lifts.lock().note(scope);
                            settled.push(scope);
                        }
                    }
                }
            }
        }
        drop(unsaved);
        self.publish(table);
        settled
    }

    /// Whether this ban changes the table and may be in it.
    fn takes(&self, table: &Table, ban: &Ban, now: Timestamp) -> bool {
        let held = table.get(ban.scope);
        let fits = held.is_some() || table.len() < self.config.max_bans;
        let news = held.is_none_or(|held| **held != *ban);
        let allowed = ban.is_active(now) && !self.trusted.overlaps(&ban.scope.net());
        if allowed && news && !fits {
            self.metrics.refused("full");
        }
        allowed && news && fits
    }
}
