use super::*;
use crate::activity::ActivityRecord;
use crate::behaviour::{Assessment, Behaviour, Cause, SessionFeatures};
use crate::client::{ClientIp, ClientKey};
use crate::inspection::{AttackClass, Finding, Suspicion, Target, TargetKind};
use crate::policy::{Reason, Verdict};
use crate::session::SessionId;

const ONE: &str = "5f5e10000000000000000001";
const TWO: &str = "5f5e10000000000000000002";
const LATER: &str = "5f5e10000000000000000003";

fn ip() -> ClientIp {
    ClientIp::new("192.0.2.7".parse().unwrap())
}

fn key() -> ClientKey {
    client::Config::default().key(ip())
}

pub(super) fn assessment(id: &str) -> Assessment {
    Assessment {
        session: id.parse().unwrap(),
        client: key(),
        client_ip: ip(),
        end: Timestamp::from_millis(1_700_000_000_000),
        features: SessionFeatures {
            login_attempts: 1,
            post_requests: 2,
            requests: 3,
            codes_4xx: 4,
            duration_ms: 5,
            ..SessionFeatures::default()
        },
        behaviour: Behaviour::Abnormal,
        active: true,
        score: Some(0.75),
        cause: Some(Cause::Text),
        model: String::new(),
        spoke: Vec::new(),
    }
}

pub(super) fn record(id: &str, session: Option<&str>) -> ActivityRecord {
    ActivityRecord {
        id: id.parse().unwrap(),
        session: session.map(|session| session.parse().unwrap()),
        timestamp: Timestamp::from_millis(1_700_000_000_000),
        client_ip: ip(),
        client: key(),
        method: "GET".into(),
        url: "/?q=<script>".into(),
        origin: "http://example.org".into(),
        headers: vec![("host".into(), "example.org".into())],
        status: 403,
        request_bytes: 0,
        response_bytes: 10,
        content_type: None,
        latency: Duration::from_micros(1_500),
        verdict: Verdict::Refuse(Reason::Attack(AttackClass::Xss)),
        findings: vec![Finding {
            target: Target { kind: TargetKind::QueryValue, name: "q".into() },
            suspicion: Suspicion::Attack { class: AttackClass::Xss, score: 0.5 },
            excerpt: "<script>".into(),
        }],
        score: Some(0.5),
        request_body: None,
        escaped: Vec::new(),
        cut: Vec::new(),
    }
}

#[test]
fn requests_are_shown_with_what_was_found() {
    let api = start();
    api.activity.records.lock().extend([record(TWO, Some(ONE)), record(ONE, Some(ONE))]);
    let page =
        api.get(&format!("/api/v1/requests?session={ONE}&client=2001:db8::1&refused=true&before={LATER}&limit=2"));
    let shown = page.json();
    let first = &shown["requests"][0];
    assert_eq!((&first["id"], &first["session"]), (&json!(TWO), &json!(ONE)));
    assert_eq!(
        (&first["verdict"], &first["reason"], &first["class"]),
        (&json!("refuse"), &json!("attack"), &json!("xss"))
    );
    assert_eq!((&first["time"], &first["latency_us"]), (&json!("2023-11-14T22:13:20.000Z"), &json!(1_500)));
    let finding = json!({"place": "query-value", "name": "q", "suspicion": "attack", "class": "xss", "score": 0.5,
        "excerpt": "<script>"});
    assert_eq!(first["findings"], json!([finding]));
    assert_eq!(shown["next"], json!(ONE));

    let asked = api.activity.asked.lock().clone().unwrap();
    assert_eq!((asked.session.unwrap().to_string().as_str(), asked.refused_only, asked.limit), (ONE, true, 2));
    assert_eq!(asked.before.unwrap().to_string(), LATER);
    assert_eq!(asked.client.unwrap().to_string(), "2001:db8::/64", "an IPv6 address is counted by its network");
}

