use super::*;

/// Every call the OpenAPI document names: method, a path of that form, and the answers it may give.
fn operations(api: &Running) -> Vec<(String, String, Vec<String>)> {
    let document = api.get("/api/v1/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{scope}", "192.0.2.1").replace("{id}", "5f5e10000000000000000000");
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap().keys().cloned().collect();
            operations.push((method.to_uppercase(), path.clone(), answers));
        }
    }
    operations
}

#[test]
fn health_and_metrics_need_no_token_and_tell_no_secret() {
    let api = start();
    let answer = api.send("GET", "/livez", None, "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "alive\n"));
    let answer = api.send("GET", "/readyz", None, "");
    assert_eq!((answer.status, answer.json()["ready"].clone()), (200, json!(true)));
    api.activity.down.store(true, Ordering::Relaxed);
    let answer = api.send("GET", "/readyz", None, "");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["components"][0], json!({"name": "models", "ok": true, "detail": "loaded"}));
    assert_eq!(answer.json()["components"][1]["ok"], json!(false));
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(api.send("GET", "/livez", None, "").status, 200, "alive all the same");
    let metrics = api.send("GET", "/metrics", None, "");
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(metrics.body.contains("portcullis_bans_active 0"));
    assert!(metrics.body.contains("portcullis_admin_requests_total{status=\"5xx\"} 1"));
    let failed = api.get("/api/v1/requests");
    assert_eq!(failed.error(), (503, "store_unavailable".to_owned()));
    assert!(!failed.body.contains("secret"));
}

#[test]
fn every_documented_call_needs_a_token_and_a_change_an_operator() {
    let api = start();
    let (mut reads, mut changes) = (0, 0);
    for (method, path, answers) in operations(&api) {
        let answer = api.send(&method, &path, None, "{}");
        assert_eq!(answer.error(), (401, "unauthorized".to_owned()), "{method} {path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert!(answers.contains(&"401".to_owned()), "{method} {path}");

        let changing = answers.contains(&"403".to_owned());
        let by_viewer = api.send(&method, &path, Some(VIEWER), "{}");
        assert!(answers.contains(&by_viewer.status.to_string()), "{method} {path}: {}", by_viewer.status);
        assert_eq!(by_viewer.status == 403, changing, "{method} {path}: {}", by_viewer.body);
        if changing {
            assert_eq!(by_viewer.error().1, "forbidden");
            changes += 1;
        } else {
            assert!(method == "GET" || path == "/api" || path == "/api/v1/classify", "{method} {path}");
            reads += 1;
        }
        let by_operator = api.send(&method, &path, Some(TOKEN), "{}");
        assert!(![401, 403].contains(&by_operator.status), "{method} {path}");
        assert!(answers.contains(&by_operator.status.to_string()), "{method} {path}: {}", by_operator.status);
    }
    assert_eq!((reads, changes), (10, 5), "every route is documented");
}

#[test]
fn wrong_tokens_are_refused_and_too_many_have_to_wait() {
    let api = start();
    let wrong = ["a-token-for-the-test", "a-token-for-the-tests-"];
    for token in wrong {
        let answer = api.send("GET", "/api/v1/status", Some(token), "");
        assert_eq!(answer.error(), (401, "unauthorized".to_owned()), "{token:?}");
    }
    for _ in wrong.len()..usize::try_from(throttle::ALLOWED).unwrap() {
        assert_eq!(api.get("/api/v1/status").status, 200);
        assert_eq!(api.send("GET", "/api/v1/status", Some("guess"), "").status, 401);
    }
    for token in ["guess", TOKEN] {
        let answer = api.send("GET", "/api/v1/status", Some(token), "");
        assert_eq!(answer.error(), (429, "throttled".to_owned()), "refused unheard");
        assert!((1..=60).contains(&answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap()));
    }
    let metrics = api.send("GET", "/metrics", None, "").body;
    assert!(metrics.contains("portcullis_admin_logins_refused_total{reason=\"wrong_token\"} 10"), "{metrics}");
    assert!(metrics.contains("portcullis_admin_logins_refused_total{reason=\"throttled\"} 2"), "{metrics}");
}

#[test]
fn a_replaced_token_opens_nothing_any_more() {
    let api = start();
    assert_eq!(api.get("/api/v1/status").status, 200);
    api.keyring.replace_configured(vec![named("ada", Role::Operator, "another-token-of-ada")]);
    assert_eq!(api.get("/api/v1/status").status, 401);
    assert_eq!(api.send("GET", "/api/v1/status", Some("another-token-of-ada"), "").status, 200);
}

#[test]
fn every_fault_is_json() {
    let api = start();
    let error = |answer: Answer| answer.error();
    assert_eq!(error(api.get("/nothing")), (404, "not_found".to_owned()));
    assert_eq!(error(api.get("/api/v1/nothing")), (404, "not_found".to_owned()));
    assert_eq!(error(api.get("/api/v2/bans")), (404, "not_found".to_owned()));
    let wrong_method = api.send("PUT", "/api/v1/bans", Some(TOKEN), "{}");
    assert_eq!(wrong_method.error(), (405, "method_not_allowed".to_owned()));
    assert_eq!(wrong_method.headers["allow"], "GET,HEAD,POST");
    assert_eq!(error(api.send("POST", "/livez", None, "")), (405, "method_not_allowed".to_owned()));
    for body in ["", "{", "null", "[]", "\"<b>hi</b>\"", "{\"address\": 5}", "{\"addres\": \"192.0.2.1\"}"] {
        let answer = api.send("POST", "/api/v1/bans", Some(TOKEN), body);
        assert_eq!(answer.error(), (400, "bad_json".to_owned()), "{body}");
    }
    let large = json!({"text": "x".repeat(MAX_BODY_BYTES)});
    assert_eq!(error(api.post("/api/v1/classify", &large)), (413, "body_too_large".to_owned()));
    for path in ["/api/v1/requests?limit=0", "/api/v1/requests?limit=1001", "/api/v1/requests?sesion=x"] {
        assert_eq!(error(api.get(path)), (400, "bad_query".to_owned()), "{path}");
    }
}

#[test]
fn answers_carry_the_security_headers() {
    let api = start();
    for path in ["/", "/login", "/console.js", "/api/v1/status", "/nothing"] {
        let answer = api.get(path);
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}");
    }
}

