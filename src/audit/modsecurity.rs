//! A line in the shape of ModSecurity's JSON audit log, version 3: there, too, most numbers of a message are texts.

use serde_json::{Map, Value, json};

use super::message::{Message, messages};
use super::{Wire, moment};
use crate::activity::ActivityRecord;

pub(super) fn line(record: &ActivityRecord, wire: &Wire, body: &str) -> Value {
    json!({
        "transaction": {
            "client_ip": record.client_ip.to_string(),
            "time_stamp": moment::asctime(record.timestamp),
            "server_id": record.origin,
            "client_port": super::export::client_port(record, wire),
            "host_ip": wire.host.map(|host| host.ip().to_string()).unwrap_or_default(),
            "host_port": wire.host.map_or(0, |host| host.port()),
            "unique_id": record.id.to_string(),
            "request": {
                "method": record.method,
                "http_version": wire.http_version.parse::<f64>().unwrap_or(1.1),
                "uri": record.url,
                "body": body,
                "headers": joined(&record.headers),
            },
            "response": {
                "body": "",
                "http_code": record.status,
                "headers": joined(&wire.response_headers),
            },
            "producer": {
                "modsecurity": concat!("Portcullis ", env!("CARGO_PKG_VERSION")),
                "connector": "portcullis",
                "secrules_engine": if wire.enforcing { "Enabled" } else { "DetectionOnly" },
                "components": ["portcullis"],
            },
            "messages": messages(record).iter().map(message).collect::<Vec<_>>(),
        },
    })
}

fn message(message: &Message) -> Value {
    json!({
        "message": message.text,
        "details": {
            "match": message.data,
            "reference": "",
            "ruleId": message.id.to_string(),
            "file": "portcullis",
            "lineNumber": "0",
            "data": message.data,
            "severity": message.severity.to_string(),
            "ver": env!("CARGO_PKG_VERSION"),
            "rev": "",
            "tags": message.tags,
            "maturity": "0",
            "accuracy": "0",
        },
    })
}

/// Each name once; values of a repeated one joined by a comma, as HTTP has it.
fn joined(headers: &[(String, String)]) -> Value {
    let mut names = Map::new();
    for (name, value) in headers {
        match names.get_mut(name) {
            Some(Value::String(before)) => before.extend([", ", value.as_str()]),
            _ => _ = names.insert(name.clone(), value.clone().into()),
        }
    }
    Value::Object(names)
}
