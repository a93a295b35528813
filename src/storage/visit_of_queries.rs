//! A visit for the predecessor's 11 queries a session, and what the tracker counts of it: the queries have to give the same.

use serde_json::json;

use crate::activity::ActivityRecord;
use crate::behaviour::{Assessment, Behaviour, CustomNames, SessionFeatures, outcome_of};
use crate::session::{Fingerprints, LoginEndpoints, Session, SessionId};
use crate::time::Timestamp;

/// The bodies of its requests, secrets redacted.
pub(super) fn bodies() -> [serde_json::Value; 3] {
    [
        json!({ "email": "a@b.c", "password": "[redacted]" }),
        json!({ "email": "a@b.c" }),
        json!({ "text": "hello", "tags": ["a", { "n": 1 }] }),
    ]
}

/// Four requests of one visit, one of another, and what the tracker makes of the first.
pub(super) fn visit() -> (Vec<ActivityRecord>, Session) {
    let first = ActivityRecord::sample(1);
    let (session, start) = (SessionId::from(first.id), first.timestamp.as_millis());
    let post = |number: u32, url: &str, status: u16, body: serde_json::Value| ActivityRecord {
        session: Some(session),
        method: "POST".into(),
        url: url.into(),
        status,
        request_body: Some(body),
        timestamp: Timestamp::from_millis(start + i64::from(number) * 1_000),
        ..ActivityRecord::sample(number)
    };
    let [failed, login, comment] = bodies();
    let records = vec![
        ActivityRecord { session: Some(session), ..first.clone() },
        post(2, "/login", 401, failed),
        post(3, "/login", 200, login),
        post(4, "/comment", 404, comment),
        ActivityRecord { session: Some(ActivityRecord::sample(9).id.into()), ..ActivityRecord::sample(9) },
    ];
    let mut visit = Session::begin(session, first.client, first.client_ip, first.timestamp);
    visit.requests = 4;
    for record in &records[..4] {
        visit.add(&outcome_of(record, &LoginEndpoints::default(), &Fingerprints::new([1, 2])));
    }
    (records, visit)
}

/// The visit's features.
pub(super) fn features(visit: &Session) -> SessionFeatures {
    SessionFeatures::of(visit, &CustomNames::from([]))
}

/// The verdict on it.
pub(super) fn abnormal(visit: &Session) -> Assessment {
    Assessment {
        session: visit.id,
        client: visit.client,
        client_ip: visit.client_ip,
        end: visit.end(),
        features: features(visit),
        behaviour: Behaviour::Abnormal,
        active: true,
        score: Some(0.9),
        cause: None,
        model: "test".into(),
        spoke: Vec::new(),
    }
}
