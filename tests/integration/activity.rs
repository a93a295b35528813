//! What is kept of requests that are odd or very long.

use crate::harness::client::get;
use crate::harness::{Origin, Waf};

#[test]
fn bytes_that_are_not_utf8_are_kept() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[activity]\nbodies = \"redacted\"\n");
    let body = b"n%E9=\xff+a\\b";
    let head = format!(
        "Host: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    // In the request line Pingora takes UTF-8 only.
    assert_eq!(waf.send(b"GET /caf\xe9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").status, 400);
    let request =
        [b"POST /caf%e9?a=\\ HTTP/1.1\r\n", head.as_bytes(), b"User-Agent: odd\xfe\\\r\n\r\n", &body[..]].concat();
    assert_eq!(waf.send(request).status, 200);
    waf.wait_for_count("SELECT count(*) FROM httplogs", 1);
    let kept = &waf.sql("SELECT url, json_extract(headers, '$.user-agent'), requestBody, escaped FROM httplogs")[0];
    let expected = [r"/caf%e9?a=\", r"odd\xfe\\", r#"{"n\\xe9":"\\xff a\\\\b"}"#, r#"["headers","requestBody"]"#];
    assert_eq!(kept, &expected);
    let shown = &waf.api("GET", "/api/v1/requests", None).json()["requests"][0];
    assert_eq!(shown["url"], r"/caf%e9?a=\");
    assert_eq!(shown["escaped"], serde_json::json!(["headers", "requestBody"]));
}

#[test]
fn the_longest_url_is_kept_whole_and_a_longer_one_refused() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    // The HTTP library's bound; what is longer reaches no hook of ours.
    assert_eq!(waf.send(get(&format!("/{}", "a".repeat(100 << 10)))).status, 400);
    let path = format!("/long?q={}", "word+".repeat(13_100));
    assert_eq!(waf.send(get(&path)).status, 200);
    assert_eq!(origin.only().target(), path);
    waf.wait_for_count("SELECT count(*) FROM httplogs", 1);
    let kept = &waf.sql("SELECT url, fullUrl = origin || url, cut IS NULL FROM httplogs")[0];
    assert_eq!(kept, &[path, "1".into(), "1".into()]);
}

#[test]
fn only_the_requests_that_are_asked_for_are_logged() {
    let attack = "/item?id=1'%20UNION%20SELECT%20name,password%20FROM%20users--%20-";
    for (requests, expected) in [("off", 0), ("findings", 1), ("all", 3)] {
        let origin = Origin::start();
        let waf = Waf::with(&origin, &format!("[activity]\nrequests = \"{requests}\"\n[session]\ngap = \"1s\"\n"));
        assert_eq!(
            [waf.send(get("/")).status, waf.send(get(attack)).status, waf.send(get("/")).status],
            [200, 403, 200]
        );
        waf.wait_for_count("SELECT numOfReqs FROM sesfeatures UNION ALL SELECT 0 LIMIT 1", 3);
        waf.wait_for_count("SELECT count(*) FROM httplogs", expected);
    }
}
