//! Every change made through the admin API: who, what, when, before, after.
//!
//! Changes are JSON lines in `audit.jsonl` in the data directory, written through before the change is answered; the
//! file is rotated. The latest stay in memory, so that reading them waits for nothing.

mod journal;
mod read;

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::keyring::Actor;
use super::role::Role;
use crate::time::Timestamp;

pub(super) use read::{__path_list, list};

use journal::Journal;

/// Changes that can be read back at most; older ones are in the files.
const RECENT: usize = 5_000;

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Counts up, over restarts as well.
    pub id: u64,
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// Name of the token that was used.
    pub actor: String,
    /// Its role.
    pub role: Role,
    /// Where from; null for a signal.
    #[schema(required)]
    pub address: Option<String>,
    /// What was done: `ban.add`, `ban.remove`, `session.label`, `config.reload`, `login`, `logout`.
    pub action: String,
    /// To what.
    pub target: String,
    /// How it was.
    pub before: Value,
    /// How it is now.
    pub after: Value,
}

/// The log of changes. Cheap to clone; all clones share one file.
#[derive(Clone)]
pub struct AuditLog(Arc<Mutex<Inner>>);

struct Inner {
    journal: Journal,
    recent: VecDeque<Arc<Change>>,
    next: u64,
}

impl AuditLog {
    /// Opens the log in this directory, with what was written before.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (journal, recent) = Journal::open(folder, RECENT)?;
        let next = recent.back().map_or(1, |last| last.id + 1);
        Ok(Self(Arc::new(Mutex::new(Inner { journal, recent, next }))))
    }

    /// Notes a change. A file that cannot be written keeps no change from being made: it is logged as an error.
    pub async fn note(&self, actor: &Actor, action: &str, target: impl Into<String>, before: Value, after: Value) {
        let change = Change {
            id: 0,
            time: Timestamp::now().to_string(),
            actor: actor.name.clone(),
            role: actor.role,
            address: actor.address.map(|address| address.to_string()),
            action: action.to_owned(),
            target: target.into(),
            before,
            after,
        };
        tracing::info!(actor = change.actor, action, target = change.target, "changed through the admin API");
        let log = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || log.lock().append(change)).await;
        let problem = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(problem, "a change was made and could not be written to the audit log");
    }

    /// The latest changes before this one, newest first, that `wanted` wants.
    fn before(&self, id: Option<u64>, limit: usize, wanted: impl Fn(&Change) -> bool) -> Vec<Arc<Change>> {
        let older = |change: &&Arc<Change>| id.is_none_or(|id| change.id < id);
        let inner = self.0.lock();
        inner.recent.iter().rev().filter(older).filter(|change| wanted(change)).take(limit).cloned().collect()
    }

    /// The latest changes, newest first.
    pub(super) fn latest(&self, limit: usize) -> Vec<Arc<Change>> {
        self.before(None, limit, |_| true)
    }
}

impl Inner {
    fn append(&mut self, mut change: Change) -> io::Result<()> {
        change.id = self.next;
        self.next += 1;
        let change = Arc::new(change);
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::clone(&change));
        self.journal.append(&change)
    }
}

#[cfg(test)]
mod tests;
