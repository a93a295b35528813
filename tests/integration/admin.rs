use serde_json::json;

use crate::harness::client::get;
use crate::harness::{Origin, Waf, exchange, waf, wait_for};

#[test]
fn nothing_under_api_answers_without_the_token() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    for path in ["/api/v1/bans", "/api/v1/sessions", "/api/v1/requests", "/api/v1/status"] {
        for line in ["", "Authorization: Bearer wrong-wrong-wrong-wrong\r\n", "Authorization: Basic dXNlcg==\r\n"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{line}\r\n");
            assert_eq!(exchange(waf.admin, request).status, 401, "{path} {line}");
        }
    }
}

#[test]
fn health_and_metrics_answer_without_a_token() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    waf.send(get("/"));
    for path in ["/livez", "/readyz", "/metrics", "/login"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(exchange(waf.admin, request).status, 200, "{path}");
    }
    wait_for("the request to be counted", || {
        waf.metrics().contains("portcullis_requests_total{verdict=\"allow\"} 1").then_some(())
    });
}

#[test]
fn classify_is_a_dry_run() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let classify = |text: &str| {
        let response = waf.api("POST", "/api/v1/classify", Some(json!({"text": text, "where": "value"})));
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    };
    let attack = classify("1' UNION SELECT username, password FROM users-- -");
    assert_eq!((attack["label"].as_str(), attack["verdict"].as_str()), (Some("sqli"), Some("refuse")), "{attack}");
    let harmless = classify("two apples, please");
    assert_eq!((harmless["label"].as_str(), harmless["verdict"].as_str()), (Some("norm"), Some("allow")), "{harmless}");
}

#[test]
fn requests_and_sessions_can_be_looked_up() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\ngap = \"1s\"\n");
    let id = waf.send(get("/a?x=1")).header("x-request-id").unwrap().to_owned();
    wait_for("the record", || waf.api("GET", "/api/v1/requests", None).text().contains(&id).then_some(()));
    wait_for("the session", || {
        let response = waf.api("GET", &format!("/api/v1/sessions/{id}"), None);
        (response.status == 200 && response.text().contains("Normal")).then_some(())
    });
    assert_eq!(waf.api("GET", "/api/v1/sessions/000000000000000000000000", None).status, 404);
    assert_eq!(waf.api("GET", "/api/v1/sessions/no-id", None).status, 400);
}

#[test]
fn the_command_line_asks_for_health() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let admin = format!("http://{}", waf.admin);
    for arguments in [vec!["health", "--admin", &admin], vec!["health", "--live", "--admin", &admin]] {
        let output = waf::run(&arguments);
        assert!(output.status.success(), "{output:?}");
    }
    waf.stop();
    let output = waf::run(&["health", "--live", "--admin", &admin]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
