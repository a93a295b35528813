//! Secrets in decoded values: JSON, URLs and queries within them, whatever stands in what.

use serde_json::Value;

use super::{REDACTED, text, url};

/// How many values within values are taken apart; deeper ones are read as plain text.
const MAX_DEPTH: usize = 3;
/// Keys that name a field in lists of name and value, as jQuery's `serializeArray` writes them.
const NAME_KEYS: [&str; 5] = ["name", "key", "field", "id", "param"];
/// Keys that stand beside them and hold the value.
const VALUE_KEYS: [&str; 4] = ["value", "val", "content", "data"];

/// A decoded string without its secrets; `depth` counts the values around it.
pub(super) fn redact(value: &str, depth: usize) -> String {
    if depth < MAX_DEPTH {
        if value.trim_start().starts_with(['{', '['])
            && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(value)
        {
            let clean = redact_json(inner.clone(), depth + 1);
            return if clean == inner { value.to_owned() } else { clean.to_string() };
        }
        if value.contains('%') || value.contains('=') && value.contains(['?', '&']) {
            return text::scrub(&url::redact(value, depth + 1)).into_owned();
        }
    }
    text::scrub(value).into_owned()
}

/// JSON without its secrets; under a secret-looking name every text and number goes, whatever its depth.
pub(super) fn redact_json(value: Value, depth: usize) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(number) => {
            let digits = number.to_string();
            if text::scrub(&digits) == digits { Value::Number(number) } else { Value::String(REDACTED.to_owned()) }
        }
        Value::String(text) => Value::String(redact(&text, depth)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| redact_json(item, depth)).collect()),
        Value::Object(fields) => {
            let names_secret = |key: &str| fields.get(key).and_then(Value::as_str).is_some_and(url::is_secret);
            let named_secret = NAME_KEYS.into_iter().any(names_secret);
            let redacted = fields.into_iter().map(|(name, item)| {
                let is_value = named_secret && VALUE_KEYS.iter().any(|key| name.eq_ignore_ascii_case(key));
                let secret = is_value || url::is_secret(&name);
                (url::field_name(&name), if secret { blank(item) } else { redact_json(item, depth) })
            });
            Value::Object(redacted.collect())
        }
    }
}

/// What stands under a secret-looking name: its shape stays, its texts and numbers go.
fn blank(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) | Value::String(_) => Value::String(REDACTED.to_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(blank).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, item)| (url::field_name(&name), blank(item))).collect())
        }
    }
}
