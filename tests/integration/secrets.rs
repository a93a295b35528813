//! Secrets in every place of a request, and every place a request leaves the filter by: none may be found there.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::harness::{Origin, Waf, free_port, waf, wait_for};

/// Each request's secret begins with this, so that a leak shows where it came from.
const SECRET: &str = "hunter2";
const CARD: &str = "4111111111111111";
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJl";
/// What a sensible attack looks like in front of a secret, so that findings and excerpts are made of it.
const ATTACK: &str = "1' UNION SELECT name, pw FROM users WHERE '1'='1";
const FORM: &str = "application/x-www-form-urlencoded";

fn post(path: &str, kind: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}Connection: close\r\n\r\n")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn requests() -> Vec<String> {
    let basic = BASE64_STANDARD.encode(format!("me:{SECRET}-basic"));
    let attack = encoded(ATTACK);
    let part = |name: &str, more: &str, value: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let multipart = [
        part("user", "", ATTACK),
        part("password", "", "hunter2-part"),
        part("note", "", "password=hunter2-note; card 4111 1111 1111 1111"),
        part("f", "; filename=\"password=hunter2-name.txt\"", "hunter2-content"),
        "--B--\r\n".to_owned(),
    ]
    .concat();
    let json = format!(
        r#"{{"q":"{ATTACK}","user":{{"password":"hunter2-json","cards":["{CARD}",{CARD}]}},"t":"{JWT}",
        "fields":[{{"name":"pin","value":"hunter2-pair"}}],"inner":"{{\"secret\":\"hunter2-inner\"}}"}}"#
    );
    vec![
        get("/", &format!("Authorization: Basic {basic}\r\n")),
        get("/", "Authorization: Bearer hunter2-bearer\r\nX-Api-Key: hunter2-key\r\nX-Auth-Token: hunter2-token\r\n"),
        get("/", "Cookie: sid=hunter2-cookie; hunter2-bare; theme=hunter2-theme\r\nSet-Cookie: a=hunter2-set\r\n"),
        get("/", &format!("Cookie: id={ATTACK} hunter2-attack-cookie\r\nX-Password: {ATTACK} hunter2-header\r\n")),
        get("/", "Referer: http://h/login?password=hunter2-referer\r\nX-Note: password=hunter2-note\r\n"),
        get("/", &format!("X-Card: 4111-1111-1111-1111\r\nUser-Agent: a {CARD} {JWT}\r\n")),
        get("/login?user=me&password=hunter2-query&pin=hunter2-pin", ""),
        get(&format!("/login?q={attack}&passw%6frd=hunter2-attack&card={CARD}"), ""),
        get(&format!("/login?password={attack}hunter2-in-the-attack"), ""),
        get(&format!("/s?q={}", encoded(&format!("{ATTACK} AND password='hunter2-in-sql'"))), ""),
        get("/r?next=%2Flogin%3Fpassword%3Dhunter2-nested&again=%252Fl%253Ftoken%253Dhunter2-twice", ""),
        get(&format!("/app;jsessionid=hunter2-path/{CARD}/reset/{JWT}"), ""),
        get("http://me:hunter2-user@h/x", ""),
        post("/login", FORM, &format!("user={attack}&password=hunter2-form&n={CARD}&x=token%3Dhunter2-value")),
        post("/login", FORM, &format!("user=me&password={attack}hunter2-attacked-field")),
        post("/login", "application/json", &json),
        post("/login", "application/json", "{\"password\": \"hunter2-broken-json"),
        post("/login", "multipart/form-data; boundary=B", &multipart),
        post("/login", "multipart/form-data; boundary=B", "--B\r\nhunter2-broken-part"),
        post("/login", "text/plain", &format!("{ATTACK}\npassword: hunter2-plain")),
        post("/login", "application/xml", &format!("<l><q>{ATTACK}</q><password>hunter2-xml</password></l>")),
        post("/graphql", "application/graphql", "mutation { login(password: \"hunter2-graphql\") { id } }"),
        post("/status/500?token=hunter2-500", FORM, "password=hunter2-with-500"),
        // What is no HTTP, or not to the end.
        "GET /?password=hunter2-version HTTP/9.9\r\nAuthorization: hunter2-version\r\n\r\n".to_owned(),
        "hunter2-no-http\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: h\r\nbad header password=hunter2-bad-header\r\n\r\n".to_owned(),
        "POST /?password=hunter2-short HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\npassword=hunter2-short"
            .to_owned(),
    ]
}

