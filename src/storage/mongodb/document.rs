//! BSON and the domain: names, types and units of every field.
//!
//! `httplogs` (beside the predecessor's fields: `clientKey`, `responseSize`, `latencyUs`, `verdict`, `reason`,
//! `class`, `score`, `findings`). `requestBody` is a sub-document where BSON can hold it and a query can name its
//! keys; any other body (a list, keys with `$` or `.`, more than a mebibyte) stands as JSON text in `requestBodyJson`.
//! `escaped` names the fields in which `\xHH` stands for a byte that is not UTF-8 and `\\` for a backslash (`url` means
//! `fullUrl` and `reqhttp` too), `cut` those that were too long, with how long they were; both are absent nearly always.
//! `clientips` gains `banUntil`, `origin`, `reason`, `evidence`, `generation`, `firstSeen`, `lastSeen`;
//! `sesfeatures` gains `clientKey`, `score`, `cause`, `model`, `spoke`, every feature of
//! [`FEATURE_NAMES`](crate::behaviour::FEATURE_NAMES) by its name, and `custom` with the custom features by theirs;
//! its `reqBodiesData` has dots in its keys (`requestBody.email.0`), as the predecessor wrote them.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use serde_json::Value;

use super::json;
use crate::activity::ActivityRecord;
use crate::client::{ClientIp, ClientKey};
use crate::id::RequestId;
use crate::policy::Verdict;
use crate::storage::fields;
use crate::time::Timestamp;

pub(super) const HTTPLOGS: &str = "httplogs";
pub(super) const CLIENTIPS: &str = "clientips";
pub(super) const SESFEATURES: &str = "sesfeatures";
pub(super) const OPENSESSIONS: &str = "opensessions";
/// Version of the documents; the predecessor's have none.
pub(super) const SCHEMA_VERSION: i32 = 1;

/// Longest body that stands as a sub-document, as JSON text, in bytes: as BSON it may be seven times as long.
const MAX_SUBDOCUMENT_BYTES: usize = 1 << 20;

pub(super) fn date(moment: Timestamp) -> Bson {
    Bson::DateTime(DateTime::from_millis(moment.as_millis()))
}

/// A whole number in the smallest type that holds it, as the shell and the predecessor's driver write it.
pub(super) fn number(number: u64) -> Bson {
    match i32::try_from(number) {
        Ok(small) => Bson::Int32(small),
        Err(_) => Bson::Int64(i64::try_from(number).unwrap_or(i64::MAX)),
    }
}

pub(super) fn object_id(id: RequestId) -> ObjectId {
    ObjectId::from_bytes(id.bytes())
}

/// The document of a request.
pub(super) fn of_record(record: &ActivityRecord) -> Document {
    let record = &*fields::bounded(record);
    let url = record.url.as_str();
    let latency = u64::try_from(record.latency.as_micros()).unwrap_or(u64::MAX);
    let mut document = doc! {
        "_id": object_id(record.id),
        "schemaVersion": SCHEMA_VERSION,
        "sessionID": fields::session_word(record.session),
        "clientIP": record.client_ip.to_string(),
        "clientKey": record.client.to_string(),
        "timestamp": date(record.timestamp),
        "method": record.method.as_str(),
        "url": url,
        "fullUrl": format!("{}{url}", record.origin),
        "reqhttp": format!("{} {url}", record.method),
        "headers": json::headers_document(&fields::headers_json(&record.headers)),
        "statusCode": i32::from(record.status),
        "requestSize": number(record.request_bytes),
        "resContentType": { "type": record.content_type.as_deref() },
        "responseSize": number(record.response_bytes),
        "latencyUs": number(latency),
        "verdict": record.verdict.as_str(),
        "findings": json::to_bson(&fields::findings_json(&record.findings)).unwrap_or(Bson::Null),
    };
    if let Some(reason) = record.verdict.reason() {
        document.insert("reason", reason.as_str());
    }
    if let Some(class) = fields::verdict_class(record.verdict) {
        document.insert("class", class.as_str());
    }
    if let Some(score) = record.score {
        document.insert("score", f64::from(score));
    }
    for (name, value) in [("escaped", fields::escaped_json(record)), ("cut", fields::cut_json(record))] {
        if let Some(value) = value.and_then(|value| json::to_bson(&value)) {
            document.insert(name, value);
        }
    }
    if let Some(body) = &record.request_body {
        let text = body.to_string();
        let sub = (text.len() <= MAX_SUBDOCUMENT_BYTES).then(|| json::to_bson(body)).flatten();
        match sub {
            Some(sub @ Bson::Document(_)) => document.insert("requestBody", sub),
            _ => document.insert("requestBodyJson", text),
        };
    }
    document
}

