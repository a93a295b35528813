//! Access logs in JSON, an object a line: where each server puts what.

use std::time::Duration;

use serde_json::Value;

use super::access_log;
use super::entry::Entry;
use crate::storage::exchange;
use crate::time::Timestamp;

/// Where a field may stand, in the order tried: nginx (by the names of its variables), Caddy, Traefik, Apache by
/// common habit. A dot leads into an object; of a list the first entry counts.
const KNOWN: [(&str, &[&str]); 11] = [
    (
        "address",
        &[
            "remote_addr",
            "request.client_ip",
            "request.remote_ip",
            "ClientHost",
            "client_ip",
            "clientip",
            "remote_ip",
            "clientIP",
            "remoteIP",
            "ip",
        ],
    ),
    ("time", &["time_iso8601", "time_local", "ts", "StartUTC", "@timestamp", "timestamp", "time", "msec", "datetime"]),
    ("request", &["request"]),
    ("method", &["request_method", "request.method", "RequestMethod", "method", "verb"]),
    ("url", &["request_uri", "request.uri", "RequestPath", "uri", "url", "path"]),
    ("status", &["status", "DownstreamStatus", "OriginStatus", "statusCode", "response", "code"]),
    ("bytes", &["body_bytes_sent", "bytes_sent", "size", "DownstreamContentSize", "bytes", "response_size"]),
    ("duration", &["request_time", "duration", "Duration", "response_time"]),
    ("host", &["http_host", "host", "request.host", "RequestHost", "vhost", "server_name"]),
    ("referer", &["http_referer", "request.headers.Referer", "request_Referer", "referer", "referrer"]),
    (
        "agent",
        &["http_user_agent", "request.headers.User-Agent", "request_User-Agent", "user_agent", "userAgent", "agent"],
    ),
];

/// The names that `--field` may give a place to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    /// Reads `NAME=PLACE` texts.
    ///
    /// # Errors
    /// With what is allowed.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        let parse = |text: &String| {
            let (name, place) = text.split_once('=').filter(|(_, place)| !place.is_empty())?;
            let (known, _) = KNOWN.iter().find(|(known, _)| *known == name)?;
            Some((*known, place.to_owned()))
        };
        let names = KNOWN.map(|(name, _)| name).join(", ");
        let expected = |text: &String| format!("expected NAME=PLACE with one of the names {names}; found {text:?}");
        texts.iter().map(|text| parse(text).ok_or_else(|| expected(text))).collect::<Result<_, _>>().map(Self)
    }

    /// The value of a field.
    fn find<'v>(&self, name: &str, line: &'v Value) -> Option<&'v Value> {
        if let Some((_, place)) = self.0.iter().find(|(known, _)| *known == name) {
            return at(line, place);
        }
        let (_, places) = KNOWN.iter().find(|(known, _)| *known == name)?;
        places.iter().find_map(|place| at(line, place))
    }

    fn text(&self, name: &str, line: &Value) -> Option<String> {
        match self.find(name, line)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty() && text != "-"),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Reads a line.
///
/// # Errors
/// With the field that is missing.
pub(super) fn parse(line: &Value, fields: &Fields) -> Result<Entry, String> {
    let missing = |name: &str| format!("no {name}: say where it stands by --field {name}=KEY");
    let client = fields.text("address", line).and_then(|text| access_log::address(&text)).ok_or(missing("address"))?;
    let time = fields.find("time", line).and_then(time).ok_or(missing("time"))?;
    let mut entry = Entry::new(client, time);
    if let Some(request) = fields.find("request", line).and_then(Value::as_str) {
        entry.set_request(request);
    }
    if let Some(url) = fields.text("url", line) {
        entry.set_url(&url);
    }
    if let Some(method) = fields.text("method", line) {
        entry.method = method;
    }
    if entry.url.is_empty() && entry.method.is_empty() {
        return Err(missing("url"));
    }
    let number = |name: &str| fields.text(name, line).and_then(|text| text.parse::<f64>().ok()).filter(|n| *n >= 0.0);
    entry.status = fields.text("status", line).and_then(|status| status.parse().ok()).unwrap_or(0);
    // Sizes past 2^53 bytes lose digits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bytes = number("bytes").unwrap_or(0.0) as u64;
    entry.response_bytes = bytes;
    entry.duration = fields.find("duration", line).and_then(duration).unwrap_or_default();
    if entry.origin.is_empty() {
        entry.origin = fields.text("host", line).map(|host| format!("http://{host}")).unwrap_or_default();
    }
    entry.referer = fields.text("referer", line).unwrap_or_default();
    entry.agent = fields.text("agent", line).unwrap_or_default();
    Ok(entry)
}

/// The value under a key of this whole name, or else along the dots.
fn at<'v>(value: &'v Value, place: &str) -> Option<&'v Value> {
    let found = value.get(place).or_else(|| place.split('.').try_fold(value, |inner, key| inner.get(key)))?;
    let first = if let Value::Array(items) = found { items.first()? } else { found };
    (!first.is_null()).then_some(first)
}

/// RFC 3339, the form of text logs, or a number since 1970, whose size tells its unit.
fn time(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        let read = exchange::rfc3339(text).or_else(|| access_log::time(text));
        return read.or_else(|| since_1970(text.parse().ok()?));
    }
    since_1970(value.as_f64()?)
}

fn since_1970(number: f64) -> Option<Timestamp> {
    let millis = match number {
        seconds if (0.0..1e11).contains(&seconds) => seconds * 1e3,
        millis if (1e11..1e14).contains(&millis) => millis,
        micros if (1e14..1e17).contains(&micros) => micros / 1e3,
        nanos if (1e17..1e20).contains(&nanos) => nanos / 1e6,
        _ => return None,
    };
    // Within ±1e17 here.
    #[allow(clippy::cast_possible_truncation)]
    Some(Timestamp::from_millis(millis.round() as i64))
}

/// Seconds, as nginx and Caddy have it; a large whole number is Traefik's, in nanoseconds.
fn duration(value: &Value) -> Option<Duration> {
    if let Some(nanos) = value.as_u64().filter(|number| *number >= 1_000) {
        return Some(Duration::from_nanos(nanos));
    }
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}
