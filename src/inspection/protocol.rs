//! Headers of the protocol, which servers consume and applications seldom read: inspected only where they hold more than
//! their grammar foresees.
//!
//! No header goes uninspected for its name. What is passed over is a value of the shape that RFC 9110 (host, dates, lists
//! of tokens, entity tags and parameters), RFC 8941 (structured fields: client hints) or RFC 6455 (a WebSocket's key)
//! give it, and that leaves no room for more.

use http::header::{self, HeaderName};

/// Headers whose values are lists or dates.
const NAMES: [HeaderName; 18] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::ACCEPT_ENCODING,
    header::CACHE_CONTROL,
    header::PRAGMA,
    header::DATE,
    header::RANGE,
    header::IF_RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
];

/// Client hints and fetch metadata, by the start of their names.
const PREFIXES: [&str; 4] = ["sec-fetch-", "sec-ch-", "sec-websocket-", "upgrade-insecure-"];

/// A date of the protocol: a letter for a letter, a digit for a digit, all else as it is.
const DATE: &[u8; 29] = b"Aaa, 00 Aaa 0000 00:00:00 AAA";

/// Bytes of the base64 of a WebSocket's key.
const KEY_BYTES: usize = 24;

/// Whether a header belongs to the protocol and holds what it is for.
pub(super) fn is_plain(name: &HeaderName, value: &[u8]) -> bool {
    if *name == header::HOST {
        return value.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte));
    }
    if *name == header::SEC_WEBSOCKET_KEY {
        return value.len() == KEY_BYTES
            && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    }
    let is_protocol = NAMES.contains(name) || PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    is_protocol && (value.is_empty() || is_list(value) || is_date(value))
}

fn is_date(value: &[u8]) -> bool {
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'A' | b'a' => byte.is_ascii_alphabetic(),
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    value.len() == DATE.len() && value.iter().zip(DATE).all(fits)
}

/// Items between commas or semicolons, none of them empty.
fn is_list(mut value: &[u8]) -> bool {
    loop {
        let Some(behind) = behind_item(value.trim_ascii_start()) else { return false };
        match behind.trim_ascii_start() {
            [] => return true,
            [b',' | b';', rest @ ..] => value = rest,
            _ => return false,
        }
    }
}

/// What follows a token, an entity tag, a quoted text or a parameter.
fn behind_item(value: &[u8]) -> Option<&[u8]> {
    let tagged = value.strip_prefix(b"W/").unwrap_or(value);
    if tagged.starts_with(b"\"") {
        return behind_quoted(tagged);
    }
    let behind = behind_token(value)?;
    match behind.strip_prefix(b"=") {
        Some(quoted) if quoted.starts_with(b"\"") => behind_quoted(quoted),
        Some(token) => behind_token(token),
        None => Some(behind),
    }
}

fn behind_token(value: &[u8]) -> Option<&[u8]> {
    let is_other = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"*+_.:?-".contains(byte);
    let end = value.iter().position(is_other).unwrap_or(value.len());
    (end > 0).then(|| &value[end..])
}

fn behind_quoted(value: &[u8]) -> Option<&[u8]> {
    let inner = value.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', inner)?;
    inner[..end].iter().all(|byte| !is_foreign(*byte)).then(|| &inner[end + 1..])
}

/// Characters that neither an entity tag nor the name of a browser needs.
fn is_foreign(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'{' | b'}' | b'$' | b'`' | b'\'' | b'\\' | b'|' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_send_is_plain() {
        for (name, value) in [
            ("host", "shop.example.org:8443"),
            ("host", "[2001:db8::1]:80"),
            ("accept-encoding", "gzip, deflate;q=0.5, br, *;q=0"),
            ("cache-control", "max-age=0, no-cache=\"set-cookie\""),
            ("if-none-match", "W/\"64f-18b1f0a3c40\", \"a:b/c==\""),
            ("if-modified-since", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("if-range", "\"67ab43\""),
            ("range", "bytes=0-499, 500-"),
            ("sec-ch-ua", "\"Not;A=Brand\";v=\"24\", \"Not/A)Brand\";v=\"8.0.0.0\""),
            ("sec-ch-ua-mobile", "?0"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
            ("upgrade-insecure-requests", "1"),
            ("content-length", "12"),
            ("te", ""),
        ] {
            assert!(is_plain(&HeaderName::from_static(name), value.as_bytes()), "{name}: {value}");
        }
    }

    #[test]
    fn what_more_there_is_is_not() {
        for (name, value) in [
            ("host", "a.example/../../etc/passwd"),
            ("host", "a.example;id"),
            ("host", "a.example or 1=1"),
            ("accept-encoding", "gzip; cat /etc/passwd"),
            ("accept-encoding", ";id"),
            ("accept-encoding", "gzip,"),
            ("cache-control", "1 union select name from users"),
            ("if-none-match", "\"a\" or 1"),
            ("if-none-match", "\"a' or '1"),
            ("if-none-match", "\"a"),
            ("if-none-match", "W/../../etc/passwd"),
            ("if-modified-since", "1' or 1=1-- -"),
            ("if-modified-since", "Wed, 21 Oct 2015 07:28:00 <x>"),
            ("range", "bytes=/etc/passwd"),
            ("sec-ch-ua-platform", "\"${x}\""),
            ("sec-websocket-key", "../../../../../etc/passwd"),
            ("user-agent", "curl"),
        ] {
            assert!(!is_plain(&HeaderName::from_static(name), value.as_bytes()), "{name}: {value}");
        }
    }
}
