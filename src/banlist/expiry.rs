//! Bans that ran out. A check passes them over at once; the sweep takes them away.

use super::{BanList, BanScope, Table};
use crate::time::Timestamp;

impl BanList {
    /// Forgets bans that ended, in memory and in the store, and writes again what the store did not take before;
    /// how many ended. Called every few seconds by a background task.
    pub async fn sweep(&self, now: Timestamp) -> usize {
        let expired = self.forget_expired(now);
        self.save_pending().await;
        expired
    }

    pub(super) fn forget_expired(&self, now: Timestamp) -> usize {
        let _grace = self.grace.lock();
        let current = self.table.load();
        let ended: Vec<BanScope> = current.iter().filter(|ban| !ban.is_active(now)).map(|ban| ban.scope).collect();
        if ended.is_empty() {
            return 0;
        }
        let mut table = Table::clone(&current);
        let mut unsaved = self.unsaved.lock();
        for scope in &ended {
            table.remove(*scope);
            unsaved.mark_ended(*scope, now);
        }
        self.publish(table);
        self.metrics.lifted("expiry", ended.len());
        ended.len()
    }
}
