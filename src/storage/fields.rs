//! Domain values as both stores keep them: words, and JSON for what has parts.

use std::borrow::Cow;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::activity::{ActivityRecord, RecordPart};
use crate::behaviour::{OWN, SessionFeatures, Spoken};
use crate::client::ClientKey;
use crate::inspection::{AttackClass, Finding, Malformed, Suspicion, Target, TargetKind};
use crate::policy::{Reason, Verdict};
use crate::session::{Bodies, Checkpoint, OpenVisit, SessionId};

/// The predecessor's `sessionID` of a request without a session.
const NEW_REQUEST: &str = "newRequest";
/// Longest URL that is kept, in bytes. With the other limits a document stays below MongoDB's 16 MB.
const MAX_URL_BYTES: usize = 1 << 20;
/// Longest method, origin and content type that are kept, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// Header bytes that are kept, names and values together.
const MAX_HEADERS_BYTES: usize = 1 << 20;
/// Longest body that is kept, as JSON text, in bytes.
const MAX_BODY_BYTES: usize = 2 << 20;
/// Findings that are kept.
const MAX_FINDINGS: usize = 1_000;
/// Most documents that a page may ask for.
const MAX_PAGE: u32 = 1_000;

/// The limit of a page within 1 to 1,000.
pub(super) fn page_limit(limit: u32) -> usize {
    limit.clamp(1, MAX_PAGE) as usize
}

pub(super) fn session_word(session: Option<SessionId>) -> String {
    session.map_or_else(|| NEW_REQUEST.to_owned(), |session| session.to_string())
}

pub(super) fn client_key(text: &str) -> Option<ClientKey> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse().map(|ip: std::net::IpAddr| IpNet::from(ip)));
    net.ok().map(ClientKey::from)
}

/// The class beside a verdict's reason.
pub(super) fn verdict_class(verdict: Verdict) -> Option<AttackClass> {
    match verdict.reason() {
        Some(Reason::Attack(class)) => Some(class),
        _ => None,
    }
}

/// The verdict of these words; `None` where they name none.
pub(super) fn verdict(word: &str, reason: Option<&str>, class: Option<&str>) -> Option<Verdict> {
    let reason = || match reason? {
        "attack" => AttackClass::parse(class?).map(Reason::Attack),
        other => [Reason::Banned, Reason::Malformed, Reason::BodyTooLarge, Reason::Uninspected]
            .into_iter()
            .find(|reason| reason.as_str() == other),
    };
    match word {
        "allow" => Some(Verdict::Allow),
        "flag" => reason().map(Verdict::Flag),
        "refuse" => reason().map(Verdict::Refuse),
        _ => None,
    }
}

/// Headers as an object; a name that repeats has an array.
pub(super) fn headers_json(headers: &[(String, String)]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in headers {
        match object.get_mut(name) {
            None => {
                object.insert(name.clone(), Value::from(value.as_str()));
            }
            Some(Value::Array(values)) => values.push(Value::from(value.as_str())),
            Some(single) => *single = json!([single.take(), value]),
        }
    }
    object
}

pub(super) fn headers(object: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let mut headers = Vec::with_capacity(object.len());
    for (name, value) in object {
        match value {
            Value::Array(values) => headers.extend(values.iter().map(|value| (name.clone(), text(value)))),
            single => headers.push((name.clone(), text(single))),
        }
    }
    headers
}

/// Findings as an array of `{kind, name, class, score, excerpt}` or `{kind, name, malformed, excerpt}`.
pub(super) fn findings_json(findings: &[Finding]) -> Value {
    let one = |finding: &Finding| {
        let mut object = json!({ "kind": finding.target.kind.as_str(), "name": finding.target.name });
        match finding.suspicion {
            Suspicion::Attack { class, score } => {
                object["class"] = class.as_str().into();
                object["score"] = f64::from(score).into();
            }
            Suspicion::Malformed(kind) => object["malformed"] = kind.as_str().into(),
        }
        object["excerpt"] = finding.excerpt.as_str().into();
        object
    };
    Value::Array(findings.iter().map(one).collect())
}

