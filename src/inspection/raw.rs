//! Whole requests as recorded: request line, headers, body. For measuring and training; the proxy never parses one.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::body;
use super::extract::{RequestHead, Targets};
use super::finding::Malformed;

/// A recorded text is no request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no request: expected a request line, headers, an empty line and the body")]
pub struct NotARequest;

/// A recorded request.
#[derive(Clone, Debug)]
pub struct RawRequest<'a> {
    method: &'a str,
    path: &'a [u8],
    query: Option<&'a [u8]>,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> RawRequest<'a> {
    /// Reads a request; a header line that is none is left out, an absolute target loses its origin.
    ///
    /// # Errors
    /// When there is no request line.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NotARequest> {
        let (head, body) = split(bytes);
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let line = lines.next().unwrap_or_default();
        let (method, rest) = split_at_byte(line, b' ').ok_or(NotARequest)?;
        let target = rest.rsplitn(2, |byte| *byte == b' ').last().unwrap_or(rest);
        let method = std::str::from_utf8(method).map_err(|_| NotARequest)?;
        let target = origin_form(target);
        let (path, query) = match split_at_byte(target, b'?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        if method.is_empty() || path.is_empty() {
            return Err(NotARequest);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| split_at_byte(line, b':')) {
            let name = HeaderName::from_bytes(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_ascii())) {
                headers.append(name, value);
            }
        }
        Ok(Self { method, path, query, headers, body })
    }

    /// What of it is inspected, and what is malformed about its body.
    pub fn targets(&self) -> (Targets, Targets, Option<Malformed>) {
        let head = RequestHead { method: self.method, path: self.path, query: self.query, headers: &self.headers };
        let content_type = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (of_body, malformed) = if self.body.is_empty() {
            (Targets::default(), None)
        } else {
            body::targets(content_type, self.body, false)
        };
        (Targets::of_head(&head), of_body, malformed)
    }
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match (memchr::memmem::find(bytes, b"\r\n\r\n"), memchr::memmem::find(bytes, b"\n\n")) {
        (Some(long), short) if short.is_none_or(|short| long < short) => (&bytes[..long], &bytes[long + 4..]),
        (_, Some(short)) => (&bytes[..short], &bytes[short + 2..]),
        _ => (bytes, &[]),
    }
}

fn origin_form(target: &[u8]) -> &[u8] {
    let Some(scheme) = memchr::memmem::find(target, b"://").filter(|at| *at < 8 && !target.starts_with(b"/")) else {
        return target;
    };
    let authority = &target[scheme + 3..];
    memchr::memchr(b'/', authority).map_or(b"/", |slash| &authority[slash..])
}

fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, text)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_recorded_requests() {
        let raw = b"POST http://a:80/p%20q?x=1 HTTP/1.1\r\nHost: a\r\nbad line\r\nCookie: s=v w\r\n\r\na=b c";
        let request = RawRequest::parse(raw).unwrap();
        assert_eq!((request.method, request.path, request.query), ("POST", &b"/p%20q"[..], Some(&b"x=1"[..])));
        let (head, body, malformed) = request.targets();
        assert_eq!((head.into_list().len(), body.into_list().len(), malformed), (5, 2, None));
        assert!(RawRequest::parse(b"nonsense").is_err());
        assert_eq!(RawRequest::parse(b"GET /a b HTTP/1.1\n\n").unwrap().path, b"/a b");
    }
}
