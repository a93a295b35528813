mod unbans;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::*;
use crate::metrics::Metrics;

/// A store in memory that can be made to fail.
#[derive(Default)]
struct FakeStore {
    bans: Mutex<Vec<Ban>>,
    generations: Mutex<std::collections::HashMap<BanScope, u64>>,
    down: AtomicBool,
}

impl FakeStore {
    fn reachable(&self) -> Result<(), BanStoreError> {
        if self.down.load(Ordering::Relaxed) { Err(BanStoreError("down".into())) } else { Ok(()) }
    }

    fn generation_now(&self, scope: BanScope) -> Result<u64, BanStoreError> {
        self.reachable()?;
        Ok(self.generations.lock().get(&scope).copied().unwrap_or(0))
    }

    fn scopes(&self) -> Vec<String> {
        self.bans.lock().iter().map(|ban| ban.scope.to_string()).collect()
    }
}

#[async_trait]
impl BanStore for FakeStore {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        self.reachable()?;
        Ok(self.bans.lock().clone())
    }

    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError> {
        self.reachable()?;
        let mut bans = self.bans.lock();
        bans.retain(|kept| kept.scope != ban.scope);
        bans.push(ban.clone());
        Ok(())
    }

    async fn generation(&self, scope: BanScope) -> Result<u64, BanStoreError> {
        self.generation_now(scope)
    }

    async fn put_if(&self, ban: &Ban, generation: u64) -> Result<bool, BanStoreError> {
        // One step, as the contract asks: no lift comes between the look and the ban.
        let mut bans = self.bans.lock();
        let holds = self.generation_now(ban.scope)? == generation;
        if holds {
            bans.retain(|kept| kept.scope != ban.scope);
            bans.push(ban.clone());
        }
        Ok(holds)
    }

    async fn forget_ended(&self, scope: BanScope, _by: Timestamp) -> Result<bool, BanStoreError> {
        self.reachable()?;
        let mut bans = self.bans.lock();
        let before = bans.len();
        bans.retain(|kept| kept.scope != scope);
        Ok(bans.len() < before)
    }

    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError> {
        self.reachable()?;
        let mut bans = self.bans.lock();
        *self.generations.lock().entry(scope).or_default() += 1;
        let before = bans.len();
        bans.retain(|kept| kept.scope != scope);
        Ok(bans.len() < before)
    }
}

const START: i64 = 1_700_000_000_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

fn ban(scope: &str, origin: BanOrigin, millis: Option<i64>) -> Ban {
    Ban {
        scope: scope.parse().unwrap(),
        origin,
        reason: format!("test {scope}"),
        evidence: None,
        since: at(0),
        until: millis.map(at),
    }
}

fn operator(scope: &str) -> Ban {
    ban(scope, BanOrigin::Operator, None)
}

fn behaviour(scope: &str, millis: i64) -> Ban {
    ban(scope, BanOrigin::Behaviour, Some(millis))
}

fn ip(text: &str) -> ClientIp {
    ClientIp::new(text.parse().unwrap())
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

struct Bench {
    list: BanList,
    store: Arc<FakeStore>,
    metrics: Metrics,
}

impl Bench {
    fn new(config: Config, trusted: &[&str]) -> Self {
        let (store, metrics) = (Arc::new(FakeStore::default()), Metrics::new().unwrap());
        let trusted = TrustedProxies::new(nets(trusted));
        let kept: Arc<dyn BanStore> = store.clone();
        let list = BanList::new(config, kept, trusted, metrics.banlist.clone());
        Self { list, store, metrics }
    }

    fn barred_by(&self, addr: &str, millis: i64) -> Option<String> {
        self.list.check(ip(addr), at(millis)).map(|ban| ban.scope.to_string())
    }

    fn metric(&self, line: &str) -> bool {
        self.metrics.exposition().unwrap().lines().any(|found| found == line)
    }
}

fn bench() -> Bench {
    Bench::new(Config::default(), &[])
}

#[tokio::test]
async fn bars_by_address_and_reports_the_most_specific_of_nested_ranges() {
    let bench = bench();
    for scope in ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "2001:db8:1:2::/64"] {
        bench.list.ban(operator(scope)).await.unwrap();
    }
    for (addr, expected) in [
        ("10.1.2.3", Some("10.1.2.3")),
        ("10.1.2.4", Some("10.1.0.0/16")),
        ("10.2.0.1", Some("10.0.0.0/8")),
        ("::ffff:10.1.2.3", Some("10.1.2.3")),
        ("11.0.0.1", None),
        ("2001:db8:1:2:3::4", Some("2001:db8:1:2::/64")),
        ("2001:db8:9::1", Some("2001:db8::/32")),
        ("2001:db9::1", None),
        ("::1", None),
    ] {
        assert_eq!(bench.barred_by(addr, 0).as_deref(), expected, "{addr}");
    }
    bench.list.unban("10.1.2.3".parse().unwrap(), at(0)).await;
    assert_eq!(bench.barred_by("10.1.2.3", 0).as_deref(), Some("10.1.0.0/16"), "the range around it stays");
}

