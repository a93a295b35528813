//! What of a request's head is inspected: path, query, cookies, headers.

use http::HeaderMap;
use http::header::{COOKIE, REFERER};

use super::{Target, TargetKind};

/// Targets of one request kept apart at most; what comes after is joined into one text, so nothing is skipped.
const MAX_TARGETS: usize = 1_000;

/// Characters of a target's name that are kept.
const MAX_NAME: usize = 128;

/// Headers that speak of the connection or of caching and that applications do not read as text.
///
/// `sec-` headers are set by browsers and cannot be set by a page; the rest is matched by whole name.
const NOT_INSPECTED: [&str; 22] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-length",
    "date",
    "dnt",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "pragma",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
];

/// A request's head, as received.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// Method.
    pub method: &'a str,
    /// Path, without the query.
    pub path: &'a [u8],
    /// Query, without the question mark.
    pub query: Option<&'a [u8]>,
    /// Headers.
    pub headers: &'a HeaderMap,
}

/// Places of a request and the raw texts that stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    list: Vec<(Target, Vec<u8>)>,
}

impl Targets {
    /// The targets of a head.
    pub fn of_head(head: &RequestHead<'_>) -> Self {
        let mut targets = Self::default();
        targets.add(TargetKind::Path, "", head.path);
        if let Some(query) = head.query {
            targets.add_pairs(TargetKind::QueryName, TargetKind::QueryValue, query);
        }
        for (name, value) in head.headers {
            targets.add_header(name.as_str(), value.as_bytes());
        }
        targets
    }

    /// One header's targets; none of a header that applications do not read.
    pub fn add_header(&mut self, name: &str, value: &[u8]) {
        if name == COOKIE.as_str() {
            self.add_cookies(value);
        } else if name == REFERER.as_str() {
            self.add_url(name, value);
        } else if !NOT_INSPECTED.contains(&name) && !name.starts_with("sec-") {
            self.add(TargetKind::Header, name, value);
        }
    }

    /// Names and values of `a=b&c=d`. A part without `=` is a value without a name.
    pub fn add_pairs(&mut self, name_kind: TargetKind, value_kind: TargetKind, text: &[u8]) {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match memchr::memchr(b'=', pair) {
                Some(equals) => (&pair[..equals], &pair[equals + 1..]),
                None => (&pair[..0], pair),
            };
            let name = plus_to_space(name);
            let shown =
                String::from_utf8_lossy(&percent_encoding::percent_decode(&name).collect::<Vec<_>>()).into_owned();
            if !name.is_empty() {
                self.add_owned(name_kind, "", name);
            }
            self.add_owned(value_kind, &shown, plus_to_space(value));
        }
    }

    /// One target.
    pub fn add(&mut self, kind: TargetKind, name: &str, text: &[u8]) {
        self.add_owned(kind, name, text.to_vec());
    }

    /// One target, of a text that is ours already.
    pub fn add_owned(&mut self, kind: TargetKind, name: &str, text: Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.list.len() >= MAX_TARGETS {
            if let Some((_, last)) = self.list.last_mut() {
                last.push(b' ');
                last.extend(text);
            }
            return;
        }
        let name = match name.char_indices().nth(MAX_NAME) {
            Some((end, _)) => name[..end].to_owned(),
            None => name.to_owned(),
        };
        let first_of_rest = self.list.len() + 1 == MAX_TARGETS;
        let kind = if first_of_rest { TargetKind::BodyText } else { kind };
        self.list.push((Target { kind, name }, text));
    }

    /// Takes over the targets of another part of the same request.
    pub fn append(&mut self, other: Self) {
        for (target, text) in other.list {
            self.add_owned(target.kind, &target.name, text);
        }
    }

    /// The targets, in the order found.
    pub fn into_list(self) -> Vec<(Target, Vec<u8>)> {
        self.list
    }

    fn add_cookies(&mut self, header: &[u8]) {
        for cookie in header.split(|byte| *byte == b';') {
            let cookie = cookie.trim_ascii();
            match memchr::memchr(b'=', cookie) {
                Some(equals) => {
                    let name = String::from_utf8_lossy(&cookie[..equals]).into_owned();
                    self.add(TargetKind::Cookie, "", &cookie[..equals]);
                    self.add(TargetKind::Cookie, &name, &cookie[equals + 1..]);
                }
                None => self.add(TargetKind::Cookie, "", cookie),
            }
        }
    }

    /// A header that carries a URL: the URL up to its query, then the query's names and values.
    fn add_url(&mut self, name: &str, url: &[u8]) {
        match memchr::memchr(b'?', url) {
            Some(mark) => {
                self.add(TargetKind::Header, name, &url[..mark]);
                self.add_pairs(TargetKind::Header, TargetKind::Header, &url[mark + 1..]);
            }
            None => self.add(TargetKind::Header, name, url),
        }
    }
}

fn plus_to_space(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn shown(targets: Targets) -> Vec<(String, String)> {
        let show = |(target, text): (Target, Vec<u8>)| (target.to_string(), String::from_utf8(text).unwrap());
        targets.into_list().into_iter().map(show).collect()
    }

    #[test]
    fn takes_a_head_apart() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("a"));
        headers.insert("cookie", HeaderValue::from_static("sid=1; theme = dark;flag"));
        headers.insert("referer", HeaderValue::from_static("http://b/c?d=e+f"));
        headers.insert("x-client-ip", HeaderValue::from_static("1.2.3.4"));
        let head = RequestHead { method: "GET", path: b"/p", query: Some(b"q=a+b&&x&%61=%2b"), headers: &headers };
        let expected = [
            ("path", "/p"),
            ("query-name", "q"),
            ("query-value q", "a b"),
            ("query-value", "x"),
            ("query-name", "%61"),
            ("query-value a", "%2b"),
            ("cookie", "sid"),
            ("cookie sid", "1"),
            ("cookie", "theme "),
            ("cookie theme ", " dark"),
            ("cookie", "flag"),
            ("header referer", "http://b/c"),
            ("header", "d"),
            ("header d", "e f"),
            ("header x-client-ip", "1.2.3.4"),
        ];
        assert_eq!(shown(Targets::of_head(&head)), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn past_the_cap_the_rest_is_one_text() {
        let mut targets = Targets::default();
        let query: Vec<u8> = (0..2_000).flat_map(|index| format!("a={index}&").into_bytes()).collect();
        targets.add_pairs(TargetKind::QueryName, TargetKind::QueryValue, &query);
        let list = targets.into_list();
        assert_eq!(list.len(), MAX_TARGETS);
        assert!(list.last().unwrap().1.ends_with(b" a 1999"));
    }
}
