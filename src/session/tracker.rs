//! The map of open visits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use dashmap::mapref::multiple::RefMulti;
use ipnet::IpNet;
use tokio::sync::mpsc;

use super::ages::{Aged, Ages};
use super::visit::{Fate, Outlet, SharedVisit};
use super::{ClosedSession, Config, OpenSession, OpenVisit, Session, SessionBoundary, SessionKey, Visit};
use crate::client::{ClientIdentity, ClientKey};
use crate::id::RequestId;
use crate::metrics::SessionMetrics;
use crate::time::Timestamp;

/// Visits looked at before the cap evicts one that was active lately.
const EVICTION_TRIES: usize = 16;

/// Open visits by client, and by what else tells visitors apart: a sharded map, one short lock a request.
pub struct SessionTracker {
    open: DashMap<SessionKey, Arc<SharedVisit>>,
    /// Length of `open`, which the map itself could only tell by locking every shard.
    count: AtomicUsize,
    ages: Ages,
    boundary: SessionBoundary,
    max_open: usize,
    outlet: Outlet,
}

impl SessionTracker {
    /// A tracker that sends closed visits to the one channel, and open ones at their milestones to the other.
    pub fn new(
        config: &Config,
        closed: mpsc::Sender<ClosedSession>,
        open: mpsc::Sender<OpenSession>,
        metrics: SessionMetrics,
    ) -> Self {
        Self {
            open: DashMap::new(),
            count: AtomicUsize::new(0),
            ages: Ages::default(),
            boundary: SessionBoundary { gap: config.gap, max_requests: config.max_requests },
            max_open: config.max_open,
            outlet: Outlet::new(closed, open, config.milestones.clone(), metrics),
        }
    }

    /// Joins the open visit of this client and part, or begins a new one, named after this request. The part tells
    /// visitors of one address apart; 0 where they are not.
    pub fn begin(&self, client: &ClientIdentity, part: u64, request: RequestId, now: Timestamp) -> Visit {
        let key = SessionKey { client: client.key, part };
        let begun = match self.open.entry(key) {
            Entry::Occupied(mut open) => {
                if open.get().join(&self.boundary, now) {
                    return Visit::new(Arc::clone(open.get()));
                }
                let begun = self.begin_visit(client, request, now);
                open.insert(Arc::clone(&begun)).close();
                begun
            }
            Entry::Vacant(free) => {
                let begun = self.begin_visit(client, request, now);
                free.insert(Arc::clone(&begun));
                self.count.fetch_add(1, Ordering::Relaxed);
                self.outlet.metrics().open.inc();
                begun
            }
        };
        // The map's shard is unlocked here: evicting below may need any shard.
        self.ages.push(Aged { key, visit: Arc::clone(&begun), queued: now });
        if self.count.load(Ordering::Relaxed) > self.max_open {
            self.evict();
        }
        Visit::new(begun)
    }

    /// Closes visits idle for longer than the gap. Each visit is looked at about once a gap.
    pub fn sweep(&self, now: Timestamp) {
        for _ in 0..self.ages.len() {
            let Some(aged) = self.ages.pop_due(self.boundary.gap, now) else { return };
            match aged.visit.sweep(&self.boundary, now) {
                Fate::Over => self.forget(&aged),
                Fate::Keep => {
                    let queued = aged.visit.last_activity();
                    self.ages.push(Aged { queued, ..aged });
                }
            }
        }
    }

    /// Closes every visit and waits until the scorer has taken them. For an orderly stop.
    pub async fn close_all(&self) {
        while let Some(aged) = self.ages.pop() {
            self.forget(&aged);
            if let Some(closed) = aged.visit.take()
                && self.outlet.closed().send(closed).await.is_err()
            {
                self.outlet.metrics().unscored.inc();
            }
        }
    }

    /// Copies of at most so many open visits, to be kept over a restart. Past that many, visits of a request or two are
    /// left out first.
    pub fn checkpoint(&self, most: usize) -> Vec<OpenVisit> {
        let crowded = self.len() > most;
        let visit = |entry: RefMulti<'_, SessionKey, Arc<SharedVisit>>| OpenVisit {
            key: *entry.key(),
            session: entry.value().snapshot(),
        };
        let kept = self.open.iter().map(visit).filter(|visit| !crowded || visit.session.requests > 2);
        kept.take(most).collect()
    }

    /// Goes on with visits that were open at the last stop; how many. Those idle for longer than the gap are closed by
    /// the next sweep; a visit whose client has begun another is left out, and so are those past the cap.
    pub fn restore(&self, mut visits: Vec<OpenVisit>) -> usize {
        visits.sort_by_key(|visit| visit.session.last_activity());
        let mut restored = 0;
        for OpenVisit { key, session } in visits.into_iter().rev().take(self.max_open).rev() {
            let queued = session.last_activity();
            let visit = SharedVisit::begin(Session { restored: true, ..session }, 0, self.outlet.clone());
            let Entry::Vacant(free) = self.open.entry(key) else { continue };
            free.insert(Arc::clone(&visit));
            self.count.fetch_add(1, Ordering::Relaxed);
            self.outlet.metrics().open.inc();
            self.ages.push(Aged { key, visit, queued });
            restored += 1;
        }
        restored
    }

    /// Copies of at most so many open visits, in no order.
    pub fn snapshot(&self, limit: usize) -> Vec<Session> {
        self.open.iter().take(limit).map(|entry| entry.value().snapshot()).collect()
    }

    /// Forgets what was taken for an attack in the open visits of every client within this network, or around it; in how
    /// many visits.
    pub fn pardon(&self, scope: &IpNet) -> usize {
        let shares = |client: &ClientKey| scope.contains(&client.net()) || client.net().contains(scope);
        self.open.iter().filter(|entry| shares(&entry.key().client)).map(|entry| entry.value().pardon()).count()
    }

    /// Visits open now.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether no visit is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes the longest idle visit, nearly: the oldest of a few that was not active since it was queued.
    fn evict(&self) {
        for tried in 0.. {
            let Some(aged) = self.ages.pop() else { return };
            if aged.visit.is_sent() {
                self.forget(&aged);
                continue;
            }
            let active = aged.visit.last_activity();
            if active > aged.queued && tried < EVICTION_TRIES {
                self.ages.push(Aged { queued: active, ..aged });
                continue;
            }
            self.forget(&aged);
            aged.visit.close_now();
            self.outlet.metrics().evicted.inc();
            return;
        }
    }

    fn begin_visit(&self, client: &ClientIdentity, request: RequestId, now: Timestamp) -> Arc<SharedVisit> {
        SharedVisit::begin(Session::begin(request.into(), client.key, client.ip, now), 1, self.outlet.clone())
    }

    fn forget(&self, aged: &Aged) {
        let same = |_: &SessionKey, open: &Arc<SharedVisit>| Arc::ptr_eq(open, &aged.visit);
        if self.open.remove_if(&aged.key, same).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
            self.outlet.metrics().open.dec();
        }
    }
}
