//! A line in the shape of OWASP Coraza's JSON audit log.

use serde_json::{Map, Value, json};

use super::message::{Message, messages};
use super::{Wire, moment};
use crate::activity::ActivityRecord;

pub(super) fn line(record: &ActivityRecord, wire: &Wire, body: &str) -> Value {
    let messages = messages(record);
    let highest = messages.iter().map(|message| message.severity).min();
    let protocol = format!("HTTP/{}", wire.http_version);
    json!({
        "transaction": {
            "timestamp": moment::coraza(record.timestamp),
            "unix_timestamp": record.timestamp.as_millis().saturating_mul(1_000_000),
            "id": record.id.to_string(),
            "client_ip": record.client_ip.to_string(),
            "client_port": super::export::client_port(record, wire),
            "host_ip": wire.host.map(|host| host.ip().to_string()).unwrap_or_default(),
            "host_port": wire.host.map_or(0, |host| host.port()),
            "server_id": record.origin,
            "request": {
                "method": record.method,
                "protocol": protocol,
                "uri": record.url,
                "http_version": wire.http_version,
                "headers": grouped(&record.headers),
                "body": body,
                "files": null,
                "args": {},
                "length": i32::try_from(record.request_bytes).unwrap_or(i32::MAX),
            },
            "response": {
                "protocol": protocol,
                "status": record.status,
                "headers": grouped(&wire.response_headers),
                "body": "",
            },
            "producer": {
                "connector": "portcullis",
                "version": env!("CARGO_PKG_VERSION"),
                "server": "portcullis",
                "rule_engine": if wire.enforcing { "On" } else { "DetectionOnly" },
                "stopwatch": record.latency.as_micros().to_string(),
                "rulesets": ["portcullis"],
            },
            "highest_severity": highest.map(|severity| severity.to_string()).unwrap_or_default(),
            "is_interrupted": record.verdict.is_refusal(),
        },
        "messages": messages.iter().map(message).collect::<Vec<_>>(),
    })
}

fn message(message: &Message) -> Value {
    json!({
        "actionset": "",
        "message": message.text,
        "error_message": format!("{} [id \"{}\"] [data \"{}\"]", message.text, message.id, message.data),
        "data": {
            "file": "portcullis",
            "line": 0,
            "id": message.id,
            "rev": "",
            "msg": message.text,
            "data": message.data,
            "severity": message.severity,
            "ver": env!("CARGO_PKG_VERSION"),
            "maturity": 0,
            "accuracy": 0,
            "tags": message.tags,
            "raw": "",
        },
    })
}

/// Each name once, with all its values.
fn grouped(headers: &[(String, String)]) -> Value {
    let mut names = Map::new();
    for (name, value) in headers {
        let values = names.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value.clone().into());
        }
    }
    Value::Object(names)
}
