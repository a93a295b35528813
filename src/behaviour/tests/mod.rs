//! The scorer with a store and a model of tests; the cases by subject in the files beside.

mod bans;
mod crawlers;
mod judging;
mod open;
mod shared;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use super::*;
use crate::banlist::{self, Ban, BanList, BanScope, BanStore, BanStoreError};
use crate::client::{ClientIdentity, ClientIp, ClientKey, PeerAddr, TrustedProxies};
use crate::crawlers::Crawlers;
use crate::crawlers::tests::{Say, Server, addresses, crawlers, pointer, serve};
use crate::id::RequestId;
use crate::metrics::Metrics;
use crate::session::{ClosedSession, OpenSession, Session, SessionId};
use crate::spool::{self, Spool};
use crate::time::Timestamp;

/// Keeps what it is told, or refuses for as long as it is away.
#[derive(Default)]
struct Memory {
    assessments: Mutex<Vec<Assessment>>,
    refusals_left: Mutex<u32>,
    /// How often a ban was lifted, of whomever.
    generation: Mutex<u64>,
    /// What filters on it share, where several do.
    shared: Option<Shared>,
}

#[derive(Default)]
struct Shared {
    strikes: Mutex<HashSet<(ClientKey, SessionId)>>,
    /// Left by another filter.
    abandoned: Mutex<Vec<Session>>,
}

#[async_trait]
impl AssessmentStore for Memory {
    async fn put(&self, assessment: &Assessment) -> Result<(), AssessmentStoreError> {
        let mut refusals = self.refusals_left.lock();
        if *refusals > 0 {
            *refusals -= 1;
            return Err(AssessmentStoreError("away".into()));
        }
        self.assessments.lock().push(assessment.clone());
        Ok(())
    }

    async fn by_session(&self, session: SessionId) -> Result<Option<Assessment>, AssessmentStoreError> {
        Ok(self.assessments.lock().iter().find(|kept| kept.session == session).cloned())
    }

    async fn page(&self, _query: &AssessmentQuery) -> Result<Vec<Assessment>, AssessmentStoreError> {
        Ok(self.assessments.lock().clone())
    }

    async fn active_abnormal(&self) -> Result<Vec<(ClientKey, SessionId)>, AssessmentStoreError> {
        let kept = self.assessments.lock();
        let counting = kept.iter().filter(|kept| kept.active && kept.behaviour == Behaviour::Abnormal);
        Ok(counting.map(|kept| (kept.client, kept.session)).collect())
    }

    async fn deactivate_abnormal(&self, client: ClientKey) -> Result<u64, AssessmentStoreError> {
        let mut changed = 0;
        for kept in self.assessments.lock().iter_mut() {
            if kept.client == client && kept.active && kept.behaviour == Behaviour::Abnormal {
                kept.active = false;
                changed += 1;
            }
        }
        Ok(changed)
    }

    fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    async fn strike(
        &self,
        client: ClientKey,
        session: SessionId,
        _window: Duration,
    ) -> Result<Option<usize>, AssessmentStoreError> {
        Ok(self.shared.as_ref().map(|shared| {
            let mut strikes = shared.strikes.lock();
            strikes.insert((client, session));
            strikes.iter().filter(|(struck, _)| *struck == client).count()
        }))
    }

    async fn clear_strikes(&self, scope: IpNet) -> Result<(), AssessmentStoreError> {
        if let Some(shared) = &self.shared {
            shared.strikes.lock().retain(|(client, _)| client.net() != scope);
        }
        Ok(())
    }

    async fn take_abandoned(&self, _lease: Duration) -> Result<Option<Session>, AssessmentStoreError> {
        Ok(self.shared.as_ref().and_then(|shared| shared.abandoned.lock().pop()))
    }
}

#[async_trait]
impl BanStore for Memory {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        Ok(Vec::new())
    }

    async fn put(&self, _ban: &Ban) -> Result<(), BanStoreError> {
        Ok(())
    }

    async fn generation(&self, _scope: BanScope) -> Result<u64, BanStoreError> {
        Ok(*self.generation.lock())
    }

    async fn put_if(&self, _ban: &Ban, generation: u64) -> Result<bool, BanStoreError> {
        Ok(*self.generation.lock() == generation)
    }

    async fn forget_ended(&self, scope: BanScope, _by: Timestamp) -> Result<bool, BanStoreError> {
        self.remove(scope).await
    }

    async fn remove(&self, _scope: BanScope) -> Result<bool, BanStoreError> {
        *self.generation.lock() += 1;
        Ok(true)
    }
}

/// A model that takes twenty answers of 4xx for abnormal and fails on a session without a request.
struct Rule;

impl BehaviourClassifier for Rule {
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError> {
        match features {
            SessionFeatures { requests: 0, .. } => Err(BehaviourError("no request".into())),
            SessionFeatures { codes_4xx: 20.., .. } => Ok(0.97),
            _ => Ok(0.02),
        }
    }

    fn version(&self) -> &str {
        "rule 1"
    }
}

