//! Secrets in bodies.

use serde_json::{Map, Value, json};

use super::{REDACTED, multipart, text, url, value};
use crate::octets;

/// Fields of a form at most; a body with more is not kept.
const MAX_FIELDS: usize = 1_000;

pub(super) fn redact(content_type: Option<&str>, body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let content_type = content_type.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let parsed = match essence.as_str() {
        "application/x-www-form-urlencoded" => urlencoded(body),
        "multipart/form-data" => multipart::fields(content_type, body).map(from_parts),
        json if json == "application/json" || json.ends_with("+json") || json == "text/json" => {
            serde_json::from_str(&octets::text(body)).ok().map(|parsed| value::redact_json(parsed, 0))
        }
        _ => None,
    };
    Some(parsed.unwrap_or_else(|| json!({ "unparsed": true, "bytes": body.len() })))
}

fn urlencoded(body: &[u8]) -> Option<Value> {
    let body = octets::text(body);
    let mut fields = Map::new();
    for (count, pair) in body.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count == MAX_FIELDS {
            return None;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&mut fields, &url::decode(name), Value::String(url::decode(value)));
    }
    Some(Value::Object(fields))
}

fn from_parts(parts: Vec<multipart::Part>) -> Value {
    let mut fields = Map::new();
    for part in parts {
        let value = match part.file {
            None => Value::String(part.text),
            Some(file) => {
                json!({ "file": text::scrub(&file.name), "contentType": file.content_type, "bytes": file.bytes })
            }
        };
        add(&mut fields, &part.name, value);
    }
    Value::Object(fields)
}

/// Adds a field of a form; a name that repeats makes an array.
fn add(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let value = match value {
        Value::String(text) => Value::String(field_value(name, text)),
        file => file,
    };
    match fields.entry(url::field_name(name)) {
        serde_json::map::Entry::Vacant(vacant) => {
            vacant.insert(value);
        }
        serde_json::map::Entry::Occupied(mut occupied) => match occupied.get_mut() {
            Value::Array(values) => values.push(value),
            single => *single = json!([single.take(), value]),
        },
    }
}

fn field_value(name: &str, value: String) -> String {
    if url::is_secret(name) && !value.is_empty() {
        return REDACTED.to_owned();
    }
    value::redact(&value, 0)
}