#[test]
fn an_empty_query_is_the_first_page_and_a_wrong_one_says_what_is_wrong() {
    let api = start();
    let page = api.get("/api/v1/requests?session=&client=&refused=&before=&limit=").json();
    assert_eq!(page, json!({"requests": [], "next": null}));
    let asked = api.activity.asked.lock().clone().unwrap();
    assert_eq!(asked, crate::activity::ActivityQuery { limit: 100, ..Default::default() });
    for (query, named) in
        [("session=x", "session:"), ("client=x", "client:"), ("refused=2", "refused:"), ("before=x", "before:")]
    {
        let answer = api.get(&format!("/api/v1/requests?{query}"));
        assert_eq!(answer.error(), (400, "bad_query".to_owned()), "{query}");
        assert!(answer.json()["error"]["message"].as_str().unwrap().starts_with(named), "{}", answer.body);
    }
}

#[test]
fn open_and_judged_visits_are_shown() {
    let api = start();
    api.assessments.kept.lock().push(assessment(ONE));
    let id: SessionId = TWO.parse().unwrap();
    api.open.lock().push(Session::begin(id, key(), ip(), Timestamp::from_millis(1_700_000_000_000)));

    let page = api.get("/api/v1/sessions").json();
    assert_eq!((&page["open"][0]["id"], &page["open"][0]["behavior"]), (&json!(TWO), &Value::Null));
    let judged = &page["judged"][0];
    assert_eq!(
        (&judged["behavior"], &judged["cause"], &judged["score"]),
        (&json!("Abnormal"), &json!("text"), &json!(0.75))
    );
    let features =
        json!({"numOfLoginAttempts": 1, "numOfPostReqs": 2, "numOfReqs": 3, "sesCodes4xx": 4, "sesDuration": 5});
    assert_eq!(judged["features"], features);
    assert_eq!((&judged["model"], &page["next"]), (&Value::Null, &Value::Null));

    assert_eq!(api.get("/api/v1/sessions?client=192.0.2.8").json()["open"], json!([]));
    assert_eq!(api.get("/api/v1/sessions?client=192.0.2.7").json()["open"][0]["id"], json!(TWO));
    assert_eq!(api.get("/api/v1/sessions?behavior=Abnormal").json()["open"], json!([]));
    assert_eq!(api.assessments.asked.lock().clone().unwrap().behaviour, Some(Behaviour::Abnormal));
    assert_eq!(api.get("/api/v1/sessions?behavior=Evil").error(), (400, "bad_query".to_owned()));
}

#[test]
fn one_visit_is_found_open_or_judged() {
    let api = start();
    api.assessments.kept.lock().push(assessment(ONE));
    api.open.lock().push(Session::begin(TWO.parse().unwrap(), key(), ip(), Timestamp::now()));
    assert_eq!(api.get(&format!("/api/v1/sessions/{ONE}")).json()["state"], json!("judged"));
    assert_eq!(api.get(&format!("/api/v1/sessions/{TWO}")).json()["state"], json!("open"));
    let missing = api.get("/api/v1/sessions/5f5e10000000000000000009");
    assert_eq!(missing.error(), (404, "not_found".to_owned()));
    assert_eq!(api.get("/api/v1/sessions/newRequest").error(), (400, "bad_id".to_owned()));
}