/// The findings of such an array; entries that cannot be read are left out.
pub(super) fn findings(array: &Value) -> Vec<Finding> {
    let one = |object: &Value| {
        let text = |field: &str| object[field].as_str();
        let kind = TargetKind::ALL.into_iter().find(|kind| text("kind") == Some(kind.as_str()))?;
        let suspicion = match text("class") {
            Some(class) => {
                Suspicion::Attack { class: AttackClass::parse(class)?, score: score(object["score"].as_f64()?) }
            }
            None => Suspicion::Malformed(Malformed::ALL.into_iter().find(|m| text("malformed") == Some(m.as_str()))?),
        };
        let name = text("name").unwrap_or_default().to_owned();
        Some(Finding {
            target: Target { kind, name },
            suspicion,
            excerpt: text("excerpt").unwrap_or_default().to_owned(),
        })
    };
    array.as_array().map(|entries| entries.iter().filter_map(one).collect()).unwrap_or_default()
}

/// Our own features by name.
pub(super) fn own_json(features: &SessionFeatures) -> Map<String, Value> {
    let values = features.own.iter().flat_map(|own| own.iter());
    SessionFeatures::own_names().iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

/// Our own features of such an object; `None` where it has none of them. Those added since it was stored are 0.
pub(super) fn own(object: &Value) -> Option<Box<[f64; OWN]>> {
    let mut found = false;
    let mut own = Box::new([0.0; OWN]);
    for (name, value) in SessionFeatures::own_names().iter().zip(own.iter_mut()) {
        if let Some(stored) = object[*name].as_f64() {
            found = true;
            *value = stored;
        }
    }
    found.then_some(own)
}

/// The custom features by name.
pub(super) fn custom_json(features: &SessionFeatures) -> Value {
    features.custom.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into()
}

/// The custom features of such an object.
pub(super) fn custom(object: &Value) -> Vec<(String, f64)> {
    let one = |(name, value): (&String, &Value)| Some((name.clone(), value.as_f64()?));
    object.as_object().map(|object| object.iter().filter_map(one).collect()).unwrap_or_default()
}

/// The values of request bodies by their keys.
pub(super) fn bodies_json(features: &SessionFeatures) -> Value {
    features.bodies.iter().map(|(key, value)| (key.into_owned(), Value::from(value))).collect::<Map<_, _>>().into()
}

/// The values of such an object.
pub(super) fn bodies(object: &Value) -> Bodies {
    let one = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    object.as_object().map(|object| object.iter().filter_map(one).collect()).unwrap_or_default()
}

/// What spoke for a verdict, as an array of `{feature, value, weight}`.
pub(super) fn spoke_json(spoke: &[Spoken]) -> Value {
    let one = |spoken: &Spoken| json!({ "feature": spoken.feature, "value": spoken.value, "weight": f64::from(spoken.weight) });
    spoke.iter().map(one).collect()
}

/// What spoke, of such an array; entries that cannot be read are left out.
pub(super) fn spoke(array: &Value) -> Vec<Spoken> {
    let one = |object: &Value| {
        let feature = object["feature"].as_str()?.to_owned();
        Some(Spoken { feature, value: object["value"].as_f64()?, weight: score(object["weight"].as_f64()?) })
    };
    array.as_array().map(|entries| entries.iter().filter_map(one).collect()).unwrap_or_default()
}

/// The id of the row that holds the key of a checkpoint's fingerprints.
pub(super) const CHECKPOINT_KEY: &str = "fingerprints";

/// Open visits as rows of an id and JSON, the fingerprints' key last.
pub(super) fn checkpoint_rows(checkpoint: &Checkpoint) -> Vec<(String, String)> {
    // What cannot be written as JSON is left out; numbers of a visit are finite, so there is nothing such.
    let visit = |one: &OpenVisit| Some((one.session.id.to_string(), serde_json::to_string(one).ok()?));
    let key = serde_json::to_string(&checkpoint.fingerprints).ok().map(|key| (CHECKPOINT_KEY.to_owned(), key));
    checkpoint.open.iter().filter_map(visit).chain(key).collect()
}

/// The open visits of such rows; those that cannot be read, or are of another version, are left out.
pub(super) fn checkpoint(rows: Vec<(String, String)>) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    for (id, state) in rows {
        if id == CHECKPOINT_KEY {
            checkpoint.fingerprints = serde_json::from_str(&state).unwrap_or_default();
        } else {
            match serde_json::from_str(&state) {
                Ok(visit) => checkpoint.open.push(visit),
                Err(error) => tracing::warn!(%error, session = id, "passed over an open session that cannot be read"),
            }
        }
    }
    checkpoint
}

