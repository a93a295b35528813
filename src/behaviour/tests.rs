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
                Seen::Closed(session) => closing.send(ClosedSession(session)).await.unwrap(),
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

#[tokio::test]
async fn the_third_abnormal_session_bans_and_uses_up_the_abnormal_ones_only() {
    let bench = Bench::new();
    bench.score(blocking(), true, vec![session(1, SCANNER), session(2, NORMAL), session(3, SCANNER)]).await;
    assert!(!bench.barred("192.0.2.7"), "two are allowed");
    bench.score(blocking(), true, vec![session(4, SCANNER)]).await;
    assert!(bench.barred("192.0.2.7"));
    assert!(!bench.barred("192.0.2.8"));
    let abnormal = (Behaviour::Abnormal, false);
    assert_eq!(bench.behaviours(), [abnormal, (Behaviour::Normal, true), abnormal, abnormal]);
}

#[tokio::test]
async fn without_block_ip_nobody_is_banned_and_the_evidence_stays() {
    let bench = Bench::new();
    bench.score(Config::default(), true, (1..=5).map(|number| session(number, SCANNER)).collect()).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true); 5]);
}

#[tokio::test]
async fn a_text_finding_goes_before_the_features() {
    let bench = Bench::new();
    let found = Session { findings: 1, ..session(1, NORMAL) };
    bench.score(blocking(), true, vec![found, session(2, SCANNER)]).await;
    let kept = bench.store.assessments.lock().clone();
    assert_eq!((kept[0].cause, kept[0].score), (Some(Cause::Text), None));
    assert_eq!((kept[1].cause, kept[1].score), (Some(Cause::Features), Some(0.97)));
    assert_eq!(kept[1].model, "rule 1");
}

#[tokio::test]
async fn collection_mode_and_a_failing_model_leave_new_sessions() {
    let bench = Bench::new();
    bench.score(blocking(), false, vec![session(1, SCANNER)]).await;
    bench.score(blocking(), true, vec![Session { requests: 0, ..session(2, SCANNER) }]).await;
    assert_eq!(bench.behaviours(), [(Behaviour::NewSession, true); 2]);
    assert_eq!(bench.metrics.behaviour.model_errors.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_delays_no_ban_and_loses_no_assessment() {
    let bench = Bench::new();
    *bench.store.refusals_left.lock() = 7;
    bench.score(blocking(), true, (1..=3).map(|number| session(number, SCANNER)).collect()).await;
    assert!(bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, false); 3]);
}

#[tokio::test(start_paused = true)]
async fn judgements_of_a_dead_store_outlive_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new();
    let config = spool::Config { folder: folder.path().join("spool"), limit: 1 << 20 };
    bench.spool = Spool::open(config.clone(), bench.metrics.assessment_spool.clone()).ok().map(Arc::new);
    *bench.store.refusals_left.lock() = u32::MAX;
    bench.score(blocking(), true, (1..=3).map(|number| session(number, SCANNER)).collect()).await;
    assert!(bench.barred("192.0.2.7"), "a ban does not wait");
    assert_eq!(bench.behaviours(), []);
    assert_eq!(bench.spool.take().unwrap().contents().records, 4, "three judgements, one ban that used them up");

    // A blocking thread may hold the folder a moment longer.
    while bench.spool.is_none() {
        bench.spool = Spool::open(config.clone(), bench.metrics.assessment_spool.clone()).ok().map(Arc::new);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    *bench.store.refusals_left.lock() = 5;
    let (sender, closed) = mpsc::channel(1);
    let inlets = Inlets { closed, open: mpsc::channel(1).1, breaches: mpsc::channel(1).1 };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    while bench.spool.as_ref().is_some_and(|spool| !spool.is_empty()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(sender);
    scoring.await.unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, false); 3]);
}

#[tokio::test]
async fn strikes_outlive_a_restart() {
    let bench = Bench::new();
    let recent = Timestamp::now().as_millis() / 1_000;
    let id = |last: u8| {
        let mut bytes = [last; 12];
        bytes[..4].copy_from_slice(&u32::try_from(recent).unwrap().to_be_bytes());
        SessionId::from(RequestId::from_bytes(bytes))
    };
    let scans: Vec<_> = (1..=2).map(|last| Session { id: id(last), ..session(last, SCANNER) }).collect();
    bench.score(blocking(), true, scans).await;
    let restarted = Bench { strikes: Arc::new(Strikes::new(Duration::from_secs(3_600))), ..bench };
    assert_eq!(restarted.strikes.load(&*restarted.store).await.unwrap(), 2);
    restarted.score(blocking(), true, vec![Session { id: id(3), ..session(3, SCANNER) }]).await;
    assert!(restarted.barred("192.0.2.7"));
}

