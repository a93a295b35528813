//! Secrets in headers.

use http::HeaderValue;

use super::{REDACTED, is_secret_name, text, url};
use crate::octets;

/// Headers whose whole value is a secret though their name does not say so.
const SECRET_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "set-cookie", "x-api-key"];
/// Headers that hold host names and ports, whatever words these are made of.
const HOST_HEADERS: [&str; 3] = ["host", "x-forwarded-host", "forwarded"];
/// Longest name of a cookie that is kept.
const MAX_COOKIE_NAME_BYTES: usize = 64;

/// The value of a header as it is stored; `name` is lower-case.
pub(super) fn redact(name: &str, value: &HeaderValue) -> String {
    let value = octets::text(value.as_bytes());
    if name == "cookie" {
        return cookie_names(&value);
    }
    if SECRET_HEADERS.contains(&name) || is_secret_name(name) {
        return REDACTED.to_owned();
    }
    if HOST_HEADERS.contains(&name) {
        return value.into_owned();
    }
    if value.contains("://") || value.starts_with('/') {
        url::redact(&value, 0)
    } else {
        text::scrub(&value).into_owned()
    }
}

/// The names of the cookies tell an operator what a client carries; their values are never kept, nor is a cookie
/// without a name, which is all value.
fn cookie_names(value: &str) -> String {
    let cookies = value.split(';').map(|cookie| match cookie.trim().split_once('=') {
        Some((name, _)) if is_plain_name(name) => format!("{name}={REDACTED}"),
        _ => REDACTED.to_owned(),
    });
    cookies.collect::<Vec<_>>().join("; ")
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= MAX_COOKIE_NAME_BYTES && name.bytes().all(plain) && text::scrub(name) == name
}