/// A stored score; it was an `f32` when it was stored, so nothing is lost.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn score(stored: f64) -> f32 {
    stored as f32
}

/// Names of the parts that are escaped; `None` where none is.
pub(super) fn escaped_json(record: &ActivityRecord) -> Option<Value> {
    let names = record.escaped.iter().map(|part| part.as_str()).collect::<Vec<_>>();
    (!names.is_empty()).then(|| json!(names))
}

/// The parts of such an array.
pub(super) fn escaped(array: &Value) -> Vec<RecordPart> {
    array.as_array().into_iter().flatten().filter_map(|name| RecordPart::parse(name.as_str()?)).collect()
}

/// Names of the parts that were cut, with how long they were; `None` where none was.
pub(super) fn cut_json(record: &ActivityRecord) -> Option<Value> {
    let lengths = record.cut.iter().map(|(part, length)| (part.as_str().to_owned(), json!(length)));
    (!record.cut.is_empty()).then(|| Value::Object(lengths.collect()))
}

/// The parts of such an object.
pub(super) fn cut(object: &Value) -> Vec<(RecordPart, u64)> {
    let one = |(name, length): (&String, &Value)| Some((RecordPart::parse(name)?, length.as_u64()?));
    object.as_object().map(|object| object.iter().filter_map(one).collect()).unwrap_or_default()
}

/// The record with what is longer than a store keeps cut, and noted so. Of too many bytes of headers those that fit stay;
/// a body that is too long is left out.
pub(super) fn bounded(record: &ActivityRecord) -> Cow<'_, ActivityRecord> {
    let headers = record.headers.iter().map(header_bytes).sum::<usize>();
    let body = record.request_body.as_ref().map_or(0, |body| body.to_string().len());
    let long = [
        (RecordPart::Method, record.method.len(), MAX_TEXT_BYTES),
        (RecordPart::Url, record.url.len(), MAX_URL_BYTES),
        (RecordPart::Origin, record.origin.len(), MAX_TEXT_BYTES),
        (RecordPart::Headers, headers, MAX_HEADERS_BYTES),
        (RecordPart::ContentType, record.content_type.as_ref().map_or(0, String::len), MAX_TEXT_BYTES),
        (RecordPart::RequestBody, body, MAX_BODY_BYTES),
        (RecordPart::Findings, record.findings.len(), MAX_FINDINGS),
    ];
    if long.iter().all(|(_, length, most)| length <= most) {
        return Cow::Borrowed(record);
    }
    let mut record = record.clone();
    for (part, length, most) in long.into_iter().filter(|(_, length, most)| length > most) {
        shorten(&mut record, part, length, most);
        record.cut.push((part, length as u64));
    }
    Cow::Owned(record)
}

fn shorten(record: &mut ActivityRecord, part: RecordPart, length: usize, most: usize) {
    let text = |text: &mut String| text.truncate(text.floor_char_boundary(most));
    match part {
        RecordPart::Method => text(&mut record.method),
        RecordPart::Url => text(&mut record.url),
        RecordPart::Origin => text(&mut record.origin),
        RecordPart::ContentType => record.content_type.iter_mut().for_each(text),
        RecordPart::Headers => {
            let mut room = most;
            record.headers.retain(|header| {
                let left = room.checked_sub(header_bytes(header));
                room = left.unwrap_or(room);
                left.is_some()
            });
        }
        RecordPart::RequestBody => record.request_body = Some(json!({ "unparsed": true, "bytes": length })),
        RecordPart::Findings => record.findings.truncate(most),
    }
}

fn header_bytes((name, value): &(String, String)) -> usize {
    name.len() + value.len()
}
