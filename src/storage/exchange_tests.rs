use serde_json::json;

use super::*;
use crate::inspection::{AttackClass, Finding, Suspicion, Target, TargetKind};
use crate::policy::Reason;

fn key(ip: ClientIp) -> ClientKey {
    ClientKey::from(ipnet::IpNet::from(ip.addr()))
}

fn no_id(_: Timestamp) -> RequestId {
    panic!("it has an id")
}

#[test]
fn a_record_survives() {
    let target = Target { kind: TargetKind::BodyValue, name: "a.b".into() };
    let suspicion = Suspicion::Attack { class: AttackClass::Xss, score: 0.75 };
    let mut record = ActivityRecord {
        verdict: Verdict::Refuse(Reason::Attack(AttackClass::Xss)),
        findings: vec![Finding { target, suspicion, excerpt: "<b>".into() }],
        ..ActivityRecord::sample(7)
    };
    for body in [
        None,
        Some(json!({"a": {"n": 5}})),
        Some(json!({"a": {"$gt": ""}})),
        Some(json!([1])),
        Some(json!({"$oid": "x"})),
    ] {
        record.request_body = body;
        assert_eq!(record_of_json(record_json(&record), &key, &no_id), Ok(record.clone()));
    }
    record.url = crate::octets::text(b"/caf\xe9\\").into_owned();
    record.cut = vec![(crate::activity::RecordPart::Findings, 5_000)];
    let stored = record.clone().escape();
    assert_eq!(record_json(&stored)["escaped"], json!(["url"]));
    let back = record_of_json(record_json(&stored), &key, &no_id).unwrap();
    assert_eq!(back, stored);
    assert_eq!(back.unescape(), record);
}

#[test]
fn reads_the_predecessors_documents_in_both_forms_of_extended_json() {
    for date in [
        json!("2020-09-03T10:00:00.250Z"),
        json!({"$numberLong": "1599127200250"}),
        json!("2020-09-03T12:00:00.25+02:00"),
    ] {
        let document = json!({
            "_id": {"$oid": "5f50c1a00000000000000001"}, "headers": {"host": "shop"}, "method": "POST",
            "statusCode": {"$numberInt": "401"}, "clientIP": "::ffff:192.0.2.9, 203.0.113.1", "url": "/api/user/login",
            "fullUrl": "http://shop/api/user/login", "reqhttp": "POST /login", "requestSize": {"$numberDouble": "312.0"},
            "resContentType": {"type": null}, "timestamp": {"$date": date}, "sessionID": "newRequest",
            "requestBody": {"email": "a@b.c"}, "__v": 0,
        });
        let record = record_of_json(document, &key, &no_id).unwrap();
        assert_eq!(record.timestamp.to_string(), "2020-09-03T10:00:00.250Z");
        assert_eq!((record.status, record.request_bytes, record.session), (401, 312, None));
        assert_eq!((record.client_ip.to_string().as_str(), record.origin.as_str()), ("192.0.2.9", "http://shop"));
        assert_eq!(record.request_body, Some(json!({"email": "a@b.c"})));
    }
    let id = RequestId::from_bytes([3; 12]);
    let bare = json!({"clientIP": "192.0.2.9", "timestamp": 5, "reqhttp": "GET /x"});
    let record = record_of_json(bare, &key, &|_| id).unwrap();
    assert_eq!((record.id, record.url.as_str()), (id, "/x"));
}

#[test]
fn names_the_field_that_cannot_be_read() {
    let fault = |document| record_of_json(document, &key, &no_id).unwrap_err();
    assert!(fault(json!({"timestamp": 5})).starts_with("clientIP"));
    assert!(fault(json!({"clientIP": "unknown", "timestamp": 5})).starts_with("clientIP"));
    assert!(fault(json!({"clientIP": "192.0.2.9", "timestamp": "yesterday"})).starts_with("timestamp"));
    assert!(fault(json!([])).starts_with("clientIP"));
    let visit = |document| assessment_of_json(document, &key).unwrap_err();
    assert!(
        visit(json!({"clientIP": "192.0.2.9", "behavior": "Normal", "sessionID": "newRequest"}))
            .starts_with("sessionID")
    );
    assert!(visit(json!({"clientIP": "192.0.2.9"})).starts_with("behavior"));
}

#[test]
fn a_visit_survives_and_the_data_sets_tool_names_are_abnormal() {
    let record = ActivityRecord::sample(3);
    let assessment = Assessment {
        session: record.id.into(),
        client: record.client,
        client_ip: record.client_ip,
        end: record.timestamp,
        features: SessionFeatures {
            login_attempts: 1,
            post_requests: 2,
            requests: 3,
            codes_4xx: 1,
            duration_ms: 1 << 40,
            own: Some(Box::new([0.5; crate::behaviour::OWN])),
            custom: vec![("spent".into(), 2.5)],
            bodies: [("requestBody.n$int.0".to_owned(), "5".to_owned())].into_iter().collect(),
        },
        behaviour: Behaviour::Abnormal,
        active: true,
        score: Some(0.75),
        cause: Some(Cause::Text),
        model: "m 1".into(),
        spoke: vec![crate::behaviour::Spoken { feature: "spent".into(), value: 2.5, weight: 0.25 }],
    };
    let mut document = assessment_json(&assessment);
    assert_eq!(assessment_of_json(document.clone(), &key), Ok(assessment));
    document["behavior"] = "hydra".into();
    assert_eq!(assessment_of_json(document, &key).unwrap().behaviour, Behaviour::Abnormal);
}
