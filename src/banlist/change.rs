//! Banning and unbanning.

use std::sync::Arc;
use std::time::Duration;

use super::persist::Saved;
use super::{Ban, BanList, BanOrigin, BanScope, Standing, Table};
use crate::time::Timestamp;

/// How long the store may take to tell a scope's generation; a decision does not wait for one that is away.
const PATIENCE: Duration = Duration::from_millis(100);

/// What became of a ban that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BanOutcome {
    /// It is in force.
    Banned {
        /// The ban.
        ban: Arc<Ban>,
        /// Whether the store has it; where not, it is in force all the same and the next sweep tries again.
        saved: bool,
    },
    /// An earlier ban of the same scope lasts at least as long and stays.
    Kept(Arc<Ban>),
    /// An operator lifted this scope a moment ago; behaviour may not ban it before this moment.
    InGrace(Timestamp),
    /// An operator lifted this scope, or one that shares addresses with it, after the ban was decided on; nothing was
    /// done.
    Lifted,
}

/// What became of an unban.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbanOutcome {
    /// Whether a ban of exactly this scope was in force.
    pub lifted: bool,
    /// Whether the store took the change; where not, the next sweep tries again.
    pub saved: bool,
}

/// Why nobody was banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BanError {
    /// It would bar everyone behind a trusted proxy.
    #[error("{0} covers a trusted proxy; a ban would bar everyone behind it")]
    TrustedProxy(BanScope),
    /// It would have no effect.
    #[error("{0} is on the allowlist")]
    Allowlisted(BanScope),
    /// It would bar every address there is.
    #[error("{0} is every address of its family")]
    Everyone(BanScope),
    /// It ends before it begins.
    #[error("the ban of {0} has already ended")]
    Ended(BanScope),
    /// No room.
    #[error("the ban list is full: it holds {0} bans")]
    Full(usize),
}

impl BanError {
    /// Every stable name, and those of an unban a moment ago and of one in between, which refuse a ban too.
    pub(crate) const NAMES: [&str; 7] =
        ["trusted-proxy", "allowlisted", "everyone", "ended", "full", "unban-grace", "lifted"];

    /// Every reason's stable name, as a metric label.
    const fn as_str(self) -> &'static str {
        match self {
            Self::TrustedProxy(_) => "trusted-proxy",
            Self::Allowlisted(_) => "allowlisted",
            Self::Everyone(_) => "everyone",
            Self::Ended(_) => "ended",
            Self::Full(_) => "full",
        }
    }
}

impl BanList {
    /// Bars a scope from `ban.since` on, in place of an earlier ban of exactly that scope.
    ///
    /// It is in force in memory before the store is asked. Behaviour and imports never shorten a ban, and behaviour
    /// never bans what an operator lifted within the grace; an operator's ban goes before both.
    ///
    /// # Errors
    /// When the scope shares an address with a trusted proxy, lies wholly on the allowlist, is a whole address family,
    /// when the ban has already ended, or when the list is full.
    pub async fn ban(&self, ban: Ban) -> Result<BanOutcome, BanError> {
        self.ban_on(ban, None).await
    }

    /// Bars a scope like [`Self::ban`], but only if no operator has lifted a ban there since this standing was taken.
    ///
    /// Where the store finds that one did so at another filter, the ban is taken back.
    ///
    /// # Errors
    /// As [`Self::ban`].
    pub async fn ban_if(&self, ban: Ban, standing: Standing) -> Result<BanOutcome, BanError> {
        self.ban_on(ban, Some(standing)).await
    }

    async fn ban_on(&self, ban: Ban, standing: Option<Standing>) -> Result<BanOutcome, BanError> {
        let scope = ban.scope;
        match self.admissible(&ban).and_then(|()| self.ban_in_memory(ban, standing)) {
            Ok(BanOutcome::Banned { ban, .. }) => Ok(self.banned(ban).await),
            Ok(BanOutcome::InGrace(until)) => {
                self.metrics.refused("unban-grace");
                tracing::info!(%scope, %until, "not banned: an operator lifted this ban a moment ago");
                Ok(BanOutcome::InGrace(until))
            }
            Ok(BanOutcome::Lifted) => {
                self.metrics.refused("lifted");
                tracing::info!(%scope, "not banned: an operator lifted this ban while it was decided on");
                Ok(BanOutcome::Lifted)
            }
            Ok(kept) => Ok(kept),
            Err(error) => {
                self.metrics.refused(error.as_str());
                tracing::warn!(%scope, %error, "not banned");
                Err(error)
            }
        }
    }

