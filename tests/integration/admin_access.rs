//! Who may use the admin API of the real binary, and how its configuration is read again.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::client::{connect, get, read_response};
use crate::harness::waf::{TOKEN, command, run};
use crate::harness::{Origin, Waf, exchange, free_port, wait_for};

const ATTACK: &str = "/search?q=1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-";

fn with_token(waf: &Waf, token: &str, method: &str, path: &str) -> u16 {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 0\r\n\r\n"
    );
    exchange(waf.admin, request).status
}

/// A token and its entry for the configuration, as the command line makes them.
fn new_token(name: &str, role: &str) -> (String, String) {
    let output = run(&["token", "new", "--name", name, "--role", role]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let token = text.lines().nth(1).unwrap().trim_start_matches('#').trim().to_owned();
    (token, text)
}

#[test]
fn a_viewer_sees_and_changes_nothing_and_a_reload_takes_the_token_away() {
    let origin = Origin::start();
    let (viewer, entry) = new_token("vic", "viewer");
    assert!(!entry.split_once("[[").unwrap().1.contains(&viewer), "the entry holds only the hash");
    let waf = Waf::with(&origin, &entry);
    assert_eq!(with_token(&waf, &viewer, "GET", "/api/v1/bans"), 200);
    assert_eq!(with_token(&waf, &viewer, "DELETE", "/api/v1/bans/192.0.2.7"), 403);
    assert_eq!(with_token(&waf, &viewer, "POST", "/api/v1/reload"), 403);
    waf.rewrite(|text| {
        text.replace("[[admin.tokens]]", "[[exclusion]]\nparameter = \"q\"\n")
            .replace(entry.split_once("[[admin.tokens]]\n").unwrap().1, "")
    });
    let reloaded = waf.api("POST", "/api/v1/reload", None);
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    assert_eq!(with_token(&waf, &viewer, "GET", "/api/v1/bans"), 401);
}

#[test]
fn a_reload_takes_effect_at_once_and_a_faulty_file_changes_nothing() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[inspection]\nmode = \"block\"\n");
    assert_eq!(waf.send(get(ATTACK)).status, 403);
    waf.rewrite(|text| text.replace("mode = \"block\"", "mode = \"blok\"\nbody_limit = \"ten\""));
    let refused = waf.api("POST", "/api/v1/reload", None);
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["error"]["faults"].as_array().unwrap().len(), 2, "{}", refused.text());
    assert_eq!(waf.send(get(ATTACK)).status, 403);
    assert!(waf.metrics().contains("portcullis_config_last_reload_successful 0"));

    waf.rewrite(|text| {
        text.replace("mode = \"blok\"\nbody_limit = \"ten\"", "mode = \"detect\"\n[session]\ngap = \"9s\"")
    });
    let reloaded = waf.api("POST", "/api/v1/reload", None).json();
    assert_eq!(reloaded["changed"], json!([{"key": "inspection.mode", "before": "block", "after": "detect"}]));
    assert_eq!(reloaded["needs_restart"], json!(["session"]));
    assert_eq!(waf.send(get(ATTACK)).status, 200);
    assert_eq!(waf.api("GET", "/api/v1/status", None).json()["mode"], json!("detect"));

    waf.rewrite(|text| text.replace("mode = \"detect\"", "mode = \"block\""));
    waf.signal("HUP");
    wait_for("the reload by SIGHUP", || (waf.send(get(ATTACK)).status == 403).then_some(()));
    // A change holds a moment before it is noted.
    let noted = || waf.api("GET", "/api/v1/audit?action=config.reload", None).json()["changes"].clone();
    let both = || Some(noted()).filter(|changes| changes.as_array().is_some_and(|changes| changes.len() == 2));
    let changes = wait_for("both changes to be noted", both);
    assert_eq!(changes[0]["actor"], json!("SIGHUP"));
    assert_eq!(changes[1]["actor"], json!("environment"));
}

