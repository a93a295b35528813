//! ONE suite that every store passes. `store_conformance_suite!` makes a test of each case for a [`Fixture`].

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use super::Storage;
use crate::activity::{ActivityQuery, ActivityRecord, RecordPart};
use crate::banlist::{Ban, BanOrigin};
use crate::behaviour::{Assessment, AssessmentQuery, Behaviour, Cause, Limit, SessionFeatures, Spoken};
use crate::client::{ClientIp, ClientKey};
use crate::id::RequestId;
use crate::inspection::{AttackClass, Finding, Malformed, Suspicion, Target, TargetKind};
use crate::octets;
use crate::policy::{Reason, Verdict};
use crate::session::{Checkpoint, OpenVisit, Session, SessionId, SessionKey};
use crate::time::Timestamp;

/// A store to test: empty at first, removed when dropped.
pub(super) trait Fixture: Sized {
    /// An empty store.
    async fn start() -> Self;
    /// The store.
    fn storage(&self) -> &Storage;
    /// Closes the store and opens it again.
    async fn reopen(&mut self);
}

/// A test of each case of the suite, for this fixture.
macro_rules! store_conformance_suite {
    ($fixture:ty) => {
        store_conformance_suite!($fixture: append_is_idempotent, pages_newest_first, filters, odd_content_survives, bytes_that_are_not_utf8_survive, what_is_cut_says_so,
            every_verdict_survives, retention_removes_the_old, bans_are_kept, assessments_are_kept,
            strikes_are_deactivated, open_visits_are_kept, an_empty_batch_is_fine,
            bans_that_ended_are_forgotten, filters_count_strikes_together, a_closed_session_is_judged_by_one);

        #[tokio::test(flavor = "multi_thread")]
        async fn reopening_keeps_everything() {
            let mut fixture = <$fixture as crate::storage::conformance::Fixture>::start().await;
            crate::storage::conformance::reopening_keeps_everything(&mut fixture).await;
        }
    };
    ($fixture:ty: $($case:ident),+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            let fixture = <$fixture as crate::storage::conformance::Fixture>::start().await;
            crate::storage::conformance::$case(crate::storage::conformance::Fixture::storage(&fixture)).await;
        }
    )+};
}
pub(super) use store_conformance_suite;

fn newest(limit: u32) -> ActivityQuery {
    ActivityQuery { limit, ..ActivityQuery::default() }
}

async fn ids(storage: &Storage, query: &ActivityQuery) -> Vec<RequestId> {
    storage.activity.page(query).await.unwrap().into_iter().map(|record| record.id).collect()
}

fn key(text: &str) -> ClientKey {
    super::fields::client_key(text).unwrap()
}

fn samples(numbers: impl IntoIterator<Item = u32>) -> Vec<ActivityRecord> {
    numbers.into_iter().map(ActivityRecord::sample).collect()
}

pub(super) async fn an_empty_batch_is_fine(storage: &Storage) {
    storage.activity.ping().await.unwrap();
    storage.activity.append(&[]).await.unwrap();
    assert!(ids(storage, &newest(10)).await.is_empty());
}

pub(super) async fn append_is_idempotent(storage: &Storage) {
    storage.activity.append(&samples(0..5)).await.unwrap();
    let mut again = samples(3..8);
    again[0].status = 599;
    storage.activity.append(&again).await.unwrap();
    storage.activity.append(&again).await.unwrap();
    let kept = storage.activity.page(&newest(100)).await.unwrap();
    let expected = samples((0..8).rev());
    assert_eq!(kept, expected, "each once, the first version stays");
}

pub(super) async fn pages_newest_first(storage: &Storage) {
    storage.activity.append(&samples([5, 1, 9, 3, 7, 0, 8, 2, 6, 4])).await.unwrap();
    let mut query = newest(4);
    let mut seen = Vec::new();
    loop {
        let page = ids(storage, &query).await;
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        query.before = Some(*last);
        seen.extend(page);
    }
    assert_eq!(seen, samples((0..10).rev()).iter().map(|record| record.id).collect::<Vec<_>>());
    assert_eq!(ids(storage, &newest(0)).await.len(), 1, "a limit of 0 counts as 1");
}

