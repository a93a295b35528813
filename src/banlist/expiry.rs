//! Bans that ran out. A check passes them over at once; the sweep takes them away.

use std::sync::Arc;
use std::time::Duration;

use super::{Ban, BanList, BanScope, Table};
use crate::time::Timestamp;

/// How far the clocks of filters on one store may lie apart. A ban that begins later than this from now was made before
/// the clock stepped back.
const CLOCK_STEP: Duration = Duration::from_secs(60);

impl BanList {
    /// Forgets bans that ended, in memory and in the store, and writes again what the store did not take before;
    /// how many ended. Called every few seconds by a background task.
    pub async fn sweep(&self, now: Timestamp) -> usize {
        self.follow_clock(now);
        let expired = self.forget_expired(now);
        self.save_pending().await;
        expired
    }

    /// After a clock that stepped back a ban lasts as long as it was to last, from now on, and not until the clock has
    /// come there again. Filters on one store keep that to themselves: of their clocks nobody knows which is right.
    fn follow_clock(&self, now: Timestamp) {
        let mut grace = self.grace.lock();
        grace.shorten(now);
        let current = self.table.load();
        let ahead = |ban: &&Arc<Ban>| ban.until.is_some() && ban.since.since(now) > CLOCK_STEP;
        let moved: Vec<_> = current.iter().filter(ahead).map(|ban| from(ban, now)).collect();
        if moved.is_empty() {
            return;
        }
        tracing::warn!(
            bans = moved.len(),
            "the clock stepped back; bans last as long as they were to last, from now on"
        );
        let mut table = Table::clone(&current);
        for ban in moved {
            if !self.store.is_shared() {
                self.unsaved.lock().mark_moved(ban.scope);
            }
            table.insert(Arc::new(ban));
        }
        self.publish(table);
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

/// The ban as if it had been made at this moment.
fn from(ban: &Ban, now: Timestamp) -> Ban {
    let until = ban.until.map(|until| now.plus(until.since(ban.since)));
    Ban { since: now, until, ..ban.clone() }
}
