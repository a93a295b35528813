//! Recorded HTTP/1 requests, read as leniently as they were recorded. The proxy never parses one itself.

use anyhow::{Context, anyhow};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::inspection::{BodyHead, RequestHead};

/// A whole request.
#[derive(Clone, Debug)]
pub(crate) struct RawRequest {
    method: String,
    path: Vec<u8>,
    query: Option<Vec<u8>>,
    headers: HeaderMap,
    /// Everything after the empty line.
    pub(crate) body: Vec<u8>,
}

impl RawRequest {
    /// Reads a request; lines may end in a bare line feed, what is no header is left out.
    pub(crate) fn parse(raw: &[u8]) -> anyhow::Result<Self> {
        let (head, body) = split_body(raw);
        let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let (method, target) = request_line(lines.next().unwrap_or_default())?;
        let target = origin_form(target);
        let (path, query) = match memchr::memchr(b'?', target) {
            Some(at) => (&target[..at], Some(target[at + 1..].to_vec())),
            None => (target, None),
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            let Some(at) = memchr::memchr(b':', line) else { continue };
            let name = HeaderName::from_bytes(&line[..at]);
            let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.try_append(name, value).context("too many headers")?;
            }
        }
        Ok(Self { method, path: path.to_vec(), query, headers, body: body.to_vec() })
    }

    /// The head as inspection takes it.
    pub(crate) fn head(&self) -> RequestHead<'_> {
        RequestHead { method: &self.method, path: &self.path, query: self.query.as_deref(), headers: &self.headers }
    }

    /// What the headers say of the body.
    pub(crate) fn body_head(&self) -> BodyHead {
        BodyHead::of(&self.headers)
    }
}

fn split_body(raw: &[u8]) -> (&[u8], &[u8]) {
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let end = ends.iter().filter_map(|end| Some((memchr::memmem::find(raw, end)?, end.len()))).min();
    end.map_or((raw, b""), |(at, length)| (&raw[..at], &raw[at + length..]))
}

/// Method and target. The target may hold blanks: its end is the last `HTTP/`, or that of the line.
fn request_line(line: &[u8]) -> anyhow::Result<(String, &[u8])> {
    let at = memchr::memchr(b' ', line).ok_or_else(|| anyhow!("not a request: expected METHOD TARGET"))?;
    let method = std::str::from_utf8(&line[..at]).context("not a request: the method is not ASCII")?;
    let rest = &line[at + 1..];
    let end = memchr::memmem::rfind(rest, b" HTTP/").unwrap_or(rest.len());
    Ok((method.to_owned(), rest[..end].trim_ascii()))
}

/// A target without its scheme and authority.
fn origin_form(target: &[u8]) -> &[u8] {
    let Some(after) = target.strip_prefix(b"http://").or_else(|| target.strip_prefix(b"https://")) else {
        return target;
    };
    after.iter().position(|byte| matches!(byte, b'/' | b'?')).map_or(b"/", |at| &after[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_head_and_body() {
        let raw = b"POST http://h/a b?c=d HTTP/1.1\r\nContent-Type: x/y\r\nbad line\r\nX-A: 1\r\n\r\nbody\n\n";
        let request = RawRequest::parse(raw).unwrap();
        let head = request.head();
        assert_eq!((head.method, head.path, head.query), ("POST", &b"/a b"[..], Some(&b"c=d"[..])));
        assert_eq!(request.body_head(), BodyHead::from(Some(&b"x/y"[..])));
        assert_eq!((head.headers.len(), request.body.as_slice()), (2, &b"body\n\n"[..]));
        assert!(RawRequest::parse(b"nonsense").is_err());
    }
}
