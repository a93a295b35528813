//! Multipart bodies, read as leniently as the laxest application: bare line feeds, unquoted names, folded headers.

use std::borrow::Cow;

use memchr::memmem;

use super::Reader;
use super::text::text_of;
use crate::inspection::TargetKind;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;
use crate::inspection::transform::{Plain, hex, plain_of};

/// Parts taken apart; what follows them is inspected as text.
const MAX_PARTS: usize = 1_024;
/// Bytes of a part's headers.
const MAX_HEADER_BYTES: usize = 16 * 1_024;

/// The boundary that a content type names; `None` where it names none or several.
pub(super) fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let mut named = parameters(content_type).into_iter().filter(|(name, _)| name == b"boundary");
    match (named.next(), named.next()) {
        (Some((_, boundary)), None) if !boundary.is_empty() => Some(boundary),
        _ => None,
    }
}

/// The charset that a content type names.
pub(super) fn charset(content_type: &[u8]) -> Option<Vec<u8>> {
    parameters(content_type).into_iter().find(|(name, _)| name == b"charset").map(|(_, label)| label)
}

/// The boundary of a body that begins with one and the headers of a part.
pub(super) fn looks_multipart(body: &[u8]) -> Option<Vec<u8>> {
    let line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    let rest = body.get(2 + line.len()..)?.trim_ascii_start();
    let is_part = rest.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
    (is_part && !line.is_empty()).then(|| line.to_vec())
}

/// Adds names, file names, headers and contents of the parts. False where parts could not be told apart to the end;
/// what was read until then stays added.
pub(super) fn read(boundary: &[u8], body: &[u8], reader: Reader<'_>, targets: &mut Targets) -> bool {
    let delimiter = [b"--", boundary].concat();
    let mut starts = memmem::find_iter(body, &delimiter).filter(|at| *at == 0 || matches!(body[at - 1], b'\n' | b'\r'));
    let Some(first) = starts.next() else {
        if reader.truncated {
            targets.push(TargetKind::BodyText, b"", text_of(body));
        }
        return reader.truncated;
    };
    targets.push(TargetKind::BodyText, b"", text_of(body[..first].trim_ascii()));
    let mut start = first;
    for _ in 0..MAX_PARTS {
        let after = &body[start + delimiter.len()..];
        if after.starts_with(b"--") {
            targets.push(TargetKind::BodyText, b"", text_of(after[2..].trim_ascii()));
            return true;
        }
        let next = starts.next();
        let part = match next {
            Some(next) => &body[start + delimiter.len()..next],
            None => after,
        };
        let whole = read_part(part, Reader { truncated: reader.truncated && next.is_none(), ..reader }, targets);
        match next {
            Some(next) if whole => start = next,
            Some(_) => return false,
            None => return reader.truncated,
        }
    }
    false
}

/// One part, from the end of its delimiter. False where its headers do not end.
fn read_part(part: &[u8], reader: Reader<'_>, targets: &mut Targets) -> bool {
    let Some((headers, content)) = split_headers(part) else {
        targets.push(TargetKind::BodyText, b"", text_of(part.trim_ascii()));
        return false;
    };
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let head = PartHead::read(headers, targets);
    let content = match head.coding {
        Coding::None => Cow::Borrowed(content),
        Coding::Base64 => match plain_of(content) {
            Some(Plain::Text(text) | Plain::Binary(text)) => Cow::Owned(text),
            None => Cow::Borrowed(content),
        },
        Coding::QuotedPrintable => Cow::Owned(unquoted_printable(content)),
    };
    // What has a type of its own is read as that; text stays one value with a name.
    let kind = if head.is_file { TargetKind::BodyText } else { TargetKind::BodyValue };
    let inner = Reader { depth: reader.depth + 1, name: &head.name, kind, ..reader };
    inner.read(head.content_type.as_deref(), &content, targets);
    true
}

/// How a part's content is written.
enum Coding {
    None,
    Base64,
    QuotedPrintable,
}

/// What the headers of a part say.
struct PartHead {
    name: Vec<u8>,
    is_file: bool,
    content_type: Option<Vec<u8>>,
    coding: Coding,
}

