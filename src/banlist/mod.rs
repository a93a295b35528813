//! The edge blacklist: who is barred before anything else is looked at.
//!
//! [`BanList::check`] is one lock-free read of an immutable table, without an await. Changes take effect in memory
//! first and are then written to the [`BanStore`]; a store that fails delays neither a ban nor an unban, and what it
//! did not take is written again by [`BanList::sweep`]. The allowlist goes before every ban, and no ban may cover a
//! trusted proxy: it would bar everyone behind it.
//!
//! An unban raises the scope's generation, in memory and in the store. Behaviour decides on the generation it
//! [found](BanList::standing) before it weighed the evidence, and bans only [if it still holds](BanList::ban_if): an
//! operator who lets someone in is never overtaken by a decision of before.

mod ban;
mod change;
mod expiry;
mod follow;
mod grace;
mod lifts;
mod persist;
mod store;
mod table;

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use parking_lot::Mutex;

use crate::client::{ClientIp, TrustedProxies};
use crate::live::Live;
use crate::metrics::BanListMetrics;
use crate::time::Timestamp;

pub use ban::{Ban, BanOrigin, BanScope, InvalidScope};
pub use change::{BanError, BanOutcome, UnbanOutcome};
pub use lifts::Standing;
pub use store::{BanChange, BanStore, BanStoreError, ChangeToken};

use grace::Grace;
use lifts::Lifts;
use persist::Unsaved;
use table::Table;

/// What a barred peer meets when it connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AtAccept {
    /// An answer: 403 with a request id, so that someone banned by mistake can tell and ask.
    #[default]
    Answer,
    /// Nothing: the connection is dropped. Cheaper under attack; acts on the socket peer only.
    Drop,
}

impl AtAccept {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::Answer, Self::Drop];

    /// The value's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Drop => "drop",
        }
    }

    /// The value of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// How bans are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Networks that no ban touches: own addresses, health checks, partners. Default: none.
    pub allowlist: Vec<IpNet>,
    /// What a barred peer meets when it connects. Default: [`AtAccept::Answer`].
    pub at_accept: AtAccept,
    /// Bans held at most; past it new ones are refused and counted. Default 100,000 (about 40 MB).
    pub max_bans: usize,
    /// For so long after an operator lifted a ban, behaviour bans nobody in its scope: the visits that brought the
    /// ban about may still be on their way to the scorer. Default 10 minutes; zero switches it off.
    pub unban_grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowlist: Vec::new(),
            at_accept: AtAccept::default(),
            max_bans: 100_000,
            unban_grace: Duration::from_secs(600),
        }
    }
}

/// The bans in force.
pub struct BanList {
    config: Config,
    /// In place of the configured one, so that it may change while running.
    allowlist: Live<Vec<IpNet>>,
    trusted: TrustedProxies,
    store: Arc<dyn BanStore>,
    metrics: BanListMetrics,
    /// What requests are checked against; replaced whole.
    table: Live<Table>,
    /// Held by whoever replaces the table, never across an await.
    grace: Mutex<Grace>,
    /// What operators lifted; changed under `grace`.
    lifts: Mutex<Lifts>,
    /// Scopes whose state in memory the store has not taken yet.
    unsaved: Mutex<Unsaved>,
    /// How far the changes of other filters were taken over.
    seen: Mutex<Option<ChangeToken>>,
    /// Held across one write to the store, so that writes about one scope arrive in order.
    store_turn: tokio::sync::Mutex<()>,
}

impl BanList {
    /// An empty list; [`Self::load`] fills it.
    pub fn new(config: Config, store: Arc<dyn BanStore>, trusted: TrustedProxies, metrics: BanListMetrics) -> Self {
        Self {
            allowlist: Live::new(folded(&config.allowlist)),
            grace: Mutex::new(Grace::new(config.unban_grace)),
            lifts: Mutex::default(),
            config,
            trusted,
            store,
            metrics,
            table: Live::new(Table::default()),
            unsaved: Mutex::default(),
            seen: Mutex::default(),
            store_turn: tokio::sync::Mutex::default(),
        }
    }

    /// Takes over the bans kept in the store; how many are in force. Called before the listener opens.
    ///
    /// Expired ones are left out, and so are those that would cover a trusted proxy and those past
    /// [`Config::max_bans`]; the latter two are logged.
    ///
    /// # Errors
    /// When the store cannot be read; the list stays as it was.
    pub async fn load(&self, now: Timestamp) -> Result<usize, BanStoreError> {
        let kept = self.store.load().await?;
        let _grace = self.grace.lock();
        let mut table = Table::clone(&self.table.load());
        for ban in kept.into_iter().filter(|ban| ban.is_active(now)) {
            if self.trusted.overlaps(&ban.scope.net()) {
                tracing::warn!(scope = %ban.scope, "stored ban covers a trusted proxy and is left out");
            } else if table.len() >= self.config.max_bans && table.get(ban.scope).is_none() {
                self.metrics.refused("full");
                tracing::warn!(scope = %ban.scope, "stored ban is left out: the ban list is full");
            } else {
                table.insert(Arc::new(ban));
            }
        }
        let loaded = table.len();
        self.publish(table);
        Ok(loaded)
    }

    /// The ban that bars this client now, the most specific one where several do.
    ///
    /// A client on the allowlist is never barred. One lock-free read; one hash lookup for each prefix length in use.
    pub fn check(&self, ip: ClientIp, now: Timestamp) -> Option<Arc<Ban>> {
        let table = self.table.load();
        let ban = table.matching(ip.addr(), now)?;
        (!self.is_allowlisted(ip)).then(|| Arc::clone(ban))
    }

    /// All bans in force, newest first.
    pub fn list(&self, now: Timestamp) -> Vec<Arc<Ban>> {
        let table = self.table.load();
        let mut bans: Vec<_> = table.iter().filter(|ban| ban.is_active(now)).cloned().collect();
        bans.sort_by_key(|ban| (std::cmp::Reverse(ban.since), ban.scope));
        bans
    }

    /// Takes these networks in place of the allowlist. Bans on them stay and bar nobody.
    pub fn replace_allowlist(&self, networks: &[IpNet]) {
        self.allowlist.store(folded(networks));
    }

    fn is_allowlisted(&self, ip: ClientIp) -> bool {
        self.allowlist.load().iter().any(|network| network.contains(&ip.addr()))
    }

    /// Makes a changed table the one requests are checked against. The caller holds `grace`.
    fn publish(&self, table: Table) {
        self.metrics.active.set(i64::try_from(table.len()).unwrap_or(i64::MAX));
        self.table.store(table);
    }
}

/// With IPv4-mapped networks folded, as bans are.
fn folded(networks: &[IpNet]) -> Vec<IpNet> {
    networks.iter().map(|network| BanScope::from(*network).net()).collect()
}

#[cfg(test)]
mod tests;
