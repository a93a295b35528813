use super::*;

/// Everything that needs the token.
const ROUTES: [(&str, &str); 10] = [
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/bans"),
    ("POST", "/api/v1/bans"),
    ("DELETE", "/api/v1/bans/192.0.2.1"),
    ("GET", "/api/v1/sessions"),
    ("GET", "/api/v1/sessions/5f5e10000000000000000000"),
    ("GET", "/api/v1/requests"),
    ("POST", "/api/v1/classify"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api"),
];

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
fn everything_else_needs_the_token() {
    let api = start();
    for (method, path) in ROUTES {
        for token in [None, Some("a-token-for-the-test"), Some("a-token-for-the-tests-"), Some("")] {
            let answer = api.send(method, path, token, "");
            assert_eq!(answer.error(), (401, "unauthorized".to_owned()), "{method} {path} {token:?}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
        assert_ne!(api.send(method, path, Some(TOKEN), "").status, 401, "{method} {path}");
    }
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
fn the_openapi_document_names_every_route_and_every_key() {
    let api = start();
    let document = api.get("/api/v1/openapi.json").json();
    let mut described = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{scope}", "192.0.2.1").replace("{id}", "5f5e10000000000000000000");
        described.extend(operations.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    described.sort();
    let mut routes = ROUTES.map(|(method, path)| (method.to_owned(), path.to_owned())).to_vec();
    routes.sort();
    assert_eq!(described, routes);

    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let schema = |name: &str| keys(&document["components"]["schemas"][name]["properties"]);
    api.post("/api/v1/bans", &json!({"address": "192.0.2.7"}));
    api.activity.records.lock().push(log::record("5f5e10000000000000000001", None));
    api.assessments.kept.lock().push(log::assessment("5f5e10000000000000000001"));
    assert_eq!(keys(&api.get("/api/v1/bans").json()["bans"][0]), schema("Ban"));
    assert_eq!(keys(&api.get("/api/v1/status").json()), schema("Status"));
    assert_eq!(keys(&api.get("/api/v1/sessions").json()["judged"][0]), schema("Session"));
    assert_eq!(keys(&api.get("/api/v1/requests").json()["requests"][0]), schema("Request"));
}

#[test]
fn answers_carry_the_security_headers() {
    let api = start();
    for path in ["/", "/console.js", "/api/v1/status", "/nothing"] {
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
    assert_eq!(api.strikes_cleared.load(Ordering::Relaxed), 2);
    let forgiven: Vec<_> = api.assessments.forgiven.lock().iter().map(ToString::to_string).collect();
    assert_eq!(forgiven, ["192.0.2.7", "2001:db8:1::/48"]);
    assert_eq!(api.bans.list(now), []);
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

#[test]
fn the_console_never_builds_markup_from_data() {
    let script = include_str!("../console/console.js");
    for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage"] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let page = include_str!("../console/index.html");
    for forbidden in ["http://", "https://", "style=", "onclick", "<script>"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}