#[test]
fn bans_are_made_listed_and_lifted() {
    let api = start();
    let made = api.post("/api/v1/bans", &json!({"address": "192.0.2.7", "duration": "10m", "reason": " scanning "}));
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.headers["location"], "/api/v1/bans/192.0.2.7");
    let ban = made.json();
    assert_eq!(
        (&ban["address"], &ban["origin"], &ban["reason"]),
        (&json!("192.0.2.7"), &json!("operator"), &json!("scanning"))
    );
    assert_eq!(ban["saved"], json!(true));
    assert!(ban["until"].as_str().unwrap().ends_with('Z'));
    let lasting = api.post("/api/v1/bans", &json!({"address": "2001:db8:1::/48"})).json();
    assert_eq!(lasting["until"], Value::Null);

    let now = Timestamp::now();
    assert!(api.bans.check(client::ClientIp::new("192.0.2.7".parse().unwrap()), now).is_some());
    let listed = api.get("/api/v1/bans?limit=1").json();
    assert_eq!((listed["bans"].as_array().unwrap().len(), &listed["total"]), (1, &json!(2)));

    assert_eq!(api.delete("/api/v1/bans/192.0.2.7").status, 204);
    assert_eq!(api.delete("/api/v1/bans/192.0.2.7").error(), (404, "not_found".to_owned()));
    assert_eq!(api.delete("/api/v1/bans/2001:db8:1::/48").status, 204);
    assert_eq!(api.bans.list(now), []);
}

#[test]
fn lifting_a_range_lifts_what_is_in_it_and_forgets_the_strikes_of_those() {
    let api = start();
    let client = |text: &str| ClientKey::from(text.parse::<ipnet::IpNet>().unwrap());
    let session: SessionId = "5f5e10000000000000000001".parse().unwrap();
    let struck = ["203.0.113.7/32", "203.0.114.7/32"].map(|net| (client(net), session));
    api.assessments.struck.lock().extend(struck);
    for address in ["203.0.113.7", "203.0.113.64/26", "203.0.114.7"] {
        assert_eq!(api.post("/api/v1/bans", &json!({"address": address})).status, 201);
    }
    let within = api.delete("/api/v1/bans/203.0.113.65");
    assert_eq!(within.error(), (404, "not_found".to_owned()));
    assert!(within.body.contains("it lies in 203.0.113.64/26"), "{}", within.body);
    api.assessments.forgiven.lock().clear();

    assert_eq!(api.delete("/api/v1/bans/203.0.113.0/24").status, 204);
    let left: Vec<_> = api.bans.list(Timestamp::now()).iter().map(|ban| ban.scope.to_string()).collect();
    assert_eq!(left, ["203.0.114.7"]);
    let forgiven: Vec<_> = api.assessments.forgiven.lock().iter().map(ToString::to_string).collect();
    assert_eq!(forgiven, ["203.0.113.0/24", "203.0.113.7"]);
}

