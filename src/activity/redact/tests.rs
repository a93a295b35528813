use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Redaction, text};
use crate::octets;

fn body(content_type: &str, body: &str) -> Value {
    Redaction::body(Some(content_type), body.as_bytes()).unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[test]
fn urls() {
    for (url, expected) in [
        ("/", "/"),
        ("", ""),
        ("/a%20b?q=1+2&x#top", "/a%20b?q=1+2&x#top"),
        ("/s?q=1'%20or%201=1--&z=%3Cscript%3E", "/s?q=1'%20or%201=1--&z=%3Cscript%3E"),
        ("/login?user=me&password=hunter2", "/login?user=me&password=[redacted]"),
        ("/login?PassWord=hunter2&x=1", "/login?PassWord=[redacted]&x=1"),
        ("/login?pass%77ord=hunter2", "/login?pass%77ord=[redacted]"),
        ("/login?pass%2577ord=hunter2", "/login?pass%2577ord=[redacted]"),
        ("/login?user[password]=hunter2", "/login?user[password]=[redacted]"),
        ("/x?a=1;token=hunter2;b=2", "/x?a=1;token=[redacted];b=2"),
        ("/x?token=", "/x?token="),
        ("/cb#access_token=hunter2&state=1", "/cb#access_token=[redacted]&state=1"),
        ("/app;jsessionid=hunter2/page", "/app;jsessionid=[redacted]/page"),
        ("http://me:hunter2@h.example/x", "http://[redacted]@h.example/x"),
        ("http://auth.example:8080/x?a=1", "http://auth.example:8080/x?a=1"),
        ("/r?next=%2Flogin%3Fpassword%3Dhunter2", "/r?next=/login?password=[redacted]"),
        ("/pay?n=4111111111111111", "/pay?n=[redacted]"),
        ("/pay?n=4111+1111+1111+1111&m=2", "/pay?n=[redacted]&m=2"),
        ("/pay/4111-1111-1111-1111/done", "/pay/[redacted]/done"),
        ("/pay?n=4111111111111112", "/pay?n=4111111111111112"),
        ("/reset/eyJhbGciOi.eyJzdWIi.c2ln", "/reset/[redacted]"),
    ] {
        assert_eq!(Redaction::url(url), expected);
    }
}

#[test]
fn headers() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "auth.example:8080"),
        ("authorization", "Bearer hunter2"),
        ("x-api-key", "hunter2"),
        ("x-auth-token", "hunter2"),
        ("cookie", "sid=hunter2; theme=dark; hunter2;a b=hunter2"),
        ("referer", "http://h.example/login?password=hunter2&x=1"),
        ("user-agent", "Mozilla/5.0 (X11; Linux)"),
        ("accept", "a/b"),
        ("accept", "c/d"),
    ] {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.append("x-odd", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    let kept = Redaction::headers(&headers);
    let of = |name: &str| kept.iter().filter(|h| h.0 == name).map(|h| h.1.as_str()).collect::<Vec<_>>();
    assert_eq!(of("host"), ["auth.example:8080"]);
    assert_eq!(of("authorization"), ["[redacted]"]);
    assert_eq!(of("x-api-key"), ["[redacted]"]);
    assert_eq!(of("x-auth-token"), ["[redacted]"]);
    assert_eq!(of("cookie"), ["sid=[redacted]; theme=[redacted]; [redacted]; [redacted]"]);
    assert_eq!(of("referer"), ["http://h.example/login?password=[redacted]&x=1"]);
    assert_eq!(of("user-agent"), ["Mozilla/5.0 (X11; Linux)"]);
    assert_eq!(of("accept"), ["a/b", "c/d"]);
    assert_eq!(of("x-odd"), [octets::text(b"\xff\xfe")]);
}

#[test]
fn bytes_that_are_not_utf8_stay_and_hide_no_secret() {
    let url = |raw: &[u8]| octets::bytes(&Redaction::url(&octets::text(raw))).into_owned();
    assert_eq!(url(b"/caf\xe9?q=\xff%ff&a=%E9"), b"/caf\xe9?q=\xff%ff&a=%E9");
    assert_eq!(url(b"/x?pass\xffword=hunter2&q=\xff"), b"/x?pass\xffword=[redacted]&q=\xff");
    assert_eq!(url(b"/x?q=caf%e9+password%3Dhunter2"), b"/x?q=caf%E9%20password=[redacted]");
    assert_eq!(url(b"/x?n=\xe94111111111111111"), b"/x?n=%E9[redacted]");
    let kept = |kind: &str, raw: &[u8]| Redaction::body(Some(kind), raw).unwrap();
    let odd = |raw: &[u8]| octets::text(raw).into_owned();
    let expected = json!({ odd(b"n\xe9"): odd(b"\xff \xfe"), "password": "[redacted]" });
    assert_eq!(kept(FORM, b"n%E9=\xff+%fe&password=\xffhunter2"), expected);
    assert_eq!(kept(JSON, b"{\"n\xe9\": \"\xff \xfe\", \"password\": \"\xffhunter2\"}"), expected);
    let parts = b"--B\r\nContent-Disposition: form-data; name=\"n\xe9\"\r\n\r\n\xff \xfe\r\n\
        --B\r\nContent-Disposition: form-data; name=password\r\n\r\n\xffhunter2\r\n--B--";
    assert_eq!(kept("multipart/form-data; boundary=B", parts), expected);
}

#[test]
fn forms() {
    assert_eq!(body(FORM, "user=me&pwdA=hunter2&q=a+b%21"), json!({ "user": "me", "pwdA": "[redacted]", "q": "a b!" }));
    assert_eq!(body(FORM, "a=1&a=2&a=3&b"), json!({ "a": ["1", "2", "3"], "b": "" }));
    assert_eq!(body("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1"), json!({ "a": "1" }));
    assert_eq!(body(FORM, "q=1' or '1'='1"), json!({ "q": "1' or '1'='1" }), "evidence stays");
    assert_eq!(Redaction::body(Some(FORM), b""), None);
}

#[test]
fn json_bodies() {
    for (given, expected) in [
        (json!({ "a": 1, "b": [true, null, "x"] }), json!({ "a": 1, "b": [true, null, "x"] })),
        (json!({ "user": { "$gt": "" }, "a.b": 1 }), json!({ "user": { "$gt": "" }, "a.b": 1 })),
        (
            json!({ "l": [{ "x": { "newPassword": "hunter2" } }] }),
            json!({ "l": [{ "x": { "newPassword": "[redacted]" } }] }),
        ),
        (json!({ "password": { "$ne": 1 } }), json!({ "password": { "$ne": "[redacted]" } })),
        (json!({ "token": ["hunter2", 5, null] }), json!({ "token": ["[redacted]", "[redacted]", null] })),
        (json!([{ "name": "password", "value": "hunter2" }]), json!([{ "name": "password", "value": "[redacted]" }])),
        (json!({ "n": 4_111_111_111_111_111_u64 }), json!({ "n": "[redacted]" })),
        (json!("4111 1111 1111 1111"), json!("[redacted]")),
    ] {
        assert_eq!(body(JSON, &given.to_string()), expected);
    }
    assert_eq!(body("application/vnd.api+json; charset=utf-8", "[1]"), json!([1]));
}

#[test]
fn multipart() {
    let text = "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nme\r\n--B\r\n\
        content-disposition: form-data; name=password\r\n\r\nhunter2\r\nhunter2\r\n--B\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"a;b.txt\"\r\nContent-Type: text/plain\r\n\r\nhunter2\r\n--B--\r\n";
    let expected = json!({
        "user": "me",
        "password": "[redacted]",
        "f": { "file": "a;b.txt", "contentType": "text/plain", "bytes": 7 },
    });
    assert_eq!(body("multipart/form-data; boundary=B", text), expected);
    assert_eq!(body("multipart/form-data; boundary=\"B\"", text), expected);
}

#[test]
fn what_cannot_be_taken_apart_is_not_kept() {
    for (content_type, text) in [
        (Some(JSON), "{\"password\": \"hunter2\""),
        (Some("text/plain"), "hunter2"),
        (Some("multipart/form-data"), "--B\r\n\r\nhunter2"),
        (Some("multipart/form-data; boundary=B"), "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nhunter2"),
        (Some("multipart/form-data; boundary="), "hunter2"),
        (Some(""), "hunter2"),
        (None, "hunter2"),
    ] {
        let expected = json!({ "unparsed": true, "bytes": text.len() });
        assert_eq!(Redaction::body(content_type, text.as_bytes()), Some(expected), "{content_type:?}");
    }
    assert_eq!(body(JSON, &"[".repeat(100_000))["unparsed"], true);
    assert_eq!(body(FORM, &"a&".repeat(2_000))["unparsed"], true);
}

#[test]
fn card_numbers() {
    for (given, expected) in [
        ("4111111111111111", "[redacted]"),
        ("card 4111-1111-1111-1111.", "card [redacted]."),
        ("4111 1111 1111 1111 2027", "[redacted] 2027"),
        ("12 4111 1111 1111 1111", "12 [redacted]"),
        ("x378282246310005y", "x[redacted]y"),
        ("4222222222222", "[redacted]"),
        ("4111111111111112", "4111111111111112"),
        ("411111111111", "411111111111"),
        ("41111111111111111111111", "41111111111111111111111"),
        ("0000000000000000", "0000000000000000"),
        ("4111  1111 1111 1111", "4111  1111 1111 1111"),
    ] {
        assert_eq!(text::scrub(given), expected);
    }
}

#[test]
fn assignments_in_texts() {
    for (given, expected) in [
        ("password=hunter2", "password=[redacted]"),
        ("' or password = 'hunter2' --", "' or password = '[redacted]' --"),
        ("{\"password\": \"hun\\\"ter2\", \"a\": 1}", "{\"password\": \"[redacted]\", \"a\": 1}"),
        (
            "mutation { login(user: \"me\", password: \"hunter2\") }",
            "mutation { login(user: \"me\", password: \"[redacted]\") }",
        ),
        ("<password>hunter2</password>", "<password>[redacted]</password>"),
        ("password: \"hunter2", "password: \"[redacted]"),
        ("a=b&c=d", "a=b&c=d"),
        ("password", "password"),
        ("κωδικός password=ήλιος τέλος", "κωδικός password=[redacted] τέλος"),
    ] {
        assert_eq!(text::scrub(given), expected);
    }
}

/// Every way we know to carry a secret, through every door: it is nowhere in what is stored.
#[test]
fn no_secret_survives() {
    const SECRET: &str = "hunter2Zq";
    const NAMES: [&str; 8] =
        ["password", "pwdA", "user[passwd]", "X-Secret", "access_token", "cvv", "api_key", "ITS_SESSION_ID"];
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    for name in NAMES {
        let pair = format!("{}={SECRET}", encode(name));
        let object = json!({ name: SECRET, "deep": [{ "x": { name: [SECRET, { "y": SECRET }] } }] });
        let as_text = json!({ "payload": object.to_string() });
        let urls = [
            format!("/a?{pair}"),
            format!("/a?x=1&{pair}&y=2"),
            format!("/a?x=1;{pair}"),
            format!("/a#{pair}"),
            format!("/a?next={}", encode(&format!("/b?{pair}"))),
            format!("/a?next={}", encode(&encode(&format!("/b?{pair}")))),
            format!("/a?data={}", encode(&object.to_string())),
            format!("//me:{SECRET}@host/{name}={SECRET}"),
        ];
        for url in &urls {
            let mut headers = HeaderMap::new();
            headers.insert("referer", HeaderValue::try_from(format!("http://host{url}")).unwrap());
            headers.insert("x-original-url", HeaderValue::try_from(url).unwrap());
            headers.insert("cookie", HeaderValue::try_from(format!("{SECRET}; a={SECRET}")).unwrap());
            let stored = format!("{} {:?}", Redaction::url(url), Redaction::headers(&headers));
            assert!(!stored.contains(SECRET), "{url}: {stored}");
        }
        let part =
            |name: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{SECRET}\r\n--B--");
        let bodies = [
            (FORM, format!("x=1&{pair}")),
            (FORM, object.to_string()),
            (FORM, encode(&object.to_string())),
            (FORM, format!("data={}", encode(&object.to_string()))),
            (JSON, object.to_string()),
            (JSON, as_text.to_string()),
            (JSON, json!([{ "name": name, "value": SECRET }]).to_string()),
            (JSON, json!({ "query": format!("login({name}: \"{SECRET}\")") }).to_string()),
            (JSON, json!({ "url": format!("http://h/?{pair}") }).to_string()),
            ("multipart/form-data; boundary=B", part(name)),
            ("text/plain", format!("{name}={SECRET}")),
        ];
        for (content_type, text) in &bodies {
            let stored = body(content_type, text).to_string();
            assert!(!stored.contains(SECRET), "{content_type} {text}: {stored}");
        }
    }
}

#[test]
fn hostile_input_neither_panics_nor_takes_long() {
    let long =
        ["a=", "1 ", "4111 ", "eyJ", "password=\"", "password:", "?", "%25", ";", "&", "//@", "{\"", "é=", "\u{0}"];
    let started = std::time::Instant::now();
    for piece in long {
        let text = piece.repeat(100_000 / piece.len());
        let _ = Redaction::url(&text);
        let _ = Redaction::body(Some(FORM), text.as_bytes());
        let _ = Redaction::body(Some(JSON), json!(text).to_string().as_bytes());
        let _ = Redaction::body(Some("multipart/form-data; boundary=a"), text.as_bytes());
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