#[tokio::test]
async fn told_to_stop_it_judges_what_was_sent_and_ends() {
    let bench = Bench::new();
    let (sender, closed) = mpsc::channel(100);
    let (_showing, open) = mpsc::channel(1);
    let (_telling, breaches) = mpsc::channel(1);
    let inlets = Inlets { closed, open, breaches };
    let (stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    sender.send(ClosedSession(session(1, NORMAL))).await.unwrap();
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(10), scoring).await.unwrap().unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Normal, true)]);
    assert!(sender.is_closed());
}

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

#[tokio::test]
async fn an_open_session_found_abnormal_counts_at_once_and_once() {
    let bench = Bench::new();
    let config = || Config { max_abnormal: 1, ..blocking() };
    let open = |number| Seen::Open(session(number, SCANNER));
    bench.see(config(), true, vec![open(1), open(1), Seen::Closed(session(1, SCANNER))]).await;
    assert!(!bench.barred("192.0.2.7"), "one strike, though it was seen three times");
    bench.see(config(), true, vec![open(2)]).await;
    assert!(bench.barred("192.0.2.7"), "the second one is still open");
}

#[tokio::test]
async fn a_session_abnormal_while_open_stays_so_and_a_ban_has_used_it_up() {
    let bench = Bench::new();
    let config = Config { max_abnormal: 0, ..blocking() };
    let closed = Session { codes_4xx: NORMAL, ..session(1, SCANNER) };
    bench.see(config, true, vec![Seen::Open(session(1, SCANNER)), Seen::Closed(closed)]).await;
    let kept = bench.store.assessments.lock().last().cloned().unwrap();
    assert_eq!((kept.behaviour, kept.active, kept.cause), (Behaviour::Abnormal, false, Some(Cause::Features)));
}

#[tokio::test]
async fn an_open_session_that_looks_ordinary_is_neither_stored_nor_struck() {
    let bench = Bench::new();
    bench.see(blocking(), true, vec![Seen::Open(session(1, NORMAL))]).await;
    assert_eq!(bench.behaviours(), []);
    assert!(bench.metrics.exposition().unwrap().contains("portcullis_early_assessments_total{behavior=\"Normal\"} 1"));
}

#[tokio::test]
async fn one_passed_limit_bans_at_once_and_makes_the_session_abnormal() {
    for limit in Limit::ALL {
        let bench = Bench::new();
        bench.see(blocking(), true, vec![Seen::Breach(breach(1, limit)), Seen::Closed(session(1, NORMAL))]).await;
        assert!(bench.barred("192.0.2.7"), "{limit:?}");
        let kept = bench.store.assessments.lock()[0].clone();
        assert_eq!((kept.behaviour, kept.cause, kept.active), (Behaviour::Abnormal, Some(Cause::Limit(limit)), false));
    }
}

#[tokio::test]
async fn a_passed_limit_without_block_ip_is_a_strike_and_in_collection_mode_no_judgement() {
    let bench = Bench::new();
    let seen = || vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Closed(session(1, NORMAL))];
    bench.see(Config::default(), true, seen()).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true)]);
    let collecting = Bench::new();
    collecting.see(blocking(), false, seen()).await;
    assert_eq!(collecting.behaviours(), [(Behaviour::NewSession, true)]);
    assert!(collecting.barred("192.0.2.7"), "the limit holds without a model");
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_have_done() {
    let bench = Bench::new();
    let config = Config { dry_run: true, ..blocking() };
    let scans = (2..=7).map(|number| Seen::Closed(session(number, SCANNER)));
    let seen = std::iter::once(Seen::Breach(breach(1, Limit::Refused))).chain(scans).collect();
    bench.see(config, true, seen).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.metrics.behaviour.would_ban.get(), 3, "the limit, the third session and the sixth");
}

impl Bench {
    fn shared(&self) -> &Shared {
        self.store.shared.as_ref().unwrap()
    }