#[test]
fn filters_reach_the_store_and_time_ends_a_page() {
    let api = start();
    // Ids tell the time: 2020-09-13T12:26:40Z, and one second later.
    let (early, late) = ("5f5e10000000000000000001", "5f5e10010000000000000001");
    api.activity.records.lock().extend([record(late, None), record(early, None)]);
    let ids = |query: &str| -> Vec<String> {
        let page = api.get(&format!("/api/v1/requests?{query}")).json();
        let ids = page["requests"].as_array().unwrap().iter().map(|request| request["id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    assert_eq!(ids("verdict=refuse&class=xss&route=/shop"), [late, early]);
    let asked = api.activity.asked.lock().clone().unwrap();
    assert_eq!(
        (asked.verdict, asked.class, asked.path.as_deref()),
        (Some("refuse"), Some(AttackClass::Xss), Some("/shop"))
    );
    assert_eq!(ids("since=2020-09-13T12:26:41Z"), [late]);
    assert_eq!(ids("until=2020-09-13T12:26:40Z"), [early]);
    assert_eq!(ids("since=2020-09-13T12:26:40Z&until=2020-09-13T12:26:41Z"), [late, early]);
    assert_eq!(ids("since=1h"), [""; 0]);
    let page = api.get("/api/v1/requests?limit=1&since=2020-09-13T12:26:41Z").json();
    let next = page["next"].as_str().unwrap();
    assert_eq!(ids(&format!("limit=1&since=2020-09-13T12:26:41Z&cursor={next}")), [""; 0]);
    for query in ["verdict=maybe", "class=norm", "since=soon", "until=-1", "cursor=x"] {
        assert_eq!(api.get(&format!("/api/v1/requests?{query}")).error(), (400, "bad_query".to_owned()), "{query}");
    }
}

#[test]
fn a_request_is_explained_with_the_ban_in_force() {
    let api = start();
    let mut barred = record(TWO, None);
    barred.verdict = Verdict::Refuse(Reason::Banned);
    api.activity.records.lock().extend([barred, record(ONE, Some(ONE))]);
    let detail = api.get(&format!("/api/v1/requests/{ONE}")).json();
    assert_eq!((&detail["request"]["id"], &detail["ban"]), (&json!(ONE), &Value::Null));
    assert_eq!(detail["explanation"], json!("It was refused: the text model took a part of it for xss (50.0 %)."));
    api.post("/api/v1/bans", &json!({"address": "192.0.2.0/24", "reason": "a whole office"}));
    let detail = api.get(&format!("/api/v1/requests/{TWO}")).json();
    assert_eq!(detail["explanation"], json!("It was refused: its client was banned at that moment."));
    assert_eq!(
        (&detail["ban"]["address"], &detail["ban"]["reason"]),
        (&json!("192.0.2.0/24"), &json!("a whole office"))
    );
    for missing in ["5f5e10000000000000000003", "000000000000000000000000", "ffffffffffffffffffffffff"] {
        assert_eq!(api.get(&format!("/api/v1/requests/{missing}")).error(), (404, "not_found".to_owned()));
    }
    assert_eq!(api.get("/api/v1/requests/nonsense").error(), (400, "bad_id".to_owned()));
}

#[test]
fn a_label_is_stored_and_takes_the_strike_back() {
    let api = start();
    api.assessments.kept.lock().push(assessment(ONE));
    let label = |id: &str, word: &str| {
        let body = json!({"behavior": word}).to_string();
        api.send("PUT", &format!("/api/v1/sessions/{id}/label"), Some(TOKEN), &body)
    };
    let labelled = label(ONE, "Normal").json();
    assert_eq!((&labelled["behavior"], &labelled["active"]), (&json!("Normal"), &json!(false)));
    assert_eq!(api.assessments.kept.lock()[0].behaviour, Behaviour::Normal);
    assert_eq!(*api.forgotten.lock(), [(key(), ONE.parse().unwrap())]);
    assert_eq!(label(ONE, "Abnormal").json()["active"], json!(false), "a label brings no strike");
    assert_eq!(label(ONE, "Evil").error(), (400, "bad_label".to_owned()));
    assert_eq!(label(TWO, "Normal").error(), (404, "not_found".to_owned()));
    assert_eq!(label("x", "Normal").error(), (400, "bad_id".to_owned()));
    let still_open = Session::begin(ONE.parse().unwrap(), key(), ip(), Timestamp::now());
    api.open.lock().push(still_open);
    assert_eq!(label(ONE, "Abnormal").error(), (404, "not_found".to_owned()), "judged early, it is judged again");
}

#[test]
fn a_store_that_is_silent_is_told_and_nothing_hangs() {
    let api = start();
    api.activity.silent.store(true, Ordering::Relaxed);
    let begun = std::time::Instant::now();
    assert_eq!(api.get("/api/v1/requests").error(), (503, "store_unavailable".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(10));
}