#[test]
fn a_new_token_in_the_file_holds_without_a_restart() {
    let origin = Origin::start();
    let waf = Waf::with_token_file(&origin);
    let old = std::fs::read_to_string(waf.token_file()).unwrap().trim().to_owned();
    assert_eq!(with_token(&waf, &old, "GET", "/api/v1/status"), 200);
    let new = "a-rotated-token-of-the-tests";
    std::fs::write(waf.token_file(), new).unwrap();
    // Not by trying: too many wrong tokens have to wait.
    wait_for("the new token", || waf.log().contains("the admin token file has changed").then_some(()));
    assert_eq!(with_token(&waf, new, "GET", "/api/v1/status"), 200);
    assert_eq!(with_token(&waf, &old, "GET", "/api/v1/status"), 401);
}

#[test]
fn open_to_the_network_it_starts_with_tls_and_a_token_only() {
    let origin = Origin::start();
    let folder = tempfile::tempdir().unwrap();
    let (admin, upstream) = (format!("0.0.0.0:{}", free_port()), origin.address.to_string());
    let data = folder.path().join("data");
    let mut start = command(&["run", "--upstream", &upstream, "--admin-listen", &admin, "--data-dir"]);
    let plain = start.arg(&data).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert_eq!(plain.status.code(), Some(64));
    assert!(told.contains("is open to the network and would speak plain HTTP"), "{told}");

    let mut start = command(&["run", "--upstream", &upstream, "--admin-listen", &admin, "--data-dir"]);
    start.arg(&data).env_remove("PORTCULLIS_ADMIN_TOKEN").env("PORTCULLIS__ADMIN__ALLOW_PLAIN_HTTP", "true");
    let open = start.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&open.stderr).into_owned();
    assert_eq!(open.status.code(), Some(64));
    assert!(told.contains("there is no token"), "{told}");
    assert!(!data.join("admin.token").exists());
}

#[test]
fn the_listener_speaks_tls_where_told() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "openssl makes a certificate");
    let origin = Origin::start();
    let files = format!("tls_certificate = {certificate:?}\ntls_key = {key:?}\n");
    let waf = Waf::spawn(&origin.address.to_string(), &files, tempfile::tempdir().unwrap());
    let url = format!("https://{}/api/v1/status", waf.admin);
    let ask = || {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--cacert"]).arg(&certificate).args(["-H", &format!("Authorization: Bearer {TOKEN}"), &url]);
        let output = curl.output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    let status = wait_for("an answer over TLS", ask);
    assert!(status.contains("\"version\""), "{status}");
    let mut plain = connect(waf.admin);
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain, &mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn who_never_ends_the_head_is_cut_off_and_others_are_answered_meanwhile() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut slow: Vec<TcpStream> = (0..20).map(|_| connect(waf.admin)).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n").unwrap();
    }
    assert_eq!(waf.readiness().status, 200);
    let begun = Instant::now();
    let mut stream = slow.remove(0);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut rest).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(25), "cut off in time");
}

#[test]
fn the_reason_of_a_ban_is_found_by_the_id_on_the_page_and_the_client_let_in() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let ban = json!({"address": "127.0.0.0/24", "reason": "a whole office"});
    assert_eq!(waf.api("POST", "/api/v1/bans", Some(ban)).status, 201);
    let id = waf.send(get("/")).header("x-request-id").unwrap().to_owned();
    let detail = wait_for("the record", || {
        let answer = waf.api("GET", &format!("/api/v1/requests/{id}"), None);
        (answer.status == 200).then(|| answer.json())
    });
    assert_eq!(detail["ban"]["reason"], json!("a whole office"));
    assert_eq!(detail["request"]["reason"], json!("banned"));
    let released = waf.api("POST", "/api/v1/bans/release", Some(json!({"addresses": ["127.0.0.0/8"]}))).json();
    assert_eq!(released["lifted"], json!(["127.0.0.0/24"]));
    assert_eq!(waf.send(get("/")).status, 200);
    let mut stream = connect(waf.admin);
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!((read_response(&mut stream).status, read_response(&mut stream).status), (200, 200), "kept alive");
}
