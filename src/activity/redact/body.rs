//! Secrets in bodies.

use serde_json::{Map, Value, json};

use super::{REDACTED, multipart, text, url};

/// Fields of a form at most; a body with more is not kept.
const MAX_FIELDS: usize = 1_000;
/// Keys that name a field in lists of name and value, as jQuery's `serializeArray` writes them.
const NAME_KEYS: [&str; 5] = ["name", "key", "field", "id", "param"];
/// Keys that stand beside them and hold the value.
const VALUE_KEYS: [&str; 4] = ["value", "val", "content", "data"];

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
            serde_json::from_slice(body).ok().map(|value| redact_json(value, false))
        }
        _ => None,
    };
    Some(parsed.unwrap_or_else(|| json!({ "unparsed": true, "bytes": body.len() })))
}

fn urlencoded(body: &[u8]) -> Option<Value> {
    let body = str::from_utf8(body).ok()?;
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
    redact_string(&value)
}

/// A decoded string: JSON within a string is redacted as JSON, a URL as a URL, anything as text.
fn redact_string(value: &str) -> String {
    if value.trim_start().starts_with(['{', '['])
        && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(value)
    {
        let clean = redact_json(inner.clone(), false);
        return if clean == inner { value.to_owned() } else { clean.to_string() };
    }
    url::decoded_value(value, 0)
}

/// JSON without its secrets; under a secret-looking name every text and number goes, whatever its depth.
fn redact_json(value: Value, secret: bool) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) | Value::String(_) if secret => Value::String(REDACTED.to_owned()),
        Value::Number(number) => {
            let digits = number.to_string();
            if text::scrub(&digits) == digits { Value::Number(number) } else { Value::String(REDACTED.to_owned()) }
        }
        Value::String(text) => Value::String(redact_string(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| redact_json(item, secret)).collect()),
        Value::Object(fields) => {
            let named_secret =
                NAME_KEYS.iter().any(|key| fields.get(*key).and_then(Value::as_str).is_some_and(url::is_secret));
            let redacted = fields.into_iter().map(|(name, item)| {
                let is_value = named_secret && VALUE_KEYS.iter().any(|key| name.eq_ignore_ascii_case(key));
                let secret = secret || is_value || url::is_secret(&name);
                (url::field_name(&name), redact_json(item, secret))
            });
            Value::Object(redacted.collect())
        }
    }
}
