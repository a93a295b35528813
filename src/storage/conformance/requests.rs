//! Requests.

use std::time::Duration;

use serde_json::json;

use super::bans::ban;
use super::visits::assessment;
use super::{ids, key, newest, samples};
use crate::activity::{ActivityQuery, ActivityRecord, RecordPart};
use crate::behaviour::Assessment;
use crate::client::ClientIp;
use crate::inspection::{AttackClass, Finding, Malformed, Suspicion, Target, TargetKind};
use crate::octets;
use crate::policy::{Reason, Verdict};
use crate::session::SessionId;
use crate::storage::Storage;
use crate::time::Timestamp;

pub(in crate::storage) async fn an_empty_batch_is_fine(storage: &Storage) {
    storage.activity.ping().await.unwrap();
    storage.activity.append(&[]).await.unwrap();
    assert!(ids(storage, &newest(10)).await.is_empty());
}

pub(in crate::storage) async fn append_is_idempotent(storage: &Storage) {
    storage.activity.append(&samples(0..5)).await.unwrap();
    let mut again = samples(3..8);
    again[0].status = 599;
    storage.activity.append(&again).await.unwrap();
    storage.activity.append(&again).await.unwrap();
    let kept = storage.activity.page(&newest(100)).await.unwrap();
    let expected = samples((0..8).rev());
    assert_eq!(kept, expected, "each once, the first version stays");
}

pub(in crate::storage) async fn pages_newest_first(storage: &Storage) {
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

pub(in crate::storage) async fn filters(storage: &Storage) {
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

pub(in crate::storage) async fn odd_content_survives(storage: &Storage) {
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

pub(in crate::storage) async fn bytes_that_are_not_utf8_survive(storage: &Storage) {
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

pub(in crate::storage) async fn what_is_cut_says_so(storage: &Storage) {
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

pub(in crate::storage) async fn every_verdict_survives(storage: &Storage) {
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

pub(in crate::storage) async fn retention_removes_the_old(storage: &Storage) {
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
