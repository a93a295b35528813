//! Secrets in URLs and urlencoded text.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};

use super::{REDACTED, is_secret_name, text, value};
use crate::octets;

/// How often a name may be percent-encoded over and still be read.
const MAX_DECODINGS: usize = 3;
/// Written encoded where a decoded value was changed; the brackets of `[redacted]` stay readable.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b';').add(b'<').add(b'>');

/// A URL without its secrets; `depth` counts the URLs around it.
pub(super) fn redact(url: &str, depth: usize) -> String {
    let (head, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let mut out = path(head, depth);
    if !rest.is_empty() {
        let (mark, parameters) = rest.split_at(1);
        out.push_str(mark);
        out.push_str(&pairs(parameters, &['&', ';', '?', '#'], depth));
    }
    out
}

/// A value of a query or form: decoded, redacted and, where that changed it, encoded again.
fn encoded_value(raw: &str, depth: usize) -> String {
    let plain = decode(raw);
    let clean = value::redact(&plain, depth);
    if clean == plain { raw.to_owned() } else { encode(&clean) }
}

/// Whether a name, however often encoded, looks secret.
pub(super) fn is_secret(raw_name: &str) -> bool {
    let mut name = raw_name.to_owned();
    for _ in 0..MAX_DECODINGS {
        if is_secret_name(&name) {
            return true;
        }
        let decoded = decode(&name);
        if decoded == name {
            return false;
        }
        name = decoded;
    }
    is_secret_name(&name)
}

/// Percent-decoding, `+` as a space, stand-ins for bytes that are not UTF-8.
pub(super) fn decode(raw: &str) -> String {
    let spaced = raw.replace('+', " ");
    let bytes = percent_decode(&octets::bytes(&spaced)).collect::<Vec<_>>();
    octets::text(&bytes).into_owned()
}

fn encode(plain: &str) -> String {
    percent_encode(&octets::bytes(plain), ENCODED).to_string()
}

/// `name=value` pairs between separators, which stay as they are.
fn pairs(text: &str, separators: &[char], depth: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(separators) {
        let body = piece.trim_end_matches(separators);
        match body.split_once('=') {
            Some((name, secret)) if is_secret(name) => {
                out.push_str(&self::name(name));
                out.push('=');
                out.push_str(if secret.is_empty() { "" } else { REDACTED });
            }
            Some((name, raw)) => {
                out.push_str(&self::name(name));
                out.push('=');
                out.push_str(&encoded_value(raw, depth));
            }
            None => out.push_str(&encoded_value(body, depth)),
        }
        out.push_str(&piece[body.len()..]);
    }
    out
}

/// A name may hold a secret itself, where a text that is no query was sent as one.
fn name(raw: &str) -> String {
    let plain = decode(raw);
    let clean = field_name(&plain);
    if clean == plain { raw.to_owned() } else { encode(&clean) }
}

/// A decoded name of a field as it is stored.
pub(super) fn field_name(plain: &str) -> String {
    let odd = plain.len() > 64 || plain.contains(['"', '\'', '{', '<', '>', '\n', ' ']);
    if odd && is_secret(plain) { REDACTED.to_owned() } else { text::scrub(plain).into_owned() }
}

/// Everything before the query: authority and path, with parameters of segments (`;jsessionid=…`).
fn path(head: &str, depth: usize) -> String {
    let start = head.find("//").map_or(0, |at| at + 2);
    let end = head[start..].find('/').map_or(head.len(), |at| start + at);
    let is_authority = start > 0 && (start == 2 || head[..start].ends_with("://"));
    let mut out = String::with_capacity(head.len());
    let mut segments = head;
    if is_authority {
        let authority = &head[start..end];
        out.push_str(&head[..start]);
        match authority.rsplit_once('@') {
            Some((_, host)) => out.extend([REDACTED, "@", host]),
            None => out.push_str(authority),
        }
        segments = &head[end..];
    }
    for segment in segments.split_inclusive('/') {
        let (bare, slash) = segment.strip_suffix('/').map_or((segment, ""), |bare| (bare, "/"));
        let (mut bare, parameters) = bare.split_at(bare.find(';').unwrap_or(bare.len()));
        // `user:password@` of a URL within the path.
        if let Some((login, rest)) = bare.split_once('@')
            && login.contains(':')
        {
            out.extend([REDACTED, "@"]);
            bare = rest;
        }
        out.push_str(&encoded_value(bare, depth));
        out.push_str(&pairs(parameters, &[';'], depth));
        out.push_str(slash);
    }
    out
}
