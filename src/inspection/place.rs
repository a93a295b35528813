//! Texts without a request: where they would stand decides how they are taken apart.

use super::extract::Targets;
use super::{TargetKind, body};

/// The targets of a text at a place: `query` (a whole query string), `body` (its type is guessed), `header` (one
/// value), `path`, or `value` (one decoded parameter value, and anything else).
pub fn targets(place: &str, text: &[u8]) -> Targets {
    let mut targets = Targets::default();
    match place {
        "query" => targets.add_pairs(TargetKind::QueryName, TargetKind::QueryValue, text),
        "path" => targets.add(TargetKind::Path, "", text),
        "header" => targets.add(TargetKind::Header, "", text),
        "body" => return body::targets(sniffed(text), text, false).0,
        _ => body::add_value(&mut targets, TargetKind::QueryValue, "", text),
    }
    targets
}

/// The content type a body would have come with.
fn sniffed(text: &[u8]) -> Option<&'static str> {
    let start = text.trim_ascii_start();
    if start.starts_with(b"--") && memchr::memmem::find(start, b"ontent-").is_some() {
        return None;
    }
    let form = memchr::memchr(b'=', text).is_some() && !text.iter().any(u8::is_ascii_whitespace);
    form.then_some("application/x-www-form-urlencoded").filter(|_| !start.starts_with(b"{") && !start.starts_with(b"<"))
}
