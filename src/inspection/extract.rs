//! The targets of a request's head: path, query, headers, cookies.

use http::header::{self, HeaderMap, HeaderName};

use super::body::read_pairs;
use super::protocol;
use super::repeated::push_joined;
use super::safe::is_plain_name;
use super::targets::Targets;
use super::transform::is_malformed;
use super::{Malformed, TargetKind};

/// Kinds of the names and values of a query string.
const QUERY: (TargetKind, TargetKind) = (TargetKind::QueryName, TargetKind::QueryValue);

/// The head of a request, borrowed from the server.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method; not inspected.
    pub method: &'a str,
    /// The path as it was sent.
    pub path: &'a [u8],
    /// The query as it was sent, without its `?`.
    pub query: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// Adds the targets of a request's head.
pub fn read_head(head: &RequestHead<'_>, targets: &mut Targets) {
    read_path(head.path, targets);
    if let Some(query) = head.query {
        read_query(query, targets);
    }
    let before = targets.fields().len();
    for (name, value) in head.headers {
        read_header(name, value.as_bytes(), targets);
    }
    // A header is joined where there are several of it, a cookie where a name occurs again.
    let repeats = |index: &usize| {
        let target = &targets.fields()[*index].target;
        let lines = || head.headers.get_all(target.name.as_str()).into_iter().count();
        target.kind == TargetKind::Cookie || (target.kind == TargetKind::Header && lines() > 1)
    };
    let repeated = (before..targets.fields().len()).filter(repeats).collect();
    push_joined(repeated, targets);
}

/// Adds a path, and the parameters of its segments.
pub(crate) fn read_path(path: &[u8], targets: &mut Targets) {
    if is_malformed(path) {
        targets.push_malformed(TargetKind::Path, b"", Malformed::PercentEncoding);
    }
    targets.push(TargetKind::Path, b"", path);
    // Parameters of a segment: `/cars;colour=red/all`.
    for segment in path.split(|byte| *byte == b'/') {
        for parameter in segment.split(|byte| *byte == b';').skip(1) {
            read_pairs(parameter, QUERY, false, targets);
        }
    }
}

/// Adds the names and values of a query.
pub(crate) fn read_query(query: &[u8], targets: &mut Targets) {
    read_pairs(query, QUERY, false, targets);
}

fn read_header(name: &HeaderName, value: &[u8], targets: &mut Targets) {
    let text = name.as_str().as_bytes();
    if !is_plain_name(text) {
        targets.push(TargetKind::Header, text, text);
    }
    if protocol::is_plain(name, value) {
        return;
    }
    match *name {
        header::COOKIE => read_cookies(value, targets),
        header::AUTHORIZATION | header::PROXY_AUTHORIZATION => read_credentials(text, value, targets),
        _ => read_url_or_text(text, value, targets),
    }
}

fn read_cookies(value: &[u8], targets: &mut Targets) {
    for cookie in value.split(|byte| *byte == b';') {
        let cookie = cookie.trim_ascii();
        let (name, value) = match memchr::memchr(b'=', cookie) {
            Some(at) => (&cookie[..at], &cookie[at + 1..]),
            None => (&b""[..], cookie),
        };
        if !is_plain_name(name) {
            targets.push(TargetKind::Cookie, name, name);
        }
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        targets.push(TargetKind::Cookie, name, unquoted.unwrap_or(value));
    }
}

/// The scheme and what follows it apart, so that base64 credentials and tokens are seen for what they are.
fn read_credentials(name: &[u8], value: &[u8], targets: &mut Targets) {
    match memchr::memchr(b' ', value) {
        Some(at) if is_plain_name(&value[..at]) => targets.push(TargetKind::Header, name, &value[at + 1..]),
        _ => targets.push(TargetKind::Header, name, value),
    }
}

/// A header that is a URL is taken apart: its query holds values like any query.
fn read_url_or_text(name: &[u8], value: &[u8], targets: &mut Targets) {
    let is_url = value.starts_with(b"http://") || value.starts_with(b"https://");
    match memchr::memchr(b'?', value) {
        Some(at) if is_url => {
            targets.push(TargetKind::Header, name, &value[..at]);
            let (query, fragment) = match memchr::memchr(b'#', &value[at..]) {
                Some(hash) => (&value[at + 1..at + hash], &value[at + hash..]),
                None => (&value[at + 1..], &b""[..]),
            };
            read_query(query, targets);
            targets.push(TargetKind::Header, name, fragment);
        }
        _ => targets.push(TargetKind::Header, name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets_of(path: &str, query: Option<&str>, headers: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let headers = map;
        let method = "GET";
        let mut targets = Targets::new(6);
        let head = RequestHead { method, path: path.as_bytes(), query: query.map(str::as_bytes), headers: &headers };
        read_head(&head, &mut targets);
        let (fields, malformed) = targets.into_parts();
        let fields = fields.iter().map(|field| format!("{}={}", field.target, String::from_utf8_lossy(&field.value)));
        fields
            .chain(malformed.iter().map(|(target, fault)| format!("!{} {}", target.kind.as_str(), fault.as_str())))
            .collect()
    }

    #[test]
    fn path_and_query() {
        assert_eq!(
            targets_of("/a%2", Some("q=1+2&b=%"), &[]),
            [
                "path=/a%2",
                "query-value q=1 2",
                "query-value b=%",
                "!path percent-encoding",
                "!query-value percent-encoding"
            ]
        );
    }

    #[test]
    fn parameters_of_segments_and_values_split_over_headers() {
        assert_eq!(
            targets_of("/a;b=c d;e/f;<g>", None, &[]),
            ["path=/a;b=c d;e/f;<g>", "query-value b=c d", "query-value=e", "query-value=<g>"]
        );
        assert_eq!(
            targets_of("", None, &[("x-a", "1 union"), ("x-a", "select")]),
            ["header x-a=1 union", "header x-a=select", "header x-a=1 union,select", "header x-a=1 unionselect"]
        );
    }

    #[test]
    fn headers_but_those_of_the_protocol() {
        let headers = [
            ("host", "a"),
            ("te", "$x"),
            ("x-api", "v"),
            ("cookie", "a=b; c=\"d e\"; f"),
            ("authorization", "Bearer t"),
        ];
        assert_eq!(
            targets_of("", None, &headers),
            ["header te=$x", "header x-api=v", "cookie a=b", "cookie c=d e", "cookie=f", "header authorization=t"]
        );
        let referer = [("referer", "https://a.b/c?d=e+f#g")];
        assert_eq!(
            targets_of("", None, &referer),
            ["header referer=https://a.b/c", "query-value d=e f", "header referer=#g"]
        );
    }

    #[test]
    fn past_the_limit_values_lose_their_names_only() {
        assert_eq!(targets_of("/", Some("a=1&a=2&a=3&a=4&a=5&a=6&a=7"), &[]).last().unwrap(), "body-text=6\n7\n");
    }
}