impl PartHead {
    /// Reads the headers of a part; names, file names and what is no plain token become targets.
    fn read(headers: &[u8], targets: &mut Targets) -> Self {
        let mut head = Self { name: Vec::new(), is_file: false, content_type: None, coding: Coding::None };
        for line in unfold(headers).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Some(at) = memchr::memchr(b':', line) else {
                targets.push(TargetKind::Header, b"", line);
                continue;
            };
            let (field, value) = (line[..at].trim_ascii().to_ascii_lowercase(), line[at + 1..].trim_ascii());
            match field.as_slice() {
                b"content-disposition" => head.disposition(value, targets),
                b"content-type" => {
                    head.content_type = Some(value.to_vec());
                    if !value.iter().all(is_usual) {
                        targets.push(TargetKind::Header, &field, value);
                    }
                }
                b"content-transfer-encoding" if value.eq_ignore_ascii_case(b"base64") => head.coding = Coding::Base64,
                b"content-transfer-encoding" if value.eq_ignore_ascii_case(b"quoted-printable") => {
                    head.coding = Coding::QuotedPrintable;
                }
                _ => {
                    if !is_plain_name(&field) {
                        targets.push(TargetKind::Header, &field, field.as_slice());
                    }
                    targets.push(TargetKind::Header, &field, value);
                }
            }
        }
        head
    }

    fn disposition(&mut self, value: &[u8], targets: &mut Targets) {
        for (parameter, value) in parameters(value) {
            if parameter.starts_with(b"filename") {
                self.is_file = true;
                targets.push(TargetKind::FileName, &self.name, value);
                continue;
            }
            if !is_plain_name(&value) {
                targets.push(TargetKind::BodyName, &value, value.as_slice());
            }
            if parameter.starts_with(b"name") {
                self.name = value;
            }
        }
    }
}

/// Characters of a content type.
fn is_usual(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'-' | b'.' | b';' | b'=' | b' ' | b'"' | b'_' | b'*')
}

/// Undoes `=3C` and soft line breaks.
fn unquoted_printable(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        decoded.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => after,
            [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.extend(hex(&[*high, *low], 2).and_then(|byte| u8::try_from(byte).ok()));
                after
            }
            after => {
                decoded.push(b'=');
                after
            }
        };
    }
    decoded.extend_from_slice(rest);
    decoded
}

/// Splits a part at its first empty line.
fn split_headers(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let line_end = memchr::memchr(b'\n', part)?;
    let part = &part[line_end + 1..];
    let mut at = 0;
    while at < part.len().min(MAX_HEADER_BYTES) {
        let end = at + memchr::memchr(b'\n', &part[at..])?;
        if part[at..end].trim_ascii().is_empty() {
            return Some((&part[..at], &part[end + 1..]));
        }
        at = end + 1;
    }
    None
}

/// Joins header lines continued by leading white space.
fn unfold(headers: &[u8]) -> Vec<u8> {
    let mut unfolded: Vec<u8> = Vec::with_capacity(headers.len());
    for line in headers.split(|byte| *byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) && !unfolded.is_empty() {
            unfolded.push(b'\n');
        }
        unfolded.extend_from_slice(line.trim_ascii_end());
    }
    unfolded
}

/// The parameters of a header value, names in lower case, quotes undone.
fn parameters(value: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for part in split_unquoted(value).into_iter().skip(1) {
        let Some(at) = memchr::memchr(b'=', part) else { continue };
        let name = part[..at].trim_ascii().to_ascii_lowercase();
        found.push((name, unquoted(part[at + 1..].trim_ascii())));
    }
    found
}

fn split_unquoted(value: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in value.iter().enumerate() {
        match byte {
            b'\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            b'"' if !escaped => quoted = !quoted,
            b';' if !quoted => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = false;
    }
    parts.push(&value[start..]);
    parts
}

/// A backslash before a quote is an escape, before anything else part of a Windows path.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else { return value.to_vec() };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match bytes.peek() {
            Some(b'"') if byte == b'\\' => {}
            _ => text.push(byte),
        }
    }
    text
}