#[tokio::test]
async fn a_mapped_ban_bars_the_ipv4_client() {
    let bench = bench();
    bench.list.ban(operator("::ffff:192.0.2.0/120")).await.unwrap();
    assert_eq!(bench.barred_by("192.0.2.9", 0).as_deref(), Some("192.0.2.0/24"));
}

#[tokio::test]
async fn an_expired_inner_ban_leaves_the_outer_one_to_bar() {
    let bench = bench();
    bench.list.ban(operator("10.0.0.0/8")).await.unwrap();
    bench.list.ban(behaviour("10.1.2.3", 50)).await.unwrap();
    assert_eq!(bench.barred_by("10.1.2.3", 60).as_deref(), Some("10.0.0.0/8"));
}

#[tokio::test]
async fn ends_exactly_at_its_end_and_the_sweep_forgets_it() {
    let bench = bench();
    bench.list.ban(behaviour("192.0.2.7", 60_000)).await.unwrap();
    assert!(bench.barred_by("192.0.2.7", 59_999).is_some());
    assert!(bench.barred_by("192.0.2.7", 60_000).is_none());
    assert_eq!(bench.list.list(at(60_000)), []);
    assert_eq!(bench.list.sweep(at(59_999)).await, 0);
    assert_eq!(bench.store.scopes(), ["192.0.2.7"]);
    assert_eq!(bench.list.sweep(at(60_000)).await, 1);
    assert!(bench.store.scopes().is_empty());
    assert!(bench.metric("portcullis_bans_active 0"));
    assert!(bench.metric("portcullis_unbans_total{by=\"expiry\"} 1"));
}

#[tokio::test]
async fn an_allowlisted_range_inside_a_banned_one_stays_free() {
    let config = Config { allowlist: nets(&["10.1.0.0/16", "::ffff:10.9.0.0/112"]), ..Config::default() };
    let bench = Bench::new(config, &[]);
    bench.list.ban(operator("10.0.0.0/8")).await.unwrap();
    assert_eq!(bench.barred_by("10.1.5.5", 0), None);
    assert_eq!(bench.barred_by("10.9.5.5", 0), None);
    assert!(bench.barred_by("10.2.5.5", 0).is_some());
    let refused = bench.list.ban(operator("10.1.5.5")).await;
    assert_eq!(refused, Err(BanError::Allowlisted("10.1.5.5".parse().unwrap())));
}

#[tokio::test]
async fn never_bans_a_trusted_proxy_nor_everyone() {
    let bench = Bench::new(Config::default(), &["10.0.0.1/32"]);
    for scope in ["10.0.0.1", "10.0.0.0/8"] {
        assert!(matches!(bench.list.ban(operator(scope)).await, Err(BanError::TrustedProxy(_))), "{scope}");
    }
    assert!(matches!(bench.list.ban(operator("::/0")).await, Err(BanError::Everyone(_))));
    assert!(bench.list.ban(operator("10.0.0.2")).await.is_ok());
    assert!(bench.metric("portcullis_bans_refused_total{reason=\"trusted-proxy\"} 2"));
}

#[tokio::test]
async fn a_failing_store_delays_nothing_and_is_written_later() {
    let bench = bench();
    bench.list.ban(operator("192.0.2.1")).await.unwrap();
    bench.store.down.store(true, Ordering::Relaxed);
    let outcome = bench.list.ban(operator("192.0.2.2")).await;
    assert!(matches!(outcome, Ok(BanOutcome::Banned { saved: false, .. })));
    assert!(bench.barred_by("192.0.2.2", 0).is_some());
    let lifted = bench.list.unban("192.0.2.1".parse().unwrap(), at(0)).await;
    assert_eq!(lifted, UnbanOutcome { lifted: true, saved: false });
    assert!(bench.barred_by("192.0.2.1", 0).is_none());
    bench.list.sweep(at(1)).await;
    assert_eq!(bench.store.scopes(), ["192.0.2.1"]);

    bench.store.down.store(false, Ordering::Relaxed);
    bench.list.sweep(at(2)).await;
    assert_eq!(bench.store.scopes(), ["192.0.2.2"]);
    assert!(bench.metric("portcullis_store_errors_total{store=\"bans\"} 3"));
}

#[tokio::test]
async fn loads_what_still_holds() {
    let bench = Bench::new(Config { max_bans: 2, ..Config::default() }, &["10.0.0.1/32"]);
    let kept = [behaviour("192.0.2.1", 10), operator("10.0.0.0/8"), operator("192.0.2.2"), operator("192.0.2.3")];
    bench.store.bans.lock().extend(kept);
    bench.store.bans.lock().push(operator("192.0.2.4"));
    assert_eq!(bench.list.load(at(10)).await.unwrap(), 2);
    let scopes: Vec<_> = bench.list.list(at(10)).iter().map(|ban| ban.scope.to_string()).collect();
    assert_eq!(scopes, ["192.0.2.2", "192.0.2.3"]);
    assert_eq!(bench.store.scopes().len(), 5, "what is left out stays in the store");
    bench.store.down.store(true, Ordering::Relaxed);
    assert!(bench.list.load(at(10)).await.is_err());
}

