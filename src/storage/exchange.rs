//! Records and judged visits as MongoDB's relaxed extended JSON: what `mongoexport` writes and `mongoimport` reads.
//!
//! The fields are those of the collections `httplogs` and `sesfeatures`. A body with keys that MongoDB cannot hold
//! (`$` in front) stands as JSON text in `requestBodyJson`, as it does there.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields;
use crate::activity::ActivityRecord;
use crate::behaviour::{Assessment, BODIES, Behaviour, Cause, SessionFeatures};
use crate::client::{ClientIp, ClientKey};
use crate::id::RequestId;
use crate::policy::Verdict;
use crate::time::Timestamp;

/// Keys of extended JSON that stand for a type of BSON.
const NUMBERS: [&str; 4] = ["$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"];

pub(crate) use super::mongodb::dump::bson_document;

/// What a client is counted by, where a document does not say.
pub type KeyOf<'a> = &'a dyn Fn(ClientIp) -> ClientKey;

/// The `httplogs` document of a request.
pub fn record_json(record: &ActivityRecord) -> Value {
    let record = &*fields::bounded(record);
    let url = &record.url;
    let mut document = json!({
        "_id": { "$oid": record.id.to_string() },
        "sessionID": fields::session_word(record.session),
        "clientIP": record.client_ip.to_string(),
        "clientKey": record.client.to_string(),
        "timestamp": date(record.timestamp),
        "method": record.method,
        "url": url,
        "fullUrl": format!("{}{url}", record.origin),
        "reqhttp": format!("{} {url}", record.method),
        "headers": fields::headers_json(&record.headers),
        "statusCode": record.status,
        "requestSize": record.request_bytes,
        "resContentType": { "type": record.content_type },
        "responseSize": record.response_bytes,
        "latencyUs": u64::try_from(record.latency.as_micros()).unwrap_or(u64::MAX),
        "verdict": record.verdict.as_str(),
        "findings": fields::findings_json(&record.findings),
    });
    if let Some(reason) = record.verdict.reason() {
        document["reason"] = reason.as_str().into();
    }
    if let Some(class) = fields::verdict_class(record.verdict) {
        document["class"] = class.as_str().into();
    }
    if let Some(score) = record.score {
        document["score"] = f64::from(score).into();
    }
    if let Some(escaped) = fields::escaped_json(record) {
        document["escaped"] = escaped;
    }
    if let Some(cut) = fields::cut_json(record) {
        document["cut"] = cut;
    }
    if let Some(body) = &record.request_body {
        if body.is_object() && !has_dollar_key(body) {
            document["requestBody"] = body.clone();
        } else {
            document["requestBodyJson"] = body.to_string().into();
        }
    }
    document
}

/// The request of an `httplogs` document, the predecessor's included. `id` is the identity of one that has none.
///
/// # Errors
/// With the field that is missing or cannot be read.
pub fn record_of_json(
    document: Value,
    key: KeyOf<'_>,
    id: &dyn Fn(Timestamp) -> RequestId,
) -> Result<ActivityRecord, String> {
    let document = plain(document);
    let client_ip = ip(&document)?;
    let timestamp = moment(&document, "timestamp")?;
    let text = |field: &str| document[field].as_str();
    let url = text("url").or_else(|| text("reqhttp")?.split_once(' ').map(|(_, url)| url)).unwrap_or_default();
    let full = text("fullUrl").unwrap_or_default();
    let verdict = match text("verdict") {
        Some(word) => fields::verdict(word, text("reason"), text("class")).ok_or("verdict: unknown")?,
        None => Verdict::Allow,
    };
    let request_body = match text("requestBodyJson") {
        Some(body) => body.parse().ok(),
        None => Some(document["requestBody"].clone()).filter(|body| !body.is_null()),
    };
    Ok(ActivityRecord {
        id: text("_id").and_then(|id| id.parse().ok()).unwrap_or_else(|| id(timestamp)),
        session: text("sessionID").and_then(|session| session.parse().ok()),
        timestamp,
        client_ip,
        client: text("clientKey").and_then(fields::client_key).unwrap_or_else(|| key(client_ip)),
        method: text("method").unwrap_or_default().to_owned(),
        url: url.to_owned(),
        origin: full.strip_suffix(url).unwrap_or(full).to_owned(),
        headers: document["headers"].as_object().map(fields::headers).unwrap_or_default(),
        status: whole(&document, "statusCode").and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        request_bytes: whole(&document, "requestSize").unwrap_or(0),
        response_bytes: whole(&document, "responseSize").unwrap_or(0),
        content_type: document["resContentType"]["type"].as_str().map(ToOwned::to_owned),
        latency: Duration::from_micros(whole(&document, "latencyUs").unwrap_or(0)),
        verdict,
        findings: fields::findings(&document["findings"]),
        score: document["score"].as_f64().map(fields::score),
        request_body,
        escaped: fields::escaped(&document["escaped"]),
        cut: fields::cut(&document["cut"]),
    })
}