pub(super) async fn filters(storage: &Storage) {
    let visit = SessionId::from(ActivityRecord::sample(1).id);
    let mut records = samples(0..6);
    for record in &mut records[1..4] {
        record.session = Some(visit);
    }
    records[0].session = None;
    records[2].verdict = Verdict::Refuse(Reason::Attack(AttackClass::Sqli));
    records[3].url = "/Shop/100%_/?q=/search".to_owned();
    records[4].verdict = Verdict::Refuse(Reason::Banned);
    records[5].client = key("2001:db8:1:2::/64");
    records[5].client_ip = ClientIp::new("2001:db8:1:2::7".parse().unwrap());
    storage.activity.append(&records).await.unwrap();

    let expect = async |query: ActivityQuery, numbers: &[u32]| {
        let expected = numbers.iter().map(|&n| ActivityRecord::sample(n).id).collect::<Vec<_>>();
        assert_eq!(ids(storage, &query).await, expected, "{query:?}");
    };
    expect(ActivityQuery { session: Some(visit), ..newest(10) }, &[3, 2, 1]).await;
    expect(ActivityQuery { refused_only: true, ..newest(10) }, &[4, 2]).await;
    expect(ActivityQuery { refused_only: true, session: Some(visit), ..newest(10) }, &[2]).await;
    expect(ActivityQuery { verdict: Some("refuse"), ..newest(10) }, &[4, 2]).await;
    expect(ActivityQuery { verdict: Some("flag"), ..newest(10) }, &[]).await;
    expect(ActivityQuery { class: Some(AttackClass::Sqli), ..newest(10) }, &[2]).await;
    expect(ActivityQuery { path: Some("/Shop/100%_".to_owned()), ..newest(10) }, &[3]).await;
    expect(ActivityQuery { path: Some("/shop".to_owned()), ..newest(10) }, &[]).await;
    expect(ActivityQuery { path: Some("$url".to_owned()), ..newest(10) }, &[]).await;
    expect(ActivityQuery { client: Some(key("2001:db8:1:2::/64")), ..newest(10) }, &[5]).await;
    expect(ActivityQuery { client: Some(key("192.0.2.1")), before: Some(records[3].id), ..newest(2) }, &[2, 1]).await;
    expect(ActivityQuery { client: Some(key("198.51.100.1")), ..newest(10) }, &[]).await;
    assert_eq!(storage.activity.page(&newest(10)).await.unwrap(), records.into_iter().rev().collect::<Vec<_>>());
}

/// A record with what stores stumble over.
fn odd_record(number: u32) -> ActivityRecord {
    ActivityRecord {
        url: format!("/\u{0}?q={}&τ=😀'\"\\", "x".repeat(100_000)),
        method: "PROPFIND".into(),
        headers: vec![
            ("$where".into(), "1".into()),
            ("x.dotted.name".into(), "😀\u{0}\u{1}".into()),
            ("accept".into(), "a".into()),
            ("accept".into(), "b".into()),
            ("empty".into(), String::new()),
        ],
        status: 0,
        request_bytes: u64::from(u32::MAX) + 7,
        response_bytes: 1 << 53,
        content_type: None,
        latency: Duration::from_secs(86_400),
        score: None,
        ..ActivityRecord::sample(number)
    }
}

pub(super) async fn odd_content_survives(storage: &Storage) {
    let deep = (0..100).fold(json!("end"), |inner, _| json!({ "a": inner }));
    let bodies = [
        json!({ "user": "me", "n": 5, "f": 5.5, "big": 1_u64 << 40, "none": null, "list": [1, "a", { "b": true }] }),
        json!({ "login": { "$gt": "" } }),
        json!({ "a.b": 1, "": 2 }),
        json!({ "nul\u{0}key": "nul\u{0}value", "😀": "😀" }),
        json!([1, 2, 3]),
        json!("text"),
        json!({ "huge": u64::MAX }),
        json!({}),
        deep,
    ];
    let mut records = Vec::new();
    for (number, body) in (0..).zip(bodies) {
        records.push(ActivityRecord { request_body: Some(body), ..odd_record(number) });
    }
    storage.activity.append(&records).await.unwrap();
    let mut kept = storage.activity.page(&newest(100)).await.unwrap();
    kept.reverse();
    for (kept, record) in kept.iter().zip(&records) {
        assert_eq!(kept, record);
    }
    assert_eq!(kept.len(), records.len());
}

