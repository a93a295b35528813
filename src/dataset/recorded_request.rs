//! One recorded request, and the bytes it becomes.
//!
//! Sent as recorded, except:
//!
//! - the target is in origin form (`http://host/path` becomes `/path`), the version is HTTP/1.1;
//! - one `Content-Length` that is right, in the place of the recorded one;
//! - what speaks of the recorded connection goes: `Connection`, `Keep-Alive`, `Proxy-Connection`, `TE`, `Trailer`,
//!   `Upgrade`, `Expect`; `Connection: keep-alive` comes in its stead;
//! - a `Host`, where none was recorded.

use super::recording::Fault;

/// Headers that belong to one connection, or that would have us wait.
const DROPPED: [&str; 7] = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

/// A request as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedRequest {
    method: Vec<u8>,
    target: Vec<u8>,
    /// Header lines without their ends.
    headers: Vec<Vec<u8>>,
    /// What follows the head.
    pub(crate) body: Vec<u8>,
}

impl RecordedRequest {
    /// From the lines of a head, without their ends; the body is for the caller to add.
    pub(crate) fn from_head(lines: &[Vec<u8>]) -> Result<Self, Fault> {
        let (line, headers) = lines.split_first().ok_or(Fault::NotARequest)?;
        let (method, target) = request_line(line).ok_or(Fault::NotARequest)?;
        Ok(Self { method: method.to_vec(), target: target.to_vec(), headers: headers.to_vec(), body: Vec::new() })
    }

    /// From a whole request, where all that follows the head is the body.
    pub(crate) fn from_whole(raw: &[u8]) -> Result<Self, Fault> {
        let mut lines = Vec::new();
        let mut rest = raw;
        loop {
            let end = memchr::memchr(b'\n', rest).ok_or(Fault::CutOff)?;
            let line = without_end(&rest[..=end]);
            rest = &rest[end + 1..];
            if line.is_empty() {
                break;
            }
            lines.push(line.to_vec());
        }
        Ok(Self { body: rest.to_vec(), ..Self::from_head(&lines)? })
    }

    /// The recorded length of the body, if there is one.
    pub(crate) fn content_length(&self) -> Result<Option<u64>, Fault> {
        let Some(value) = self.value("content-length") else { return Ok(None) };
        std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).map(Some).ok_or(Fault::NotARequest)
    }

    /// Whether the body is in chunks; it is then sent with the chunks as recorded.
    pub(crate) fn is_chunked(&self) -> bool {
        self.value("transfer-encoding").is_some()
    }

    /// Whether the answer to it has no body.
    pub(crate) fn is_head(&self) -> bool {
        self.method == b"HEAD"
    }

    /// The request as it was recorded, for whoever takes it apart.
    pub(crate) fn to_raw(&self) -> Vec<u8> {
        let mut raw = [self.method.as_slice(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        for line in &self.headers {
            header(&mut raw, b"", line);
        }
        raw.extend_from_slice(b"\r\n");
        raw.extend_from_slice(&self.body);
        raw
    }

    /// The bytes to send; `host` stands in where none was recorded.
    pub(crate) fn to_bytes(&self, host: &str) -> Vec<u8> {
        let (authority, target) = origin_form(&self.target);
        let mut out = [self.method.as_slice(), b" ", &target, b" HTTP/1.1\r\n"].concat();
        let chunked = self.is_chunked();
        let mut length_told = chunked;
        if self.value("host").is_none() {
            header(&mut out, b"Host: ", authority.unwrap_or(host.as_bytes()));
        }
        for line in &self.headers {
            let name = name_of(line);
            if DROPPED.iter().any(|dropped| name.eq_ignore_ascii_case(dropped.as_bytes())) {
                continue;
            }
            if !name.eq_ignore_ascii_case(b"content-length") {
                header(&mut out, b"", line);
            } else if !std::mem::replace(&mut length_told, true) {
                header(&mut out, b"Content-Length: ", self.body.len().to_string().as_bytes());
            }
        }
        if !length_told && !self.body.is_empty() {
            header(&mut out, b"Content-Length: ", self.body.len().to_string().as_bytes());
        }
        out.extend_from_slice(b"Connection: keep-alive\r\n\r\n");
        out.extend_from_slice(&self.body);
        out
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        let line = self.headers.iter().find(|line| name_of(line).eq_ignore_ascii_case(name.as_bytes()))?;
        Some(line.get(name.len() + 1..)?.trim_ascii())
    }
}

/// Method and target of a request line; `None` where it is none.
pub(crate) fn request_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = memchr::memchr(b' ', line)?;
    let last = memchr::memrchr(b' ', line)?;
    let (method, version) = (&line[..first], &line[last + 1..]);
    let target = line.get(first + 1..last)?;
    let fits = !method.is_empty()
        && method.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
        && !target.is_empty()
        && version.starts_with(b"HTTP/1.");
    fits.then_some((method, target))
}

/// A line without CRLF or LF.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn header(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn name_of(line: &[u8]) -> &[u8] {
    memchr::memchr(b':', line).map_or(line, |colon| &line[..colon])
}

/// Splits an absolute target into authority and path; others are in origin form already.
fn origin_form(target: &[u8]) -> (Option<&[u8]>, Vec<u8>) {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme.as_bytes()).then_some(rest)
    });
    let Some(rest) = rest else { return (None, target.to_vec()) };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path.starts_with(b"/") { path.to_vec() } else { [b"/", path].concat() };
    (Some(authority), path)
}