#[test]
fn many_are_released_at_once_or_none() {
    let api = start();
    for address in ["192.0.2.7", "192.0.2.8", "203.0.113.9"] {
        assert_eq!(api.post("/api/v1/bans", &json!({"address": address})).status, 201);
    }
    let release = |addresses: Value| api.post("/api/v1/bans/release", &json!({"addresses": addresses}));
    assert_eq!(release(json!(["192.0.2.7", "nonsense"])).error(), (400, "bad_address".to_owned()));
    assert_eq!(release(json!([])).error(), (400, "bad_address".to_owned()));
    assert_eq!(release(json!(vec!["192.0.2.7"; 1_001])).error(), (400, "bad_address".to_owned()));
    assert_eq!(api.bans.list(Timestamp::now()).len(), 3);
    let released = release(json!(["192.0.2.0/24", "198.51.100.1"])).json();
    let lifted: std::collections::BTreeSet<_> =
        released["lifted"].as_array().unwrap().iter().map(|address| address.as_str().unwrap()).collect();
    assert_eq!(lifted.into_iter().collect::<Vec<_>>(), ["192.0.2.7", "192.0.2.8"]);
    assert_eq!((&released["without_ban"], &released["saved"]), (&json!(["198.51.100.1"]), &json!(true)));
    assert_eq!(api.bans.list(Timestamp::now()).len(), 1);
}

