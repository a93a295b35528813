//! Judged visits, strikes, claims, and visits that are open.

use std::collections::HashSet;
use std::time::Duration;

use super::key;
use crate::activity::ActivityRecord;
use crate::behaviour::{Assessment, AssessmentQuery, Behaviour, Cause, Limit, SessionFeatures, Spoken};
use crate::session::{Checkpoint, OpenVisit, Session, SessionId, SessionKey};
use crate::storage::Storage;

pub(super) fn assessment(number: u32) -> Assessment {
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
            bodies: [
                ("requestBody.email.0", "a@b.example"),
                ("requestBody.$gt$none.1", "None"),
                ("requestBody.ä..2", ""),
            ]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        },
        behaviour: Behaviour::Abnormal,
        active: true,
        score: Some(0.75),
        cause: Some(Cause::Features),
        model: "behaviour 1.0".into(),
        spoke: vec![Spoken { feature: "sesCodes4xx".into(), value: 4.0, weight: 0.5 }],
    }
}

pub(in crate::storage) async fn assessments_are_kept(storage: &Storage) {
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

pub(in crate::storage) async fn strikes_are_deactivated(storage: &Storage) {
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

pub(in crate::storage) async fn filters_count_strikes_together(storage: &Storage) {
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

pub(in crate::storage) async fn a_closed_session_is_judged_by_one(storage: &Storage) {
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

pub(in crate::storage) async fn open_visits_are_kept(storage: &Storage) {
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
