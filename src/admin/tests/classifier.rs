use super::log::{assessment, record};
use super::*;
use crate::activity::ActivityRecord;
use crate::behaviour::Assessment;
use crate::inspection::AttackClass;
use crate::policy::{Reason, Verdict};

const KNOWN: &str = "5f5e10000000000000000001";
const UNJUDGED: &str = "5f5e10000000000000000002";

fn ask(api: &Running, body: &str) -> (u16, Value) {
    let answer = api.send("POST", "/api", Some(TOKEN), body);
    (answer.status, answer.json())
}

#[test]
fn echoes_as_the_predecessor_did_with_the_judgement_beside() {
    let api = start();
    api.assessments.kept.lock().push(assessment(KNOWN));
    api.activity.records.lock().push(record(UNJUDGED, Some(UNJUDGED)));
    let judged = json!({"sesID": KNOWN, "behavior": "Abnormal"});
    assert_eq!(ask(&api, &format!("{{\"sesID\": \" {KNOWN} \"}}")), (200, judged));
    assert_eq!(
        ask(&api, &format!("{{\"sesID\": \"{UNJUDGED}\"}}")),
        (200, json!({"sesID": UNJUDGED, "behavior": "Abnormal"}))
    );
    let kept = api.assessments.kept.lock().last().cloned().unwrap();
    assert_eq!((kept.session.to_string().as_str(), kept.features.requests, kept.active), (UNJUDGED, 1, false));
    for unknown in ["5f5e10000000000000000009", "newRequest", "5"] {
        assert_eq!(ask(&api, &format!("{{\"sesID\": \"{unknown}\"}}")), (404, json!({"sesID": unknown})));
    }
    assert_eq!(ask(&api, "{\"sesID\": 5}"), (404, json!({"sesID": "5"})));
}

#[test]
fn a_visit_that_was_not_judged_is_judged_once_and_is_no_strike() {
    let api = start();
    for (id, verdict, judgement) in
        [(KNOWN, Verdict::Allow, "Normal"), (UNJUDGED, Verdict::Refuse(Reason::Attack(AttackClass::Xss)), "Abnormal")]
    {
        api.assessments.kept.lock().push(Assessment { behaviour: Behaviour::NewSession, ..assessment(id) });
        api.activity.records.lock().push(ActivityRecord { verdict, ..record(id, Some(id)) });
        for _ in 0..2 {
            let answer = json!({"sesID": id, "behavior": judgement});
            assert_eq!(ask(&api, &format!("{{\"sesID\": \"{id}\"}}")), (200, answer));
        }
        let kept = api.assessments.kept.lock();
        let visit = kept.iter().find(|visit| visit.session.to_string() == id).unwrap();
        assert_eq!((visit.behaviour.as_str(), visit.active), (judgement, false));
    }
}

#[test]
fn odd_bodies_are_400_in_json_and_never_500() {
    let api = start();
    assert_eq!(ask(&api, "{}"), (400, json!({"sesID": null})));
    for body in
        ["{\"sesID\": \"\"}", "{\"sesID\": [\"a\"]}", "{\"sesID\": {\"$ne\": \"\"}}", "{\"sesID\": \"a\", \"x\": 1}"]
    {
        assert_eq!(ask(&api, body), (400, serde_json::from_str(body).unwrap()));
    }
    for body in ["", "{", "null", "[]", "5", "\"<b>hi</b>\"", "\u{0}", "{\"sesID\": 1e999}"] {
        let (status, answer) = ask(&api, body);
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("bad_json")), "{body}");
        assert!(!answer.to_string().contains("<b>"));
    }
    let deep = format!("{{\"sesID\": {}", "[".repeat(60_000));
    assert_eq!(ask(&api, &deep).0, 400);
    assert_eq!(api.get("/api").error(), (405, "method_not_allowed".to_owned()));
    assert_eq!(api.get("/api/").error(), (404, "not_found".to_owned()));
}

fn odd_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        "[0-9a-f]{24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![Just("sesID".to_owned()), ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

#[test]
fn whatever_json_is_sent_the_answer_is_200_400_or_404_in_json() {
    let api = start();
    proptest::proptest!(proptest::test_runner::Config::with_cases(64), |(body in odd_json())| {
        let (status, answer) = ask(&api, &body.to_string());
        proptest::prop_assert!(matches!(status, 200 | 400 | 404), "{} gave {}: {}", body, status, answer);
    });
}
