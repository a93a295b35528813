//! What expressions know of a request.

use std::collections::HashMap;

use cel::{Context, Value};
use http::HeaderMap;
use http::header::COOKIE;

/// Bytes of a text at most.
const MAX_TEXT: usize = 4_096;
/// Headers, and cookies, at most.
const MAX_ENTRIES: usize = 64;

/// Names of fields; a missing one is a fault of the expression, not of the request.
pub(super) const NAMES: [&str; 12] = [
    "method", "path", "query", "host", "headers", "cookies", "client", "bytes", "status", "type", "millis", "response",
];

/// A request, and its answer where there is one.
#[derive(Clone, Debug)]
pub struct Facts<'f> {
    /// Method.
    pub method: &'f str,
    /// Path and query as sent.
    pub target: &'f [u8],
    /// Headers.
    pub headers: &'f HeaderMap,
    /// The client's address.
    pub client: std::net::IpAddr,
    /// Bytes of its body.
    pub bytes: u64,
    /// What became of it.
    pub answer: Option<Answer<'f>>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'f> {
    /// Status sent; 0 when none was.
    pub status: u16,
    /// Bytes of the body sent.
    pub bytes: u64,
    /// Content type; empty without one.
    pub content_type: &'f str,
    /// Milliseconds it took.
    pub millis: u64,
    /// 1 where the request was taken for an attack.
    pub findings: u32,
    /// Its highest probability of attack.
    pub score: f32,
}

impl Facts<'_> {
    /// A plain request with an answer: what expressions are tried on.
    pub(super) fn sample() -> Facts<'static> {
        static HEADERS: std::sync::OnceLock<HeaderMap> = std::sync::OnceLock::new();
        let headers = HEADERS.get_or_init(|| {
            let pairs = [("host", "shop.example"), ("user-agent", "Mozilla/5.0"), ("cookie", "sid=1; theme=dark")];
            pairs.iter().map(|(name, value)| ((*name).parse(), (*value).parse())).fold(
                HeaderMap::new(),
                |mut map, pair| {
                    if let (Ok(name), Ok(value)) = pair {
                        map.insert::<http::HeaderName>(name, value);
                    }
                    map
                },
            )
        });
        let answer =
            Answer { status: 200, bytes: 1_000, content_type: "text/html", millis: 10, findings: 1, score: 0.5 };
        Facts {
            method: "GET",
            target: b"/checkout?step=1",
            headers,
            client: std::net::IpAddr::from([192, 0, 2, 7]),
            bytes: 100,
            answer: Some(answer),
        }
    }

    pub(super) fn bind(&self, scope: &mut Context<'_, '_>) {
        scope.add_variable_from_value("request", self.request());
        let Some(answer) = self.answer else { return };
        let mut response = HashMap::new();
        response.insert("status".to_owned(), Value::from(i64::from(answer.status)));
        response.insert("bytes".to_owned(), number(answer.bytes));
        response.insert("type".to_owned(), text(answer.content_type.as_bytes()));
        response.insert("millis".to_owned(), number(answer.millis));
        scope.add_variable_from_value("response", response);
        scope.add_variable_from_value("findings", i64::from(answer.findings));
        scope.add_variable_from_value("score", f64::from(answer.score));
    }

    fn request(&self) -> HashMap<String, Value> {
        let (path, query) = match self.target.iter().position(|byte| *byte == b'?') {
            Some(mark) => (&self.target[..mark], &self.target[mark + 1..]),
            None => (self.target, &[][..]),
        };
        let host = self.headers.get(http::header::HOST).map_or(&[][..], http::HeaderValue::as_bytes);
        let mut request = HashMap::new();
        request.insert("method".to_owned(), text(self.method.as_bytes()));
        request.insert("path".to_owned(), text(path));
        request.insert("query".to_owned(), text(query));
        request.insert("host".to_owned(), text(host));
        request.insert("client".to_owned(), Value::from(self.client.to_string()));
        request.insert("bytes".to_owned(), number(self.bytes));
        request.insert("headers".to_owned(), Value::from(self.header_map()));
        request.insert("cookies".to_owned(), Value::from(self.cookie_map()));
        request
    }

    fn header_map(&self) -> HashMap<String, Value> {
        let names = self.headers.keys().take(MAX_ENTRIES);
        names.filter_map(|name| Some((name.as_str().to_owned(), text(self.headers.get(name)?.as_bytes())))).collect()
    }

    fn cookie_map(&self) -> HashMap<String, Value> {
        cookies(self.headers).take(MAX_ENTRIES).map(|(name, value)| (lossy(name), text(value))).collect()
    }
}

/// The value of the first cookie of this name.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    cookies(headers).find(|(found, _)| *found == name.as_bytes()).map(|(_, value)| value)
}

/// Names and values of all cookies.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let mark = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..mark], &pair[mark + 1..]))
    })
}

fn text(bytes: &[u8]) -> Value {
    Value::from(lossy(bytes))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT)]).into_owned()
}

fn number(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}
