//! Watches every client's requests for what passes a limit, on the request's way: one short lock, no await.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use tokio::sync::mpsc;

use super::limits::{Limit, Limits, Meter};
use crate::client::{ClientIdentity, ClientKey};
use crate::id::RequestId;
use crate::metrics::BehaviourMetrics;
use crate::session::{Kind, Outcome, SessionId};
use crate::time::Timestamp;

/// Clients watched at most, some 200 bytes each; new ones past it are not watched until others are quiet, and counted.
const MAX_CLIENTS: usize = 200_000;

/// A limit passed by a client whose visit is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The client.
    pub client: ClientIdentity,
    /// The request that passed it.
    pub request: RequestId,
    /// Its visit; `None` where requests are not grouped.
    pub session: Option<SessionId>,
    /// Which limit.
    pub limit: Limit,
    /// When.
    pub at: Timestamp,
}

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// The client.
    pub client: ClientIdentity,
    /// The request.
    pub request: RequestId,
    /// Its visit; `None` where requests are not grouped.
    pub session: Option<SessionId>,
}

/// Meters of clients, and where a passed limit is told.
pub struct Watch {
    limits: Limits,
    meters: DashMap<ClientKey, Meter>,
    count: AtomicUsize,
    breaches: mpsc::Sender<Breach>,
    metrics: BehaviourMetrics,
}

impl Watch {
    /// A watch that tells the scorer over this channel.
    pub fn new(limits: Limits, breaches: mpsc::Sender<Breach>, metrics: BehaviourMetrics) -> Arc<Self> {
        Arc::new(Self { limits, meters: DashMap::new(), count: AtomicUsize::new(0), breaches, metrics })
    }

    /// Counts the arrival of a request.
    pub fn arrive(&self, asker: &Asker, kind: Kind, now: Timestamp) {
        self.measure(asker, now, |meter| meter.arrive(&self.limits, kind, now));
    }

    /// Counts an answer; `text` is the fingerprint of an attack's text, or of a login's credentials.
    pub fn answer(&self, asker: &Asker, outcome: &Outcome, text: u64) {
        // An answer in order that is no login fills nothing.
        if outcome.status < 400 && outcome.findings == 0 && outcome.login == crate::session::Login::None {
            return;
        }
        self.measure(asker, outcome.timestamp, |meter| meter.answer(&self.limits, outcome, text));
    }

    /// Forgets clients that have been quiet.
    pub fn sweep(&self, now: Timestamp) {
        self.meters.retain(|_, meter| !meter.is_empty(&self.limits, now));
        self.count.store(self.meters.len(), Ordering::Relaxed);
    }

    fn measure(&self, asker: &Asker, at: Timestamp, fill: impl FnOnce(&mut Meter) -> Option<Limit>) {
        let passed = match self.meters.get_mut(&asker.client.key) {
            Some(mut meter) => self.tell(fill(&mut meter), &mut meter, asker, at),
            None if self.count.load(Ordering::Relaxed) >= MAX_CLIENTS => return self.metrics.unwatched.inc(),
            None => {
                self.count.fetch_add(1, Ordering::Relaxed);
                let mut meter = self.meters.entry(asker.client.key).or_default();
                self.tell(fill(&mut meter), &mut meter, asker, at)
            }
        };
        if let Some(limit) = passed {
            self.metrics.breached(limit);
        }
    }

    /// Tells the scorer of a passed limit and starts the meter anew; where the scorer is behind, the next request
    /// tells it again.
    fn tell(&self, passed: Option<Limit>, meter: &mut Meter, asker: &Asker, at: Timestamp) -> Option<Limit> {
        let limit = passed?;
        let Asker { client, request, session } = *asker;
        match self.breaches.try_send(Breach { client, request, session, limit, at }) {
            Ok(()) => {
                meter.clear();
                Some(limit)
            }
            Err(_) => {
                self.metrics.untold.inc();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Config, PeerAddr};
    use crate::metrics::Metrics;

    /// A client comes, one of so many thousand new ones a second.
    fn come(watch: &Watch, number: u32, now: Timestamp) {
        let peer = PeerAddr(std::net::SocketAddr::from((std::net::Ipv4Addr::from(number), 1)));
        let client = Config::default().identify(peer, &http::HeaderMap::new());
        let asker = Asker { client, request: RequestId::from_bytes([7; 12]), session: None };
        watch.arrive(&asker, Kind::Page, now);
    }

    #[test]
    fn ever_new_clients_are_watched_up_to_the_cap_counted_past_it_and_forgotten_once_quiet() {
        let (telling, mut breaches) = mpsc::channel(10);
        let metrics = Metrics::new().unwrap().behaviour;
        let watch = Watch::new(Limits::default(), telling, metrics.clone());
        let most = u32::try_from(MAX_CLIENTS).unwrap();
        for number in 0..most + 5_000 {
            come(&watch, number, Timestamp::from_millis(i64::from(number) / 10));
        }
        assert_eq!((watch.meters.len(), metrics.unwatched.get()), (MAX_CLIENTS, 5_000));
        assert!(breaches.try_recv().is_err(), "one request each is no flood");
        watch.sweep(Timestamp::from_millis(1_000_000));
        assert!(watch.meters.is_empty());
        come(&watch, most, Timestamp::from_millis(1_000_001));
        assert_eq!((watch.meters.len(), metrics.unwatched.get()), (1, 5_000));
    }
}
