//! JSON to BSON and back.

use mongodb::bson::{Bson, Document};
use serde_json::{Map, Number, Value};

/// Levels that a stored sub-document may have; the server allows 100.
const MAX_DEPTH: usize = 64;
/// Stands for a `$` at the start of a stored header's name, as MongoDB's manual advises; header names are ASCII, so
/// nothing else is mistaken for it.
const DOLLAR: &str = "\u{ff04}";
/// Stands for a `.` in a stored header's name.
const DOT: &str = "\u{ff0e}";

/// JSON as BSON; `None` where BSON has no such thing or a query could not name it: keys with `.` or NUL, keys that
/// begin with `$`, whole numbers past 63 bits, more than 64 levels.
pub(super) fn to_bson(value: &Value) -> Option<Bson> {
    convert(value, MAX_DEPTH)
}

fn convert(value: &Value, depth: usize) -> Option<Bson> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::Null => Bson::Null,
        Value::Bool(truth) => Bson::Boolean(*truth),
        Value::Number(number) => self::number(number)?,
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(items) => Bson::Array(items.iter().map(|item| convert(item, depth)).collect::<Option<_>>()?),
        Value::Object(fields) => {
            let mut document = Document::new();
            for (name, item) in fields {
                if name.starts_with('$') || name.contains(['.', '\0']) {
                    return None;
                }
                document.insert(name, convert(item, depth)?);
            }
            Bson::Document(document)
        }
    })
}

fn number(number: &Number) -> Option<Bson> {
    match number.as_i64() {
        Some(whole) => Some(i32::try_from(whole).map_or(Bson::Int64(whole), Bson::Int32)),
        None if number.is_f64() => number.as_f64().map(Bson::Double),
        None => None,
    }
}

/// BSON as JSON; types that JSON lacks become texts.
pub(super) fn from_bson(value: &Bson) -> Value {
    match value {
        Bson::Null | Bson::Undefined => Value::Null,
        Bson::Boolean(truth) => Value::Bool(*truth),
        Bson::Int32(whole) => Value::from(*whole),
        Bson::Int64(whole) => Value::from(*whole),
        Bson::Double(number) => Value::from(*number),
        Bson::String(text) => Value::from(text.as_str()),
        Bson::Array(items) => Value::Array(items.iter().map(from_bson).collect()),
        Bson::Document(fields) => Value::Object(fields.iter().map(|(k, v)| (k.clone(), from_bson(v))).collect()),
        other => Value::from(other.to_string()),
    }
}

/// Headers as a document: `$` at the start of a name and `.` are written as their full-width forms.
pub(super) fn headers_document(headers: &Map<String, Value>) -> Document {
    let mut document = Document::new();
    for (name, value) in headers {
        let mut name = name.replace('.', DOT).replace('\0', "");
        if let Some(rest) = name.strip_prefix('$') {
            name = format!("{DOLLAR}{rest}");
        }
        document.insert(name, to_bson(value).unwrap_or(Bson::Null));
    }
    document
}

/// The headers of such a document.
pub(super) fn headers(document: &Document) -> Map<String, Value> {
    document.iter().map(|(name, value)| (name.replace(DOT, ".").replace(DOLLAR, "$"), from_bson(value))).collect()
}
