//! Writing changes to the store, after they took effect in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Ban, BanList, BanScope, BanStoreError, Table};
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
    /// Whether an operator lifted it and the store has not heard of it, whatever came after.
    lifted: bool,
    /// The generation the ban was decided on; `None` for one that goes before every other.
    generation: Option<u64>,
}

/// Whether the store holds what memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    Yes,
    /// It did not take the change; the next sweep tries again.
    No,
    /// An operator lifted the ban at another filter after it was decided on; it was taken back.
    Overtaken,
}

impl Unsaved {
    /// Notes a ban of this scope, decided on this generation.
    pub(super) fn mark_banned(&mut self, scope: BanScope, generation: Option<u64>) {
        self.note(scope, None, false, generation);
    }

    /// Notes that an operator lifted this scope.
    pub(super) fn mark_lifted(&mut self, scope: BanScope) {
        self.note(scope, None, true, None);
    }

    /// Notes that the ban of this scope has other times now; what it was decided on stays.
    pub(super) fn mark_moved(&mut self, scope: BanScope) {
        let generation = self.change_of(scope).and_then(|waiting| waiting.generation);
        self.note(scope, None, false, generation);
    }

    /// Notes that the ban of this scope ran out.
    pub(super) fn mark_ended(&mut self, scope: BanScope, now: Timestamp) {
        self.note(scope, Some(now), false, None);
    }

    /// Whether a change of this scope waits.
    pub(super) fn holds(&self, scope: BanScope) -> bool {
        self.scopes.contains_key(&scope)
    }

    fn note(&mut self, scope: BanScope, ended: Option<Timestamp>, lifted: bool, generation: Option<u64>) {
        self.changes += 1;
        let lifted = lifted || self.change_of(scope).is_some_and(|waiting| waiting.lifted);
        // Our own lift, still to be written, raises the generation that the ban was decided on.
        let generation = generation.filter(|_| !lifted);
        self.scopes.insert(scope, Change { number: self.changes, ended, lifted, generation });
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
    /// A failure is logged (and counted with the store's calls), and the scope stays noted for the next sweep; so does
    /// it when the caller goes away in the middle.
    pub(super) async fn save(&self, scope: BanScope) -> Saved {
        match self.try_save(scope).await {
            Ok(saved) => saved,
            Err(error) => {
                tracing::error!(%scope, %error, "ban change is in force but not stored; it will be tried again");
                Saved::No
            }
        }
    }

    /// Writes again what the store did not take; stops at the first failure, as the store is likely down.
    pub(super) async fn save_pending(&self) {
        let scopes = self.unsaved.lock().scopes();
        for scope in scopes {
            if self.save(scope).await == Saved::No {
                return;
            }
        }
    }

    async fn try_save(&self, scope: BanScope) -> Result<Saved, BanStoreError> {
        let _turn = self.store_turn.lock().await;
        let Some((change, current)) = self.unsaved_change(scope) else {
            return Ok(Saved::Yes);
        };
        let (store, calls) = (&self.store, &self.metrics.store);
        if change.lifted {
            calls.time(store.remove(scope)).await?;
        }
        match (current, change.generation, change.ended) {
            (Some(ban), Some(generation), _) => {
                if !calls.time(store.put_if(&ban, generation)).await? {
                    self.take_back(&ban, change);
                    return Ok(Saved::Overtaken);
                }
            }
            (Some(ban), None, _) => calls.time(store.put(&ban)).await?,
            (None, _, Some(moment)) if !change.lifted => {
                calls.time(store.forget_ended(scope, moment)).await?;
            }
            (None, ..) => {}
        }
        self.unsaved.lock().settle(scope, change);
        Ok(Saved::Yes)
    }

    /// What the store has not heard of, and what memory holds: both of one moment, as a change notes itself before it is
    /// in force.
    fn unsaved_change(&self, scope: BanScope) -> Option<(Change, Option<Arc<Ban>>)> {
        let _changing = self.grace.lock();
        let change = self.unsaved.lock().change_of(scope)?;
        Some((change, self.table.load().get(scope).cloned()))
    }

    /// An operator has lifted this ban at another filter since it was decided on: it leaves memory too, unless it
    /// changed here meanwhile.
    fn take_back(&self, ban: &Arc<Ban>, change: Change) {
        let scope = ban.scope;
        let mut grace = self.grace.lock();
        self.unsaved.lock().settle(scope, change);
        let current = self.table.load();
        if !current.get(scope).is_some_and(|held| Arc::ptr_eq(held, ban)) {
            return;
        }
        let mut table = Table::clone(&current);
        table.remove(scope);
        self.publish(table);
        grace.grant(scope, ban.since);
        self.lifts.lock().note(scope);
        self.metrics.refused("lifted");
        tracing::info!(%scope, "ban taken back: an operator lifted it at another filter while it was decided on");
    }
}