pub(super) async fn bytes_that_are_not_utf8_survive(storage: &Storage) {
    let odd = |raw: &[u8]| octets::text(raw).into_owned();
    let every: Vec<u8> = (0..=255).collect();
    let record = ActivityRecord {
        url: odd(b"/caf\xe9\\?q=\xff%ff"),
        origin: odd(b"http://h\xf4st"),
        headers: vec![("x-all".into(), odd(&every)), ("x-plain".into(), "a\\b".into())],
        content_type: Some(odd(b"text/\x80")),
        request_body: Some(json!({ odd(b"n\xe9"): [odd(&every), "plain\\", 5] })),
        ..ActivityRecord::sample(1)
    };
    let body_only = ActivityRecord { request_body: Some(json!({ "a": odd(b"\xe9") })), ..ActivityRecord::sample(2) };
    let records = [record, body_only, ActivityRecord { url: "/a\\xe9".into(), ..ActivityRecord::sample(3) }];
    let stored = records.clone().map(ActivityRecord::escape);
    storage.activity.append(&stored).await.unwrap();
    let mut kept = storage.activity.page(&newest(10)).await.unwrap();
    kept.reverse();
    assert_eq!(kept, stored);
    assert_eq!(kept[0].url, r"/caf\xe9\\?q=\xff%ff", "what is stored can be read");
    assert!(kept[2].escaped.is_empty(), "a backslash that was sent is told from one of ours");
    let back = kept.into_iter().map(ActivityRecord::unescape).collect::<Vec<_>>();
    assert_eq!(back, records, "every byte comes back");
}