/// The `sesfeatures` document of a visit.
pub fn assessment_json(assessment: &Assessment) -> Value {
    let features = &assessment.features;
    let mut document = json!({
        "sessionID": assessment.session.to_string(),
        "active": assessment.active,
        "behavior": assessment.behaviour.as_str(),
        "clientIP": assessment.client_ip.to_string(),
        "clientKey": assessment.client.to_string(),
        "endTimestamp": date(assessment.end),
        "numOfLoginAttempts": features.login_attempts,
        "numOfPostReqs": features.post_requests,
        "numOfReqs": features.requests,
        "sesCodes4xx": features.codes_4xx,
        "sesDuration": features.duration_ms,
        "score": assessment.score.map(f64::from),
        "cause": assessment.cause.map(Cause::as_str),
        "model": assessment.model,
        "custom": fields::custom_json(features),
        BODIES: fields::bodies_json(features),
        "spoke": fields::spoke_json(&assessment.spoke),
    });
    for (name, value) in fields::own_json(features) {
        document[name.as_str()] = value;
    }
    document
}

/// The visit of a `sesfeatures` document, the predecessor's included.
///
/// # Errors
/// With the field that is missing or cannot be read.
pub fn assessment_of_json(document: Value, key: KeyOf<'_>) -> Result<Assessment, String> {
    let document = plain(document);
    let client_ip = ip(&document)?;
    let text = |field: &str| document[field].as_str();
    let count = |field: &str| whole(&document, field).map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX));
    let session = text("sessionID").and_then(|session| session.parse().ok());
    // Attack tools stand by their names in the predecessor's data sets.
    let behaviour = match text("behavior").ok_or("behavior: expected newSession, Normal or Abnormal")? {
        word if Behaviour::parse(word).is_some() => Behaviour::parse(word),
        other if !other.is_empty() => Some(Behaviour::Abnormal),
        _ => None,
    };
    Ok(Assessment {
        session: session.ok_or("sessionID: expected 24 hex digits")?,
        client: text("clientKey").and_then(fields::client_key).unwrap_or_else(|| key(client_ip)),
        client_ip,
        end: moment(&document, "endTimestamp")?,
        features: SessionFeatures {
            login_attempts: count("numOfLoginAttempts"),
            post_requests: count("numOfPostReqs"),
            requests: count("numOfReqs"),
            codes_4xx: count("sesCodes4xx"),
            duration_ms: whole(&document, "sesDuration").unwrap_or(0),
            own: fields::own(&document),
            custom: fields::custom(&document["custom"]),
            bodies: fields::bodies(&document[BODIES]),
        },
        behaviour: behaviour.ok_or("behavior: expected newSession, Normal or Abnormal")?,
        active: document["active"].as_bool().unwrap_or(false),
        score: document["score"].as_f64().map(fields::score),
        cause: text("cause").and_then(Cause::parse),
        model: text("model").unwrap_or_default().to_owned(),
        spoke: fields::spoke(&document["spoke"]),
    })
}

/// An RFC 3339 time, with whatever offset.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(of_offset)
}

/// A time of the `time` crate, to the millisecond.
pub(crate) fn of_offset(time: OffsetDateTime) -> Timestamp {
    Timestamp::from_millis(i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX))
}

fn date(moment: Timestamp) -> Value {
    json!({ "$date": moment.to_string() })
}

fn has_dollar_key(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(name, inner)| name.starts_with('$') || has_dollar_key(inner)),
        Value::Array(items) => items.iter().any(has_dollar_key),
        _ => false,
    }
}

/// Extended JSON as plain JSON: ids as text, dates as milliseconds, numbers as numbers.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Value::Object(object) if object.len() == 1 => match typed(&object) {
            Some(value) => value,
            None => Value::Object(object.into_iter().map(|(name, inner)| (name, plain(inner))).collect()),
        },
        Value::Object(object) => Value::Object(object.into_iter().map(|(name, inner)| (name, plain(inner))).collect()),
        other => other,
    }
}

fn typed(object: &Map<String, Value>) -> Option<Value> {
    let (name, inner) = object.iter().next()?;
    match name.as_str() {
        "$oid" => Some(inner.clone()),
        "$date" => match inner {
            Value::String(text) => rfc3339(text).map(|moment| moment.as_millis().into()),
            Value::Number(_) => Some(inner.clone()),
            Value::Object(long) => typed(long),
            _ => None,
        },
        number if NUMBERS.contains(&number) => {
            let text = inner.as_str()?;
            text.parse::<i64>().map(Value::from).ok().or_else(|| text.parse::<f64>().ok().map(Value::from))
        }
        _ => None,
    }
}

/// The address; of a list, as the predecessor stored a whole header, the first.
fn ip(document: &Value) -> Result<ClientIp, String> {
    let text = document["clientIP"].as_str().unwrap_or_default();
    let first = text.split(',').next().unwrap_or_default().trim();
    first.parse().map(ClientIp::new).map_err(|_| "clientIP: expected an address".to_owned())
}

fn moment(document: &Value, field: &str) -> Result<Timestamp, String> {
    let read = match &document[field] {
        Value::Number(millis) => millis.as_i64().map(Timestamp::from_millis),
        Value::String(text) => rfc3339(text).or_else(|| rfc3339(&format!("{}Z", text.replace(' ', "T")))),
        _ => None,
    };
    read.ok_or_else(|| format!("{field}: expected a time"))
}

/// A whole number of whatever form; negative ones are 0.
fn whole(document: &Value, field: &str) -> Option<u64> {
    let number = &document[field];
    // A number of the predecessor may be a double; past 2^53 it has lost digits long before.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    number.as_u64().or_else(|| number.as_f64().map(|number| number as u64))
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