#[tokio::test]
async fn a_full_list_refuses_new_scopes_only() {
    let bench = Bench::new(Config { max_bans: 1, ..Config::default() }, &[]);
    bench.list.ban(operator("192.0.2.1")).await.unwrap();
    assert_eq!(bench.list.ban(operator("192.0.2.2")).await, Err(BanError::Full(1)));
    assert!(bench.list.ban(ban("192.0.2.1", BanOrigin::Operator, Some(5))).await.is_ok());
    assert!(bench.metric("portcullis_bans_refused_total{reason=\"full\"} 1"));
}

#[tokio::test]
async fn behaviour_never_shortens_a_ban_and_an_operator_may() {
    let bench = bench();
    bench.list.ban(operator("192.0.2.1")).await.unwrap();
    let outcome = bench.list.ban(behaviour("192.0.2.1", 60)).await.unwrap();
    assert!(matches!(outcome, BanOutcome::Kept(kept) if kept.until.is_none()));
    bench.list.ban(ban("192.0.2.1", BanOrigin::Operator, Some(5))).await.unwrap();
    assert!(bench.barred_by("192.0.2.1", 5).is_none());
    let outcome = bench.list.ban(behaviour("192.0.2.1", 60)).await.unwrap();
    assert!(matches!(outcome, BanOutcome::Banned { .. }), "a longer one takes its place");
    assert_eq!(bench.list.ban(behaviour("192.0.2.9", 0)).await, Err(BanError::Ended("192.0.2.9".parse().unwrap())));
}

#[tokio::test]
async fn an_expired_ban_is_nothing_to_lift() {
    let bench = bench();
    bench.list.ban(behaviour("192.0.2.1", 60)).await.unwrap();
    assert!(!bench.list.unban("192.0.2.1".parse().unwrap(), at(60)).await.lifted);
    assert!(bench.store.scopes().is_empty());
}

#[tokio::test]
async fn an_unban_clears_the_store_of_what_load_left_out() {
    let bench = Bench::new(Config::default(), &["10.0.0.1/32"]);
    bench.store.bans.lock().push(operator("10.0.0.0/8"));
    assert_eq!(bench.list.load(at(0)).await.unwrap(), 0);
    assert!(!bench.list.unban("10.0.0.0/8".parse().unwrap(), at(0)).await.lifted);
    assert!(bench.store.scopes().is_empty());
}

#[tokio::test]
async fn holds_a_hundred_thousand_bans() {
    let bench = bench();
    let first = u32::from(std::net::Ipv4Addr::new(20, 0, 0, 0));
    let scope = |number: u32| std::net::Ipv4Addr::from(first + number).to_string();
    bench.store.bans.lock().extend((0..100_000).map(|number| behaviour(&scope(number), i64::from(number) + 1)));
    assert_eq!(bench.list.load(at(0)).await.unwrap(), 100_000);
    assert!((0..100_000).all(|number| bench.barred_by(&scope(number), 0).is_some()));
    assert_eq!(bench.barred_by("20.200.0.0", 0), None);
    assert_eq!(bench.list.ban(operator("192.0.2.1")).await, Err(BanError::Full(100_000)));
    assert_eq!(bench.list.list(at(50_000)).len(), 50_000);
    assert_eq!(bench.list.forget_expired(at(50_000)), 50_000);
    assert!(bench.list.ban(operator("192.0.2.1")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_changes_end_with_store_and_memory_agreeing() {
    let bench = Arc::new(bench());
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move {
                for round in 0..50 {
                    let scope = format!("192.0.2.{}", (task + round) % 5);
                    bench.list.ban(operator(&scope)).await.unwrap();
                    if round % 3 == task % 3 {
                        bench.list.unban(scope.parse().unwrap(), at(0)).await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut memory: Vec<_> = bench.list.list(at(0)).iter().map(|ban| ban.scope.to_string()).collect();
    let mut stored = bench.store.scopes();
    memory.sort();
    stored.sort();
    assert_eq!(memory, stored);
}

#[tokio::test]
async fn after_a_clock_that_stepped_back_a_ban_lasts_its_own_time_and_no_longer() {
    const HOUR: i64 = 3_600_000;
    let bench = bench();
    bench.list.ban(behaviour("192.0.2.1", 60_000)).await.unwrap();
    bench.list.ban(operator("192.0.2.2")).await.unwrap();
    bench.list.sweep(at(-30_000)).await;
    assert_eq!(bench.list.list(at(0))[0].until.or(bench.list.list(at(0))[1].until), Some(at(60_000)), "a small step");
    bench.list.sweep(at(-HOUR)).await;
    assert!(bench.barred_by("192.0.2.1", -HOUR + 59_999).is_some());
    assert!(bench.barred_by("192.0.2.1", -HOUR + 60_000).is_none(), "not for an hour more");
    assert!(bench.barred_by("192.0.2.2", -HOUR + 60_000).is_some(), "what has no end has none");
    assert_eq!(bench.list.sweep(at(-HOUR + 60_000)).await, 1);
    assert_eq!(bench.store.scopes(), ["192.0.2.2"], "the store follows");
}