pub(super) async fn what_is_cut_says_so(storage: &Storage) {
    let vast = "é".repeat(10 << 20);
    let length = vast.len() as u64;
    let finding = Finding {
        target: Target { kind: TargetKind::BodyValue, name: "n".repeat(500) },
        suspicion: Suspicion::Malformed(Malformed::Json),
        excerpt: "e".repeat(500),
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let record = ActivityRecord {
        url: vast.clone(),
        method: vast.clone(),
        origin: vast.clone(),
        content_type: Some(vast.clone()),
        headers: vec![header("x-small", "1"), header("x-vast", &vast), header("x-last", "2")],
        request_body: Some(json!({ "vast": vast.as_str() })),
        findings: vec![finding; 1_500],
        ..ActivityRecord::sample(50)
    };
    // As BSON a list of small numbers takes seven times its text.
    let numbers = ActivityRecord { request_body: Some(json!({ "n": vec![0; 1_040_000] })), ..record.clone() };
    let numbers = ActivityRecord { id: ActivityRecord::sample(49).id, ..numbers };
    storage.activity.append(&[numbers.clone(), record, ActivityRecord::sample(51)]).await.unwrap();
    let kept = storage.activity.page(&newest(3)).await.unwrap();
    assert_eq!(kept[0], ActivityRecord::sample(51), "a vast record does not hold others back");
    assert_eq!((kept[1].url.len(), kept[1].origin.len(), kept[1].method.len()), (1 << 20, 64 << 10, 64 << 10));
    assert_eq!(kept[1].headers.len(), 2, "the headers that fit stay");
    assert_eq!(kept[1].findings.len(), 1_000);
    assert_eq!(kept[1].request_body.as_ref().unwrap()["unparsed"], true);
    let cut = kept[1].cut.iter().copied().collect::<std::collections::HashMap<_, _>>();
    assert_eq!(cut.len(), RecordPart::ALL.len());
    for part in [RecordPart::Url, RecordPart::Method, RecordPart::Origin, RecordPart::ContentType] {
        assert_eq!(cut[&part], length);
    }
    assert_eq!(cut[&RecordPart::Headers], length + 21);
    assert_eq!(cut[&RecordPart::RequestBody], length + 11);
    assert_eq!(cut[&RecordPart::Findings], 1_500);
    assert_eq!(kept[2].request_body, numbers.request_body, "what fits is whole, however a store writes it");
    assert!(kept[2].cut.iter().all(|(part, _)| *part != RecordPart::RequestBody));
}

pub(super) async fn every_verdict_survives(storage: &Storage) {
    let reasons = [Reason::Banned, Reason::Malformed, Reason::BodyTooLarge, Reason::Uninspected]
        .into_iter()
        .chain(AttackClass::ALL.map(Reason::Attack));
    let verdicts = reasons.flat_map(|reason| [Verdict::Flag(reason), Verdict::Refuse(reason)]);
    let mut records = Vec::new();
    for (number, verdict) in (0..).zip(verdicts.chain([Verdict::Allow])) {
        records.push(ActivityRecord { verdict, ..ActivityRecord::sample(number) });
    }
    let target = |kind| Target { kind, name: "login.$user".into() };
    let malformed = Malformed::ALL.map(Suspicion::Malformed);
    let attacks = AttackClass::ALL.map(|class| Suspicion::Attack { class, score: 0.987_654_3 });
    records[0].findings = TargetKind::ALL
        .into_iter()
        .zip(malformed.into_iter().chain(attacks).cycle())
        .map(|(kind, suspicion)| Finding { target: target(kind), suspicion, excerpt: "' or 1=1 😀".into() })
        .collect();
    storage.activity.append(&records).await.unwrap();
    records.reverse();
    assert_eq!(storage.activity.page(&newest(100)).await.unwrap(), records);
}

pub(super) async fn retention_removes_the_old(storage: &Storage) {
    // Moments of now: a store may expire old ones by its own clock at any time.
    let now = Timestamp::now();
    let mut records = samples(0..10);
    for (record, minutes) in records.iter_mut().zip(0..) {
        record.timestamp = now.plus(Duration::from_secs(60 * minutes));
    }
    storage.activity.append(&records).await.unwrap();
    storage.assessments.put(&Assessment { end: now, ..assessment(1) }).await.unwrap();
    storage.bans.put(&ban("192.0.2.1")).await.unwrap();
    let stepped_back = Timestamp::from_millis(now.as_millis() - 86_400_000);
    assert_eq!(storage.activity.remove_before(stepped_back).await.unwrap(), 0, "records of the future are kept");
    assert_eq!(storage.activity.remove_before(records[4].timestamp).await.unwrap(), 4);
    assert_eq!(storage.activity.remove_before(records[4].timestamp).await.unwrap(), 0);
    assert_eq!(ids(storage, &newest(10)).await.len(), 6);
    assert_eq!(storage.assessments.by_session(assessment(1).session).await.unwrap(), None, "visits go with requests");
    assert_eq!(storage.bans.load().await.unwrap().len(), 1, "bans stay");
}

fn ban(scope: &str) -> Ban {
    Ban {
        scope: scope.parse().unwrap(),
        origin: BanOrigin::Behaviour,
        reason: "3 abnormal sessions; 'quoted' 😀".into(),
        evidence: Some(ActivityRecord::sample(7).id),
        since: Timestamp::from_millis(1_600_000_000_123),
        until: Some(Timestamp::from_millis(1_600_000_060_123)),
    }
}

pub(super) async fn bans_are_kept(storage: &Storage) {
    let by_scope = |mut bans: Vec<Ban>| {
        bans.sort_by_key(|ban| ban.scope);
        bans
    };
    assert_eq!(storage.bans.load().await.unwrap(), Vec::new());
    let mut bans = ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/64", "0.0.0.0/0"].map(ban).to_vec();
    bans[1].until = None;
    bans[2].evidence = None;
    bans[3].origin = BanOrigin::Operator;
    bans[4].origin = BanOrigin::Import;
    for ban in &bans {
        storage.bans.put(ban).await.unwrap();
    }
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));

    bans[0] =
        Ban { origin: BanOrigin::Operator, until: None, evidence: None, reason: String::new(), ..bans[0].clone() };
    storage.bans.put(&bans[0]).await.unwrap();
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()), "replaced, not doubled");

    assert!(storage.bans.remove(bans[1].scope).await.unwrap());
    assert!(!storage.bans.remove(bans[1].scope).await.unwrap(), "gone already");
    assert!(!storage.bans.remove("198.51.100.9".parse().unwrap()).await.unwrap(), "never was");
    let removed = bans.remove(1);
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));

    // A client that was seen keeps its one entry through ban and unban.
    storage.activity.append(&samples([1])).await.unwrap();
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));
    storage.bans.put(&removed).await.unwrap();
    assert_eq!(storage.bans.load().await.unwrap().len(), 5);
}

