//! What is stored of a client where the operator wants no addresses stored.

use crate::harness::client::{get, get_with};
use crate::harness::{Origin, Waf, wait_for};

#[test]
fn with_a_key_no_address_is_stored_and_bans_work() {
    let origin = Origin::start();
    let sections = "[session]\ngap = \"1s\"\n[activity]\nclient_pseudonym_key = \"a secret of the tests, long enough 123\"\n\
        [client]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let waf = Waf::with(&origin, sections);
    let from = "X-Forwarded-For: 203.0.113.77\r\n";
    for _ in 0..3 {
        assert_eq!(waf.send(get_with("/", from)).status, 200);
    }
    waf.wait_for_count("SELECT count(*) FROM httplogs", 3);
    waf.wait_for_count("SELECT count(*) FROM sesfeatures", 1);
    let logged = waf.sql("SELECT DISTINCT clientIP, clientKey FROM httplogs");
    assert_eq!(logged.len(), 1, "one client has one pseudonym: {logged:?}");
    assert!(logged[0][0].starts_with("fd"), "{logged:?}");
    assert_eq!(waf.sql("SELECT clientIP, clientKey FROM sesfeatures"), logged, "the same in judged visits");
    let all = waf.sql("SELECT * FROM httplogs, sesfeatures, clientips");
    assert!(!format!("{all:?}").contains("203.0.113.77"));

    let ban = serde_json::json!({ "address": "203.0.113.77", "duration": "1h", "reason": "test" });
    assert_eq!(waf.api("POST", "/api/v1/bans", Some(ban)).status, 201);
    wait_for("the ban", || (waf.send(get_with("/", from)).status == 403).then_some(()));
    assert_eq!(waf.send(get("/")).status, 200, "nobody else is banned");
}

#[test]
fn a_key_that_is_too_short_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("p.toml");
    let text = "[proxy]\nupstream = \"127.0.0.1:1\"\n[activity]\nclient_pseudonym_key = \"sh0rt-secret\"\n";
    std::fs::write(&config, text).unwrap();
    let output = crate::harness::waf::run(&["check-config", "--config", config.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("activity.client_pseudonym_key") && said.contains("at least 32"), "{said}");
    assert!(!said.contains("sh0rt"), "{said}");
}