/// The record of a document, the predecessor's included; `None` where it has no address or id that can be read.
pub(super) fn record_of(document: &Document) -> Option<ActivityRecord> {
    let client_ip = ip(document)?;
    let url = text(document, "url").unwrap_or_default();
    let full = text(document, "fullUrl").unwrap_or_default();
    let verdict = match text(document, "verdict") {
        Some(word) => fields::verdict(word, text(document, "reason"), text(document, "class"))?,
        None => Verdict::Allow,
    };
    let body = match text(document, "requestBodyJson") {
        Some(body) => body.parse().ok(),
        None => document.get("requestBody").map(json::from_bson).filter(|body| !body.is_null()),
    };
    let json = |field: &str| document.get(field).map(json::from_bson).unwrap_or(Value::Null);
    Some(ActivityRecord {
        id: RequestId::from_bytes(document.get_object_id("_id").ok()?.bytes()),
        session: text(document, "sessionID").and_then(|session| session.parse().ok()),
        timestamp: moment(document, "timestamp").unwrap_or(Timestamp::from_millis(0)),
        client_ip,
        client: key(document, client_ip),
        method: text(document, "method").unwrap_or_default().to_owned(),
        url: url.to_owned(),
        origin: full.strip_suffix(url).unwrap_or(full).to_owned(),
        headers: document.get_document("headers").map(|h| fields::headers(&json::headers(h))).unwrap_or_default(),
        status: whole(document, "statusCode").and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        request_bytes: whole(document, "requestSize").unwrap_or(0),
        response_bytes: whole(document, "responseSize").unwrap_or(0),
        content_type: document.get_document("resContentType").ok().and_then(|t| text(t, "type")).map(ToOwned::to_owned),
        latency: Duration::from_micros(whole(document, "latencyUs").unwrap_or(0)),
        verdict,
        findings: fields::findings(&json("findings")),
        score: score(document),
        request_body: body,
        escaped: fields::escaped(&json("escaped")),
        cut: fields::cut(&json("cut")),
    })
}

pub(super) fn text<'d>(document: &'d Document, field: &str) -> Option<&'d str> {
    document.get_str(field).ok()
}

pub(super) fn moment(document: &Document, field: &str) -> Option<Timestamp> {
    document.get_datetime(field).ok().map(|date| Timestamp::from_millis(date.timestamp_millis()))
}

/// A whole number of whatever numeric type; negative ones are 0.
pub(super) fn whole(document: &Document, field: &str) -> Option<u64> {
    // A number of the predecessor may be a double; past 2^53 it has lost digits long before.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    match document.get(field)? {
        Bson::Int32(number) => Some(u64::try_from(*number).unwrap_or(0)),
        Bson::Int64(number) => Some(u64::try_from(*number).unwrap_or(0)),
        Bson::Double(number) => Some(*number as u64),
        _ => None,
    }
}

pub(super) fn score(document: &Document) -> Option<f32> {
    document.get_f64("score").ok().map(fields::score)
}

pub(super) fn ip(document: &Document) -> Option<ClientIp> {
    text(document, "clientIP")?.parse().ok().map(ClientIp::new)
}

/// What the client is counted by; in the predecessor's documents the address itself.
pub(super) fn key(document: &Document, ip: ClientIp) -> ClientKey {
    text(document, "clientKey")
        .and_then(fields::client_key)
        .unwrap_or_else(|| ClientKey::from(ipnet::IpNet::from(ip.addr())))
}
