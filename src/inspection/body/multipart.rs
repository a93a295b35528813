//! Multipart bodies, read as leniently as the laxest application: bare line feeds, unquoted names, folded headers.

use memchr::memmem;

use super::text::text_of;
use crate::inspection::TargetKind;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;

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

/// Adds names, file names and contents of the parts. False where parts could not be told apart to the end;
/// what was read until then stays added.
pub(super) fn read(boundary: &[u8], body: &[u8], truncated: bool, targets: &mut Targets) -> bool {
    let delimiter = [b"--", boundary].concat();
    let mut starts = memmem::find_iter(body, &delimiter).filter(|at| *at == 0 || body[at - 1] == b'\n');
    let Some(first) = starts.next() else {
        if truncated {
            targets.push(TargetKind::BodyText, b"", text_of(body));
        }
        return truncated;
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
        let whole = read_part(part, targets);
        match next {
            Some(next) if whole => start = next,
            Some(_) => return false,
            None => return truncated,
        }
    }
    false
}

/// One part, from the end of its delimiter. False where its headers do not end.
fn read_part(part: &[u8], targets: &mut Targets) -> bool {
    let Some((headers, content)) = split_headers(part) else {
        targets.push(TargetKind::BodyText, b"", text_of(part.trim_ascii()));
        return false;
    };
    let unfolded = unfold(headers);
    let mut name = Vec::new();
    let mut is_file = false;
    for line in unfolded.split(|byte| *byte == b'\n') {
        let Some(at) = memchr::memchr(b':', line) else { continue };
        if !line[..at].trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
            continue;
        }
        for (parameter, value) in parameters(&line[at + 1..]) {
            if parameter.starts_with(b"filename") {
                is_file = true;
                targets.push(TargetKind::FileName, &name, value);
            } else {
                if !is_plain_name(&value) {
                    targets.push(TargetKind::BodyName, &value, value.as_slice());
                }
                name = value;
            }
        }
    }
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let kind = if is_file { TargetKind::BodyText } else { TargetKind::BodyValue };
    targets.push(kind, &name, text_of(content));
    true
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
