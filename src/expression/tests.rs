use http::HeaderMap;

use super::*;

fn headers(cookie: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("cookie", cookie.parse().unwrap());
    headers.insert("x-user", "anna".parse().unwrap());
    headers
}

fn on(text: &str, headers: &HeaderMap) -> Result<Value, NoValue> {
    let facts = Facts {
        method: "POST",
        target: b"/checkout/pay?total=12",
        headers,
        client: "192.0.2.7".parse().unwrap(),
        bytes: 42,
        answer: Some(Answer { status: 503, bytes: 0, content_type: "", millis: 7, findings: 0, score: 0.25 }),
    };
    let root = Root::default();
    Expression::compile(text, Scope::Answered).unwrap().value(&root.on(&facts))
}

#[test]
fn speaks_of_the_request_and_its_answer() {
    let headers = headers("a=1; sid=x=y;; b");
    let yes = Ok(Value::Bool(true));
    for text in [
        "request.path.startsWith('/checkout') && response.status >= 500",
        "request.query == 'total=12' && request.method == 'POST'",
        "request.cookies['sid'] == 'x=y' && request.headers['x-user'] == 'anna'",
        "request.client == '192.0.2.7' && request.bytes == 42 && response.millis == 7",
        "findings == 0 && score == 0.25",
        "!('none' in request.headers) && [1, 2].exists(x, x == 2)",
        "request.path.matches('^/check[a-z]+/pay$')",
    ] {
        assert_eq!(on(text, &headers), yes, "{text}");
    }
    assert_eq!(on("double(request.bytes) / 8.0", &headers), Ok(Value::Number(5.25)));
    assert_eq!(on("request.headers['x-user']", &headers), Ok(Value::Text("anna".into())));
}

#[test]
fn what_fails_on_a_request_has_no_value() {
    let headers = headers("a=1");
    assert!(on("request.headers['x-missing']", &headers).is_err());
    assert!(on("1000 / response.bytes", &headers).is_err(), "a division by zero, though not on the sample");
}

#[test]
fn refuses_at_the_start_what_cannot_be() {
    for (text, named) in [
        ("", "does not parse"),
        ("request.path ==", "does not parse"),
        ("((((", "does not parse"),
        ("'", "does not parse"),
        ("\u{0}", "does not parse"),
        ("1 / 0", "fails on a plain request"),
        ("1 / (response.status - 200)", "fails on a plain request"),
        ("request.paht == '/'", "fails on a plain request"),
        ("request.path.matches('(')", "fails on a plain request"),
        ("request.path + 1", "fails on a plain request"),
        ("sizee(request.path)", "fails on a plain request"),
        ("other.path == '/'", "speaks of other; allowed here: request"),
        ("request.headers", "gives neither"),
        ("null", "gives neither"),
    ] {
        let error = Expression::compile(text, Scope::Answered).unwrap_err();
        assert!(error.to_string().contains(named), "{text}: {error}");
    }
    let error = Expression::compile("response.status == 200", Scope::Request).unwrap_err();
    assert!(error.to_string().contains("speaks of response; allowed here: request"), "{error}");
    assert!(Expression::compile(&"1+".repeat(2_000), Scope::Request).is_err());
    assert!(Expression::compile("request.headers['x-tenant'] + request.path", Scope::Request).is_ok());
}

#[test]
fn hostile_requests_are_cut() {
    let mut headers = HeaderMap::new();
    for number in 0..1_000 {
        headers.append(format!("x-{number}").parse::<http::HeaderName>().unwrap(), "v".parse().unwrap());
    }
    headers.insert("cookie", "c".repeat(100_000).parse().unwrap());
    assert_eq!(on("size(request.headers) <= 64 && size(request.cookies) == 0", &headers), Ok(Value::Bool(true)));
}
