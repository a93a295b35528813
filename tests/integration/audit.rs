//! The audit export and the filter's own log.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::client::{get, get_with, post};
use crate::harness::{Origin, Waf, wait_for};

const ATTACK: &str = "/product?id=1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-";

struct Exporting {
    waf: Waf,
    file: PathBuf,
}

fn start(origin: &Origin, keys: &str) -> Exporting {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    let waf = Waf::in_folder(origin, &format!("[audit]\nto = {file:?}\n{keys}"), folder);
    Exporting { waf, file }
}

impl Exporting {
    /// The lines of the file, once there are so many.
    fn lines(&self, count: usize) -> Vec<Value> {
        wait_for(&format!("{count} audit lines"), || {
            let text = std::fs::read_to_string(&self.file).unwrap_or_default();
            (text.lines().count() >= count).then_some(())
        });
        let text = std::fs::read_to_string(&self.file).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), count, "{text}");
        lines
    }
}

#[test]
fn refusals_are_exported_without_secrets_and_nothing_else_is() {
    let origin = Origin::start();
    let exporting = start(&origin, "");
    let waf = &exporting.waf;
    assert_eq!(waf.send(get("/search?q=oak+board")).status, 200);
    let target = format!("{ATTACK}&password=hidden-secret-1");
    let lines = "Cookie: session=hidden-secret-2\r\nAuthorization: Bearer hidden-secret-3\r\n";
    let refused = waf.send(get_with(&target, lines));
    assert_eq!(refused.status, 403);
    let form = b"text=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E&password=hidden-secret-4";
    assert_eq!(waf.send(post("/comments", "application/x-www-form-urlencoded", form)).status, 403);
    assert_eq!(waf.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.1"}))).status, 201);
    assert_eq!(waf.send(get("/")).status, 403);

    let lines = exporting.lines(3);
    let transaction = &lines[0]["transaction"];
    assert_eq!(transaction["id"], refused.header("x-request-id").unwrap());
    assert_eq!(transaction["client_ip"], "127.0.0.1");
    assert!(transaction["client_port"].as_u64().unwrap() > 0);
    assert_eq!(transaction["host_port"].as_u64().unwrap(), u64::from(waf.proxy.port()));
    assert_eq!(transaction["request"]["protocol"], "HTTP/1.1");
    assert!(transaction["request"]["uri"].as_str().unwrap().starts_with("/product?id="));
    assert_eq!(transaction["request"]["headers"]["host"], json!(["shop.example"]));
    assert_eq!(transaction["response"]["status"], 403);
    assert!(transaction["response"]["headers"]["content-type"][0].as_str().unwrap().starts_with("text/html"));
    assert_eq!(lines[0]["messages"][0]["data"]["tags"][1], "attack-sqli");
    let body = lines[1]["transaction"]["request"]["body"].as_str().unwrap();
    assert!(body.contains("alert(document.cookie)"), "{body}");
    assert_eq!(lines[2]["messages"][0]["message"], "the client is banned");
    let text = std::fs::read_to_string(&exporting.file).unwrap();
    assert!(!text.contains("hidden-secret"), "{text}");
    assert!(waf.metrics().contains("portcullis_audit_written_total 3"));
}

#[test]
fn modsecurity_s_shape_and_what_would_have_been_refused() {
    let origin = Origin::start();
    let exporting = start(&origin, "format = \"modsecurity\"\n[inspection]\nmode = \"detect\"\n");
    assert_eq!(exporting.waf.send(get(ATTACK)).status, 200);
    let line = &exporting.lines(1)[0];
    assert_eq!(line["transaction"]["producer"]["secrules_engine"], "DetectionOnly");
    assert_eq!(line["transaction"]["response"]["http_code"], 200);
    assert_eq!(line["transaction"]["messages"][0]["details"]["ruleId"], "1001");
}

#[test]
fn sighup_opens_a_rotated_file_anew() {
    let origin = Origin::start();
    let exporting = start(&origin, "");
    exporting.waf.send(get(ATTACK));
    exporting.lines(1);
    std::fs::rename(&exporting.file, exporting.file.with_extension("log.1")).unwrap();
    exporting.waf.signal("HUP");
    wait_for("a new file", || exporting.file.exists().then_some(()));
    exporting.waf.send(get(ATTACK));
    exporting.lines(1);
}

#[test]
fn the_log_is_json_with_request_ids_without_secrets_and_its_level_changes_by_a_signal() {
    let origin = Origin::start();
    // Nobody listens there: each request fails, which the log tells.
    let waf = Waf::spawn("127.0.0.1:1", "[log]\nformat = \"json\"\n", tempfile::tempdir().unwrap());
    waf.wait_until_ready();
    let failed = waf.send(get("/a?password=hidden-secret&x=1"));
    assert_eq!(failed.status, 502);
    let id = failed.header("x-request-id").unwrap().to_owned();
    wait_for("a line about it", || waf.log().contains(&id).then_some(()));
    let refused = || waf.send(get(ATTACK)).header("x-request-id").unwrap().to_owned();
    let unseen = refused();
    waf.signal("USR1");
    wait_for("the level to be set", || waf.log().contains("the level of the log is set").then_some(()));
    let seen = refused();
    wait_for("a line about a refusal", || waf.log().contains(&seen).then_some(()));
    let log = waf.log();
    assert!(!log.contains("hidden-secret") && !log.contains(&unseen), "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["fields"].is_object(), "{line}");
    }
    assert!(origin.seen().is_empty());
}