/// What a scorer is shown.
enum Seen {
    Open(Session),
    Closed(Session),
    Breach(Breach),
}

struct Bench {
    store: Arc<Memory>,
    bans: Arc<BanList>,
    strikes: Arc<Strikes>,
    spool: Option<Arc<Spool>>,
    crawlers: Option<Arc<Crawlers>>,
    metrics: Metrics,
}

impl Bench {
    fn new() -> Self {
        Self::on(Memory::default())
    }

    /// On a store that several filters share.
    fn sharing() -> Self {
        Self::on(Memory { shared: Some(Shared::default()), ..Memory::default() })
    }

    fn on(store: Memory) -> Self {
        let (store, metrics) = (Arc::new(store), Metrics::new().unwrap());
        let ban_store = Arc::clone(&store) as Arc<dyn BanStore>;
        let trusted = TrustedProxies::default();
        let bans = BanList::new(banlist::Config::default(), ban_store, trusted, metrics.banlist.clone());
        let strikes = Arc::new(Strikes::new(Duration::from_secs(3_600)));
        Self { store, bans: Arc::new(bans), strikes, spool: None, crawlers: None, metrics }
    }

    fn scorer(&self, config: Config, with_model: bool) -> BehaviourScorer {
        let classifier: Option<(Arc<dyn BehaviourClassifier>, Thresholds)> =
            if with_model { Some((Arc::new(Rule), Thresholds { closed: 0.5, open: 0.7 })) } else { None };
        let parts = Parts {
            classifier,
            custom: CustomNames::from([]),
            store: Arc::clone(&self.store) as Arc<dyn AssessmentStore>,
            spool: self.spool.clone(),
            pseudonyms: None,
            strikes: Arc::clone(&self.strikes),
            bans: Arc::clone(&self.bans),
            crawlers: self.crawlers.clone(),
            metrics: self.metrics.behaviour.clone(),
        };
        BehaviourScorer::new(config, parts)
    }

    /// Scores these sessions, in order, to the end.
    async fn score(&self, config: Config, with_model: bool, sessions: Vec<Session>) {
        self.see(config, with_model, sessions.into_iter().map(Seen::Closed).collect()).await;
    }

    /// Lets a scorer see all this, each before the next, to the end.
    async fn see(&self, config: Config, with_model: bool, seen: Vec<Seen>) {
        let (closing, closed) = mpsc::channel(1);
        let (showing, open) = mpsc::channel(1);
        let (telling, breaches) = mpsc::channel(1);
        let inlets = Inlets { closed, open, breaches };
        let (_stop, stopped) = watch::channel(false);
        let scoring = tokio::spawn(self.scorer(config, with_model).run(inlets, stopped));
        for one in seen {
            match one {
                Seen::Closed(session) => closing.send(ClosedSession::now(session)).await.unwrap(),
                Seen::Open(session) => showing.send(OpenSession(session)).await.unwrap(),
                Seen::Breach(breach) => telling.send(breach).await.unwrap(),
            }
            // A channel of one with room again has given up what was in it; the scorer works on it or is done.
            drop((
                closing.reserve().await.unwrap(),
                showing.reserve().await.unwrap(),
                telling.reserve().await.unwrap(),
            ));
        }
        drop((closing, showing, telling));
        scoring.await.unwrap();
    }

    /// Whether the metrics have this line.
    fn counted(&self, line: &str) -> bool {
        self.metrics.exposition().unwrap().lines().any(|found| found == line)
    }

    fn barred(&self, address: &str) -> bool {
        self.bans.check(ClientIp::new(address.parse().unwrap()), Timestamp::now()).is_some()
    }

    fn behaviours(&self) -> Vec<(Behaviour, bool)> {
        self.store.assessments.lock().iter().map(|kept| (kept.behaviour, kept.active)).collect()
    }
}

fn session(number: u8, codes_4xx: u32) -> Session {
    let ip: std::net::IpAddr = "192.0.2.7".parse().unwrap();
    let key = ClientKey::from(IpNet::from(ip));
    let id = RequestId::from_bytes([number; 12]).into();
    let mut session = Session::begin(id, key, ClientIp::new(ip), Timestamp::from_millis(0));
    session.requests = 30;
    session.codes_4xx = codes_4xx;
    session
}

fn blocking() -> Config {
    Config { block_ip: true, ..Config::default() }
}

const NORMAL: u32 = 0;
const SCANNER: u32 = 25;

fn breach(number: u8, limit: Limit) -> Breach {
    let ip = ClientIp::new("192.0.2.7".parse().unwrap());
    let client = ClientIdentity {
        peer: PeerAddr(std::net::SocketAddr::new(ip.addr(), 1)),
        ip,
        key: ClientKey::from(IpNet::from(ip.addr())),
    };
    Breach {
        client,
        request: RequestId::from_bytes([9; 12]),
        session: Some(session(number, NORMAL).id),
        limit,
        at: Timestamp::now(),
    }
}
