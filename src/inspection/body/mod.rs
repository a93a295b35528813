//! Bodies taken apart by their content type; what cannot be is inspected as text.

mod json;
mod multipart;

use super::TargetKind;
use super::extract::Targets;
use super::finding::Malformed;

/// Bytes that are no text, in a hundred, from which a body of unknown type is looked at only for its readable runs.
const BINARY_PERCENT: usize = 30;

/// Length of a readable run in a binary body that is inspected.
const READABLE_RUN: usize = 24;

/// How a body is taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// `a=b&c=d`.
    Urlencoded,
    /// JSON.
    Json,
    /// Parts between boundaries; `None` where the content type names no boundary.
    Multipart(Option<String>),
    /// Anything else.
    Text,
}

impl BodyKind {
    /// The kind of this content type. A body without one, or of plain text, that begins like JSON is taken as JSON:
    /// scripts send it so.
    pub fn of(content_type: Option<&str>, body: &[u8]) -> Self {
        let content_type = content_type.unwrap_or("");
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Self::Urlencoded,
            "multipart/form-data" | "multipart/mixed" | "multipart/related" => {
                Self::Multipart(multipart::boundary(content_type))
            }
            json if json.ends_with("/json") || json.ends_with("+json") => Self::Json,
            "" | "text/plain" if looks_like_json(body) => Self::Json,
            "" if looks_like_a_form(body) => Self::Urlencoded,
            _ => Self::Text,
        }
    }
}

/// The targets of a body, and what is malformed about it.
///
/// A `truncated` body is the beginning of a longer one; that it breaks off is no fault of it.
pub fn targets(content_type: Option<&str>, body: &[u8], truncated: bool) -> (Targets, Option<Malformed>) {
    let mut targets = Targets::default();
    let malformed = match BodyKind::of(content_type, body) {
        BodyKind::Urlencoded => {
            targets.add_pairs(TargetKind::BodyName, TargetKind::BodyValue, body);
            (!truncated && has_broken_code(body)).then_some(Malformed::PercentEncoding)
        }
        BodyKind::Json => json::add(&mut targets, body).err(),
        BodyKind::Multipart(boundary) => multipart::add(&mut targets, boundary.as_deref(), body).err(),
        BodyKind::Text => {
            add_text(&mut targets, body);
            None
        }
    };
    if matches!(malformed, Some(Malformed::Json | Malformed::Multipart)) {
        add_text(&mut targets, body);
    }
    (targets, malformed.filter(|_| !truncated))
}

/// A parameter's value: taken apart where it is JSON, else as it is.
pub fn add_value(targets: &mut Targets, kind: TargetKind, name: &str, value: &[u8]) {
    let mut inner = Targets::default();
    if looks_like_json(value) && json::add(&mut inner, value).is_ok() {
        for (target, text) in inner.into_list() {
            let joined = [name, &target.name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
            targets.add_owned(kind, &joined, text);
        }
    } else {
        targets.add(kind, name, value);
    }
}

fn looks_like_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// `name=…` with a name of ordinary characters.
fn looks_like_a_form(body: &[u8]) -> bool {
    let name = body.iter().position(|byte| *byte == b'=');
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%');
    name.is_some_and(|end| end > 0 && body[..end].iter().all(plain))
}

fn has_broken_code(body: &[u8]) -> bool {
    memchr::memchr_iter(b'%', body).any(|at| {
        let digits = body.get(at + 1..at + 3).unwrap_or_default();
        let unicode = body
            .get(at + 1..at + 6)
            .is_some_and(|code| code[0].eq_ignore_ascii_case(&b'u') && code[1..].iter().all(u8::is_ascii_hexdigit));
        !unicode && (digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The whole of a text; of a binary body its readable runs.
fn add_text(targets: &mut Targets, body: &[u8]) {
    let odd = |byte: &u8| (byte.is_ascii_control() && !byte.is_ascii_whitespace()) || *byte >= 0x80;
    let count = body.iter().filter(|byte| odd(byte)).count();
    if std::str::from_utf8(body).is_ok() || count * 100 < body.len() * BINARY_PERCENT {
        targets.add(TargetKind::BodyText, "", body);
        return;
    }
    let mut readable = Vec::new();
    for run in body.split(odd).filter(|run| run.len() >= READABLE_RUN) {
        readable.extend(run);
        readable.push(b'\n');
    }
    targets.add_owned(TargetKind::BodyText, "", readable);
}

#[cfg(test)]
mod tests;