    /// Strikes that other filters counted.
    fn struck_elsewhere(&self, sessions: impl IntoIterator<Item = u8>) {
        let strikes = sessions.into_iter().map(|number| session(number, SCANNER)).map(|one| (one.client, one.id));
        self.shared().strikes.lock().extend(strikes);
    }
}

#[tokio::test]
async fn an_open_session_found_abnormal_counts_with_the_strikes_of_other_filters_and_a_ban_clears_them() {
    let bench = Bench::sharing();
    bench.struck_elsewhere([1]);
    let open = |number| Seen::Open(session(number, SCANNER));
    bench.see(blocking(), true, vec![open(2), Seen::Closed(session(2, SCANNER))]).await;
    assert_eq!(bench.shared().strikes.lock().len(), 2, "counted once, at once");
    assert!(!bench.barred("192.0.2.7"));
    bench.see(blocking(), true, vec![open(3)]).await;
    assert!(bench.barred("192.0.2.7"), "one elsewhere, two here");
    assert!(bench.shared().strikes.lock().is_empty());
}

#[tokio::test]
async fn a_passed_limit_counts_for_other_filters_where_it_bans_nobody() {
    let bench = Bench::sharing();
    let seen = || vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Breach(breach(1, Limit::Flood))];
    bench.see(Config::default(), true, seen()).await;
    assert_eq!(bench.shared().strikes.lock().len(), 1);
    bench.see(blocking(), true, seen()).await;
    assert!(bench.barred("192.0.2.7"));
    assert!(bench.shared().strikes.lock().is_empty(), "used up by the ban");
}

#[tokio::test]
async fn a_dry_run_strikes_nobody_for_other_filters() {
    let bench = Bench::sharing();
    bench.struck_elsewhere([1, 2]);
    let config = Config { dry_run: true, ..blocking() };
    bench.see(config, true, (3..=5).map(|number| Seen::Closed(session(number, SCANNER))).collect()).await;
    assert_eq!(bench.metrics.behaviour.would_ban.get(), 1, "by its own three");
    assert_eq!(bench.shared().strikes.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_another_filter_left_stays_as_abnormal_as_it_was_while_open() {
    let bench = Bench::sharing();
    bench.see(blocking(), true, vec![Seen::Open(session(1, SCANNER))]).await;
    bench.shared().abandoned.lock().push(session(1, NORMAL));
    let (closing, closed) = mpsc::channel(1);
    let inlets = Inlets { closed, open: mpsc::channel(1).1, breaches: mpsc::channel(1).1 };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    while bench.behaviours().len() < 2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(closing);
    scoring.await.unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true); 2]);
    assert_eq!(bench.shared().strikes.lock().len(), 1, "no second strike");
}

#[tokio::test]
async fn bans_of_who_comes_back_grow() {
    let bench = Bench::new();
    let config = Config { max_abnormal: 0, ..blocking() };
    let length = || {
        let ban = bench.bans.list(Timestamp::now())[0].clone();
        ban.until.unwrap().since(ban.since).as_secs() / 60
    };
    bench.see(config.clone(), true, vec![Seen::Closed(session(1, SCANNER))]).await;
    assert_eq!(length(), 10);
    bench.see(config, true, vec![Seen::Closed(session(2, SCANNER))]).await;
    assert_eq!(length(), 20, "a restart knows it from the ban in force");
}

#[tokio::test]
async fn an_unban_keeps_behaviour_away_for_the_time_of_grace_and_loses_no_evidence() {
    let bench = Bench::new();
    bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]).await;
    bench.bans.unban("192.0.2.7".parse().unwrap(), Timestamp::now()).await;
    bench.see(blocking(), true, vec![Seen::Breach(breach(2, Limit::Flood))]).await;
    assert!(!bench.barred("192.0.2.7"), "grace");
}

#[tokio::test]
async fn strikes_of_before_an_unban_at_another_filter_ban_nobody() {
    let bench = Bench::sharing();
    let strikes = |numbers: std::ops::Range<u8>| numbers.map(|n| Seen::Closed(session(n, SCANNER))).collect();
    bench.see(blocking(), true, strikes(1..3)).await;
    // There, an operator lets the client in: the store hears of it, this filter not yet.
    bench.store.clear_strikes(session(1, 0).client.net()).await.unwrap();
    bench.store.remove("192.0.2.7".parse().unwrap()).await.unwrap();
    bench.see(blocking(), true, strikes(3..4)).await;
    assert!(!bench.barred("192.0.2.7"), "the third one rests on a generation that is over");
    assert!(bench.counted("portcullis_bans_refused_total{reason=\"lifted\"} 1"));
}