/// Sends everything; what is no HTTP may be answered by nothing.
fn send_all(address: SocketAddr) {
    for request in requests() {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

/// Fails with the place of every secret in these bytes.
fn expect_clean(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let basic = BASE64_STANDARD.encode(format!("me:{SECRET}-basic")).to_lowercase();
    let spaced = ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111+1111+1111+1111"];
    let jwt = JWT.to_lowercase();
    let needles = [SECRET, &basic, CARD, &jwt, waf::TOKEN].into_iter().chain(spaced);
    let mut found = Vec::new();
    for needle in needles {
        let around = |at: usize| {
            let (from, to) = (text.floor_char_boundary(at.saturating_sub(80)), text.ceil_char_boundary(at + 60));
            text[from..to.min(text.len())].to_owned()
        };
        found.extend(text.match_indices(needle).take(5).map(|(at, _)| around(at)));
    }
    assert!(found.is_empty(), "{place}: {found:#?}");
}

fn expect_clean_files(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            expect_clean_files(&path);
        } else if path.file_name().is_some_and(|name| name != "portcullis.toml") {
            expect_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

const LOUD: &str = "[activity]\nbodies = \"redacted\"\n[log]\nlevel = \"debug\"\n[session]\ngap = \"1s\"\n\
    [behaviour]\nblock_ip = false\n";

#[test]
fn no_secret_leaves_by_the_store_the_logs_the_admin_api_or_an_export() {
    let origin = Origin::start();
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.log");
    let waf = Waf::in_folder(&origin, &format!("{LOUD}[audit]\nto = {audit:?}\n"), folder);
    send_all(waf.proxy);
    let refused = "SELECT count(*) > 5 FROM httplogs WHERE verdict = 'refuse' AND findings <> '[]'";
    waf.wait_for_count(refused, 1);
    waf.wait_for_count("SELECT count(*) FROM sesfeatures", 1);
    let list = waf.api("GET", "/api/v1/requests?limit=1000", None);
    expect_clean("the admin API's requests", &list.body);
    let shown = list.json()["requests"].as_array().unwrap().len();
    assert!(shown >= 20, "{shown} requests were logged");
    for request in list.json()["requests"].as_array().unwrap() {
        let id = request["id"].as_str().unwrap();
        expect_clean("a request in the admin API", &waf.api("GET", &format!("/api/v1/requests/{id}"), None).body);
    }
    for path in ["/api/v1/sessions", "/api/v1/bans", "/api/v1/audit", "/api/v1/status"] {
        expect_clean(path, &waf.api("GET", path, None).body);
    }
    expect_clean("/metrics", waf.metrics().as_bytes());
    assert!(fs::metadata(waf.folder().join("audit.log")).unwrap().len() > 0, "refusals are exported");
    let folder = waf.stop();
    let config = folder.path().join("portcullis.toml");
    for what in ["requests", "sessions", "strings", "features"] {
        let output = waf::run(&["export", "--config", config.to_str().unwrap(), what]);
        assert!(output.status.success(), "{output:?}");
        expect_clean(what, &output.stdout);
    }
    expect_clean_files(folder.path());
}

#[test]
fn no_secret_leaves_by_the_spool_or_when_everything_fails() {
    // Nobody listens where the site and the database should be.
    let dead = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let storage = format!(
        "{LOUD}[storage]\nkind = \"mongodb\"\nuri = \"mongodb://me:hunter2-uri@{dead}\"\non_unreachable = \"start\"\n\
         connect_timeout = \"200ms\"\n"
    );
    let waf = Waf::spawn(&dead.to_string(), &storage, tempfile::tempdir().unwrap());
    wait_for("the filter to listen", || std::net::TcpStream::connect(waf.proxy).ok());
    send_all(waf.proxy);
    let spooled = |line: &str| line.strip_prefix("portcullis_spool_records{spool=\"activity\"} ")?.parse::<u64>().ok();
    wait_for("the spool", || waf.metrics().lines().find_map(spooled).filter(|records| *records >= 20));
    let visits =
        |line: &str| line.strip_prefix("portcullis_spool_records{spool=\"assessments\"} ")?.parse::<u64>().ok();
    wait_for("the visits", || waf.metrics().lines().find_map(visits).filter(|records| *records > 0));
    let folder = waf.kill();
    expect_clean_files(folder.path());
}