#[test]
fn bans_are_filtered_and_paged() {
    let api = start();
    for number in 1..=5 {
        assert_eq!(api.post("/api/v1/bans", &json!({"address": format!("192.0.2.{number}")})).status, 201);
    }
    assert_eq!(api.post("/api/v1/bans", &json!({"address": "203.0.113.0/24"})).status, 201);
    let mut seen = Vec::new();
    let mut path = "/api/v1/bans?limit=2".to_owned();
    loop {
        let page = api.get(&path).json();
        assert_eq!(page["total"], json!(6));
        seen.extend(page["bans"].as_array().unwrap().iter().map(|ban| ban["address"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/bans?limit=2&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "203.0.113.0/24"]);
    let total = |query: &str| api.get(&format!("/api/v1/bans?{query}")).json()["total"].clone();
    assert_eq!(total("client=203.0.113.9"), json!(1));
    assert_eq!(total("client=192.0.0.0/8"), json!(5));
    assert_eq!(total("origin=behaviour"), json!(0));
    assert_eq!((total("since=1h"), total("until=1h")), (json!(6), json!(0)));
    for query in ["cursor=x", "origin=me", "since=soon", "client=x", "limit=0"] {
        assert_eq!(api.get(&format!("/api/v1/bans?{query}")).error(), (400, "bad_query".to_owned()), "{query}");
    }
}

#[test]
fn every_change_is_in_the_audit_log() {
    let api = start();
    api.assessments.kept.lock().push(log::assessment("5f5e10000000000000000001"));
    api.post("/api/v1/bans", &json!({"address": "192.0.2.7", "reason": "scanning"}));
    api.delete("/api/v1/bans/192.0.2.7");
    let label = json!({"behavior": "Normal"}).to_string();
    api.send("PUT", "/api/v1/sessions/5f5e10000000000000000001/label", Some(TOKEN), &label);
    *api.reloaded.lock() = Ok(Reloaded {
        changed: vec![ChangedKey { key: "inspection.mode".into(), before: "block".into(), after: "detect".into() }],
        needs_restart: vec!["proxy".into()],
    });
    let reloaded = api.post("/api/v1/reload", &Value::Null).json();
    assert_eq!(reloaded["needs_restart"], json!(["proxy"]));
    // What is refused changes nothing and is not noted.
    api.delete("/api/v1/bans/nonsense");
    api.send("POST", "/api/v1/bans", Some(VIEWER), "{\"address\": \"192.0.2.7\"}");

    let page = api.send("GET", "/api/v1/audit", Some(VIEWER), "").json();
    let changes = page["changes"].as_array().unwrap();
    let told: Vec<_> = changes.iter().map(|change| change["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["config.reload", "session.label", "ban.remove", "ban.add"]);
    for change in changes {
        assert_eq!((&change["actor"], &change["address"]), (&json!("ada"), &json!("127.0.0.1")), "{change}");
    }
    assert_eq!(
        (&changes[0]["before"], &changes[0]["after"]),
        (&json!({"inspection.mode": "block"}), &json!({"inspection.mode": "detect"}))
    );
    assert_eq!(
        (&changes[1]["before"]["behavior"], &changes[1]["after"]["behavior"]),
        (&json!("Abnormal"), &json!("Normal"))
    );
    assert_eq!(changes[2]["before"]["bans"][0]["reason"], json!("scanning"));
    assert_eq!((&changes[3]["before"], &changes[3]["after"]["address"]), (&Value::Null, &json!("192.0.2.7")));

    let first = api.get("/api/v1/audit?limit=3").json();
    let rest = api.get(&format!("/api/v1/audit?limit=3&cursor={}", first["next"].as_str().unwrap())).json();
    assert_eq!((rest["changes"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(api.get("/api/v1/audit?action=ban.add").json()["changes"].as_array().unwrap().len(), 1);
    assert_eq!(api.get("/api/v1/audit?actor=nobody").json()["changes"], json!([]));
}

#[test]
fn a_faulty_configuration_is_answered_with_every_fault() {
    let api = start();
    *api.reloaded.lock() = Err(vec!["inspection.mode: a".into(), "session.gap: b".into()]);
    let answer = api.post("/api/v1/reload", &Value::Null);
    assert_eq!(answer.error(), (422, "bad_configuration".to_owned()));
    assert_eq!(answer.json()["error"]["faults"], json!(["inspection.mode: a", "session.gap: b"]));
    let metrics = api.send("GET", "/metrics", None, "").body;
    assert!(metrics.contains("portcullis_config_reloads_total{outcome=\"refused\"} 1"), "{metrics}");
    assert!(metrics.contains("portcullis_config_last_reload_successful 0"), "{metrics}");
    assert_eq!(api.get("/api/v1/audit").json()["changes"], json!([]));
}

#[test]
fn a_range_may_be_lifted_with_its_slash_raw_or_encoded() {
    let api = start();
    for path in ["203.0.113.0/24", "203.0.113.0%2F24", "203.0.113.0%2f24", "%3A%3Affff%3A203.0.113.0%2F120"] {
        assert_eq!(api.post("/api/v1/bans", &json!({"address": "203.0.113.9/24"})).status, 201);
        assert_eq!(api.delete(&format!("/api/v1/bans/{path}")).status, 204, "{path}");
    }
    assert_eq!(api.delete("/api/v1/bans/nonsense").error(), (400, "bad_address".to_owned()));
}

#[test]
fn bans_that_must_not_be_are_refused() {
    let api = start();
    let refused = |body: Value| api.post("/api/v1/bans", &body).error();
    assert_eq!(refused(json!({"address": "10.0.0.0/8"})), (409, "trusted_proxy".to_owned()));
    assert_eq!(refused(json!({"address": "198.51.100.7"})), (409, "allowlisted".to_owned()));
    assert_eq!(refused(json!({"address": "0.0.0.0/0"})), (409, "trusted_proxy".to_owned()));
    assert_eq!(refused(json!({"address": "::/0"})), (400, "everyone".to_owned()));
    assert_eq!(refused(json!({"address": "example.org"})), (400, "bad_address".to_owned()));
    for duration in ["", "0s", "10", "soon", "-5m", "999999999999999999999y"] {
        let answer = refused(json!({"address": "192.0.2.1", "duration": duration}));
        assert_eq!(answer, (400, "bad_duration".to_owned()), "{duration}");
    }
    for reason in ["two\nlines", "\u{1b}[31m", &"x".repeat(257)] {
        assert_eq!(refused(json!({"address": "192.0.2.1", "reason": reason})), (400, "bad_reason".to_owned()));
    }
    assert_eq!(api.post("/api/v1/bans", &json!({"address": "192.0.2.1", "duration": "300000y"})).status, 201);
}

#[test]
fn status_and_dry_run() {
    let api = start();
    let status = api.get("/api/v1/status").json();
    assert_eq!((&status["mode"], &status["queue"]["dropped"]), (&json!("block"), &json!(3)));
    assert_eq!(status["models"], json!([{"kind": "payload", "version": "p-1"}]));
    assert_eq!(status["version"], json!(env!("CARGO_PKG_VERSION")));

    let answer = api.post("/api/v1/classify", &json!({"text": "1' or '1'='1", "where": "query"}));
    assert_eq!(answer.json(), json!({"where": "query", "verdict": "refuse"}));
    assert_eq!(api.post("/api/v1/classify", &json!({"text": "hi"})).json()["where"], json!("value"));
    let elsewhere = api.post("/api/v1/classify", &json!({"text": "hi", "where": "moon"}));
    assert_eq!(elsewhere.error(), (400, "bad_place".to_owned()));
    assert_eq!(api.post("/api/v1/classify", &json!({"text": "busy"})).error(), (503, "classifier".to_owned()));
}

#[test]
fn a_shutdown_ends_with_the_answers_given() {
    let mut api = start();
    assert_eq!(api.get("/livez").status, 200);
    api.shutdown.take().unwrap().send(()).unwrap();
    let server = api.server.take().unwrap();
    let ended = api.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(3), server).await });
    ended.unwrap().unwrap().unwrap();
    assert!(std::net::TcpStream::connect(api.address).is_err());
}