fn assessment(number: u32) -> Assessment {
    let record = ActivityRecord::sample(number);
    Assessment {
        session: SessionId::from(record.id),
        client: record.client,
        client_ip: record.client_ip,
        end: record.timestamp,
        features: SessionFeatures {
            login_attempts: 1,
            post_requests: 2,
            requests: u32::MAX,
            codes_4xx: 4,
            duration_ms: 1 << 40,
            own: Some(Box::new(std::array::from_fn(|at| at as f64 + 0.25))),
            custom: vec![("spent".into(), 12.5), ("checkouts".into(), 2.0)],
        },
        behaviour: Behaviour::Abnormal,
        active: true,
        score: Some(0.75),
        cause: Some(Cause::Features),
        model: "behaviour 1.0".into(),
        spoke: vec![Spoken { feature: "sesCodes4xx".into(), value: 4.0, weight: 0.5 }],
    }
}

pub(super) async fn assessments_are_kept(storage: &Storage) {
    let mut all = (0..6).map(assessment).collect::<Vec<_>>();
    all[1] =
        Assessment { behaviour: Behaviour::Normal, cause: None, score: None, model: String::new(), ..assessment(1) };
    all[2] = Assessment { behaviour: Behaviour::NewSession, active: false, ..assessment(2) };
    all[3] = Assessment { client: key("2001:db8::/64"), cause: Some(Cause::Text), ..assessment(3) };
    all[4].cause = Some(Cause::Limit(Limit::Flood));
    all[4].features = SessionFeatures { own: None, custom: Vec::new(), ..all[4].features.clone() };
    for one in all.iter().rev() {
        storage.assessments.put(one).await.unwrap();
    }
    all[5].behaviour = Behaviour::Normal;
    storage.assessments.put(&all[5]).await.unwrap();
    for one in &all {
        assert_eq!(storage.assessments.by_session(one.session).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(storage.assessments.by_session(assessment(99).session).await.unwrap(), None);

    let expect = async |query: AssessmentQuery, numbers: &[usize]| {
        let expected = numbers.iter().map(|&n| all[n].clone()).collect::<Vec<_>>();
        assert_eq!(storage.assessments.page(&query).await.unwrap(), expected, "{query:?}");
    };
    let newest = |limit| AssessmentQuery { limit, ..AssessmentQuery::default() };
    expect(newest(10), &[5, 4, 3, 2, 1, 0]).await;
    expect(newest(2), &[5, 4]).await;
    expect(AssessmentQuery { before: Some(all[4].session), ..newest(2) }, &[3, 2]).await;
    expect(AssessmentQuery { behaviour: Some(Behaviour::Normal), ..newest(10) }, &[5, 1]).await;
    expect(AssessmentQuery { client: Some(key("2001:db8::/64")), ..newest(10) }, &[3]).await;
}

pub(super) async fn strikes_are_deactivated(storage: &Storage) {
    let other = key("203.0.113.5");
    let normal = Assessment { behaviour: Behaviour::Normal, ..assessment(2) };
    let spent = Assessment { active: false, ..assessment(3) };
    let others = Assessment { client: other, ..assessment(4) };
    for one in [&assessment(0), &assessment(1), &normal, &spent, &others] {
        storage.assessments.put(one).await.unwrap();
    }
    let active = async || storage.assessments.active_abnormal().await.unwrap().into_iter().collect::<HashSet<_>>();
    let pair = |one: &Assessment| (one.client, one.session);
    assert_eq!(active().await, HashSet::from([pair(&assessment(0)), pair(&assessment(1)), pair(&others)]));
    assert_eq!(storage.assessments.deactivate_abnormal(normal.client).await.unwrap(), 2);
    assert_eq!(storage.assessments.deactivate_abnormal(normal.client).await.unwrap(), 0);
    assert_eq!(active().await, HashSet::from([pair(&others)]));
    let kept = storage.assessments.by_session(normal.session).await.unwrap().unwrap();
    assert!(kept.active, "a normal visit is not evidence and is left alone");
}

pub(super) async fn bans_that_ended_are_forgotten(storage: &Storage) {
    let (short, long) = (ban("192.0.2.1"), Ban { until: None, ..ban("192.0.2.2") });
    storage.bans.put(&short).await.unwrap();
    storage.bans.put(&long).await.unwrap();
    let end = short.until.unwrap();
    assert!(!storage.bans.forget_ended(short.scope, Timestamp::from_millis(end.as_millis() - 1)).await.unwrap());
    assert!(!storage.bans.forget_ended(long.scope, end).await.unwrap());
    assert!(storage.bans.forget_ended(short.scope, end).await.unwrap());
    assert_eq!(storage.bans.load().await.unwrap(), [long]);
}

pub(super) async fn filters_count_strikes_together(storage: &Storage) {
    let (client, window) = (key("203.0.113.5"), Duration::from_secs(3_600));
    let session = |number| SessionId::from(ActivityRecord::sample(number).id);
    let strike = async |number| storage.assessments.strike(client, session(number), window).await.unwrap();
    if !storage.assessments.is_shared() {
        assert_eq!(strike(1).await, None, "a filter alone counts by itself");
        return;
    }
    let all = futures_util::future::join_all((0..20).map(strike)).await;
    let counts = all.into_iter().flatten().collect::<HashSet<_>>();
    assert_eq!(counts, (1..=20).collect(), "each count is given once");
    assert_eq!(strike(3).await, Some(20), "a session counts once");
    // Strikes of the same millisecond are in a window of none.
    let begun = std::time::Instant::now();
    let mut last = 30;
    while storage.assessments.strike(client, session(last), Duration::ZERO).await.unwrap() != Some(1) {
        assert!(begun.elapsed() < Duration::from_secs(10), "strikes outlive their window");
        last += 1;
    }
    storage.assessments.clear_strikes("203.0.113.0/24".parse().unwrap()).await.unwrap();
    assert_eq!(strike(1).await, Some(1));
    storage.assessments.clear_strikes("198.51.100.0/24".parse().unwrap()).await.unwrap();
    assert_eq!(strike(2).await, Some(2));
}

pub(super) async fn a_closed_session_is_judged_by_one(storage: &Storage) {
    let record = ActivityRecord::sample(1);
    let session = Session::begin(SessionId::from(record.id), record.client, record.client_ip, record.timestamp);
    let (store, lease) = (&storage.assessments, Duration::from_millis(300));
    assert!(store.claim(&session, lease).await.unwrap());
    assert!(store.claim(&session, lease).await.unwrap(), "asking twice harms nobody");
    assert_eq!(store.take_abandoned(lease).await.unwrap(), None, "within its lease it is nobody else's");
    if !store.is_shared() {
        return;
    }
    // The filter dies between claim and score: after the lease exactly one of those that look gets it.
    tokio::time::sleep(lease * 2).await;
    let long = Duration::from_secs(600);
    let takers = futures_util::future::join_all((0..8).map(|_| store.take_abandoned(long))).await;
    let taken = takers.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(taken, std::slice::from_ref(&session));
    store.settle(session.id).await.unwrap();
    assert_eq!(store.take_abandoned(Duration::ZERO).await.unwrap(), None, "settled");
}

pub(super) async fn reopening_keeps_everything<F: Fixture>(fixture: &mut F) {
    let storage = fixture.storage();
    storage.activity.append(&samples(0..3)).await.unwrap();
    storage.bans.put(&ban("192.0.2.0/24")).await.unwrap();
    storage.assessments.put(&assessment(1)).await.unwrap();
    fixture.reopen().await;
    let storage = fixture.storage();
    assert_eq!(storage.activity.page(&newest(10)).await.unwrap(), samples((0..3).rev()));
    assert_eq!(storage.bans.load().await.unwrap(), [ban("192.0.2.0/24")]);
    assert_eq!(storage.assessments.by_session(assessment(1).session).await.unwrap(), Some(assessment(1)));
}

pub(super) async fn open_visits_are_kept(storage: &Storage) {
    assert_eq!(storage.sessions.load_open("one").await.unwrap(), Checkpoint::default());
    let visit = |number: u32| {
        let record = ActivityRecord::sample(number);
        let key = SessionKey { client: record.client, part: u64::MAX - u64::from(number) };
        let mut session = Session::begin(record.id.into(), record.client, record.client_ip, record.timestamp);
        session.max_score = 0.25;
        OpenVisit { key, session }
    };
    for numbers in [0..2_500, 2_400..2_403, 0..0] {
        let checkpoint = Checkpoint { fingerprints: [u64::MAX, 7], open: numbers.map(visit).collect() };
        storage.sessions.save_open("one", &checkpoint).await.unwrap();
        let mut loaded = storage.sessions.load_open("one").await.unwrap();
        loaded.open.sort_by_key(|visit| visit.session.id);
        assert_eq!(loaded, checkpoint);
    }
}