    /// A ban is in force in memory: notes it and asks the store.
    async fn banned(&self, ban: Arc<Ban>) -> BanOutcome {
        self.metrics.banned(ban.origin.as_str());
        tracing::info!(scope = %ban.scope, origin = ban.origin.as_str(), reason = %ban.reason,
            until = ?ban.until.map(|until| until.to_string()), "banned");
        match self.save(ban.scope).await {
            Saved::Overtaken => BanOutcome::Lifted,
            saved => BanOutcome::Banned { ban, saved: saved == Saved::Yes },
        }
    }

    /// What a ban of this scope is to be decided on. Waits a moment for the store at most.
    pub async fn standing(&self, scope: BanScope) -> Standing {
        let lifts = self.lifts.lock().of(scope);
        let asked = tokio::time::timeout(PATIENCE, self.metrics.store.time(self.store.generation(scope))).await;
        Standing { lifts, kept: asked.ok().and_then(Result::ok) }
    }

    /// Lifts the ban of exactly this scope, as an operator asks, and grants it grace; ranges around it stay.
    ///
    /// It is lifted in memory before the store is asked.
    pub async fn unban(&self, scope: BanScope, now: Timestamp) -> UnbanOutcome {
        let was_active = self.unban_in_memory(scope, now);
        if was_active {
            self.metrics.lifted("operator", 1);
            tracing::info!(%scope, "ban lifted by an operator");
        }
        UnbanOutcome { lifted: was_active, saved: self.save(scope).await == Saved::Yes }
    }

    fn admissible(&self, ban: &Ban) -> Result<(), BanError> {
        let (scope, net) = (ban.scope, ban.scope.net());
        if self.trusted.overlaps(&net) {
            return Err(BanError::TrustedProxy(scope));
        }
        if self.allowlist.load().iter().any(|allowed| allowed.contains(&net)) {
            return Err(BanError::Allowlisted(scope));
        }
        if net.prefix_len() == 0 {
            return Err(BanError::Everyone(scope));
        }
        if !ban.is_active(ban.since) {
            return Err(BanError::Ended(scope));
        }
        Ok(())
    }

    fn ban_in_memory(&self, ban: Ban, standing: Option<Standing>) -> Result<BanOutcome, BanError> {
        let (scope, now) = (ban.scope, ban.since);
        let mut grace = self.grace.lock();
        if standing.is_some_and(|standing| standing.lifts != self.lifts.lock().of(scope)) {
            return Ok(BanOutcome::Lifted);
        }
        match ban.origin {
            BanOrigin::Operator => grace.revoke(scope),
            BanOrigin::Import => {}
            BanOrigin::Behaviour => {
                if let Some(until) = grace.until(scope, now) {
                    return Ok(BanOutcome::InGrace(until));
                }
            }
        }
        let current = self.table.load();
        match current.get(scope) {
            Some(earlier) if ban.origin != BanOrigin::Operator && earlier.is_active(now) && outlasts(earlier, &ban) => {
                return Ok(BanOutcome::Kept(Arc::clone(earlier)));
            }
            None if current.len() >= self.config.max_bans => return Err(BanError::Full(current.len())),
            _ => {}
        }
        let (ban, mut table) = (Arc::new(ban), Table::clone(&current));
        table.insert(Arc::clone(&ban));
        self.unsaved.lock().mark_banned(scope, standing.and_then(|standing| standing.kept));
        self.publish(table);
        Ok(BanOutcome::Banned { ban, saved: false })
    }

    /// Takes the ban out; whether there was one still in force. Without one the store is asked to forget it all the
    /// same: it may hold one that was left out at load.
    fn unban_in_memory(&self, scope: BanScope, now: Timestamp) -> bool {
        let mut grace = self.grace.lock();
        let current = self.table.load();
        let was_active = current.get(scope).is_some_and(|ban| ban.is_active(now));
        let mut table = Table::clone(&current);
        self.unsaved.lock().mark_lifted(scope);
        self.lifts.lock().note(scope);
        if table.remove(scope) {
            self.publish(table);
        }
        if was_active {
            grace.grant(scope, now);
        }
        was_active
    }
}

/// Whether the earlier ban ends no sooner than the later one.
fn outlasts(earlier: &Ban, later: &Ban) -> bool {
    match (earlier.until, later.until) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(earlier), Some(later)) => earlier >= later,
    }
}