impl Bench {
    /// One that asks a server of this zone before it bans.
    fn asking(zone: &[(&str, Say)]) -> (Self, Server) {
        let server = serve(zone);
        (Self { crawlers: Some(crawlers(&server)), ..Self::new() }, server)
    }

    fn counted(&self, line: &str) -> bool {
        self.metrics.exposition().unwrap().lines().any(|found| found == line)
    }
}

#[tokio::test]
async fn a_search_engine_that_the_dns_confirms_is_spared() {
    let (bench, _server) = Bench::asking(&[
        ("7.2.0.192.in-addr.arpa.", pointer("crawl.googlebot.com")),
        ("crawl.googlebot.com.", addresses(&["192.0.2.7"])),
    ]);
    let offences = vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Breach(breach(2, Limit::Flood))];
    bench.see(Config { max_abnormal: 0, ..blocking() }, true, offences).await;
    bench.score(Config { max_abnormal: 0, ..blocking() }, true, vec![session(3, SCANNER)]).await;
    assert!(!bench.barred("192.0.2.7"));
    assert!(bench.counted("portcullis_crawler_checks_total{outcome=\"crawler\"} 1"), "the answer is kept");
    assert!(bench.behaviours().contains(&(Behaviour::Abnormal, true)), "spared, not judged otherwise");
}

#[tokio::test]
async fn who_only_says_to_be_a_search_engine_is_banned_and_so_is_who_nobody_knows() {
    for (name, say) in [("spoofed", pointer("crawl.googlebot.com")), ("away", Say::Nothing), ("refused", Say::Code(5))]
    {
        let (bench, _server) =
            Bench::asking(&[("7.2.0.192.in-addr.arpa.", say), ("crawl.googlebot.com.", addresses(&["198.51.100.1"]))]);
        bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]).await;
        assert!(bench.barred("192.0.2.7"), "{name}");
    }
}

#[tokio::test]
async fn an_unban_while_the_dns_is_asked_goes_before_the_ban() {
    let (bench, server) = Bench::asking(&[("7.2.0.192.in-addr.arpa.", Say::Nothing)]);
    let scope = "192.0.2.7".parse().unwrap();
    let lifting = async {
        while server.asked() == 0 {
            tokio::task::yield_now().await;
        }
        bench.bans.unban(scope, Timestamp::now()).await;
    };
    let judging = bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]);
    futures_util::future::join(judging, lifting).await;
    assert!(!bench.barred("192.0.2.7"));
    assert!(bench.counted("portcullis_bans_refused_total{reason=\"lifted\"} 1"));
}

#[tokio::test]
async fn closed_sessions_are_judged_within_two_hundred_milliseconds_at_a_thousand_a_second() {
    let bench = Bench::new();
    let (closing, closed) = mpsc::channel(10_000);
    let (_showing, open) = mpsc::channel(1);
    let (_telling, breaches) = mpsc::channel(1);
    let inlets = Inlets { closed, open, breaches };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    let mut sent = std::collections::HashMap::new();
    let mut waits = Vec::new();
    let mut judged = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while judged < 1_000 {
        if sent.len() < 1_000 {
            tick.tick().await;
            let mut bytes = [0; 12];
            bytes[4..].copy_from_slice(&(sent.len() as u64).to_be_bytes());
            let id = SessionId::from(RequestId::from_bytes(bytes));
            sent.insert(id, std::time::Instant::now());
            closing.send(ClosedSession(Session { id, ..session(1, NORMAL) })).await.unwrap();
        } else {
            tokio::task::yield_now().await;
        }
        let kept = bench.store.assessments.lock();
        waits.extend(kept[judged..].iter().map(|one| sent[&one.session].elapsed()));
        judged = kept.len();
    }
    drop(closing);
    scoring.await.unwrap();
    waits.sort_unstable();
    assert!(waits[989] < Duration::from_millis(200), "p99 is {:?}", waits[989]);
}
