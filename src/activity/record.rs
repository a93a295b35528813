//! One request, as stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RecordPart;
use crate::client::{ClientIp, ClientKey};
use crate::id::RequestId;
use crate::inspection::Finding;
use crate::policy::Verdict;
use crate::session::SessionId;
use crate::time::Timestamp;

/// One request and what became of it. Secrets were redacted before this was built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityRecord {
    /// Identity; a store that gets it twice keeps it once.
    pub id: RequestId,
    /// The visit it belongs to; `None` for a request barred at the edge.
    pub session: Option<SessionId>,
    /// When it was answered (the predecessor's `timestamp`).
    pub timestamp: Timestamp,
    /// Who sent it.
    pub client_ip: ClientIp,
    /// What that client is counted by.
    pub client: ClientKey,
    /// Method.
    pub method: String,
    /// Path and query, redacted.
    pub url: String,
    /// Scheme and host as the client named them: `http://example.org`.
    pub origin: String,
    /// Request headers in order, redacted; a repeated name stands repeatedly.
    pub headers: Vec<(String, String)>,
    /// Status sent to the client; 0 when none was sent.
    pub status: u16,
    /// Bytes of the request's body.
    pub request_bytes: u64,
    /// Bytes of the answer's body.
    pub response_bytes: u64,
    /// The answer's content type.
    pub content_type: Option<String>,
    /// From the request's arrival to the end of the answer.
    pub latency: Duration,
    /// What became of it.
    pub verdict: Verdict,
    /// What was suspected.
    pub findings: Vec<Finding>,
    /// Highest probability of attack of any part, 0 to 1; `None` when nothing was classified.
    pub score: Option<f32>,
    /// The body, taken apart and redacted, where the config keeps bodies.
    pub request_body: Option<Value>,
    /// Parts with bytes that are not UTF-8: in these `\xHH` stands for such a byte and `\\` for a backslash. Empty for
    /// nearly every request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escaped: Vec<RecordPart>,
    /// Parts that were too long for a store to keep whole, with how long they were: bytes, of findings their number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut: Vec<(RecordPart, u64)>,
}

#[cfg(test)]
impl ActivityRecord {
    /// A plain record; `number` orders it among others and gives its id and time.
    pub(crate) fn sample(number: u32) -> Self {
        let [a, b, c, d] = number.to_be_bytes();
        let id = RequestId::from_bytes([a, b, c, d, 1, 2, 3, 4, 5, 6, 7, 8]);
        let ip = std::net::IpAddr::from([192, 0, 2, 1]);
        Self {
            id,
            session: Some(SessionId::from(id)),
            timestamp: Timestamp::from_millis(1_600_000_000_000 + i64::from(number)),
            client_ip: ClientIp::new(ip),
            client: ClientKey::from(ipnet::IpNet::from(ip)),
            method: "GET".into(),
            url: "/search?q=book".into(),
            origin: "http://example.org".into(),
            headers: vec![("host".into(), "example.org".into()), ("accept".into(), "*/*".into())],
            status: 200,
            request_bytes: 0,
            response_bytes: 1_234,
            content_type: Some("text/html".into()),
            latency: Duration::from_micros(1_500),
            verdict: Verdict::Allow,
            findings: Vec::new(),
            score: Some(0.25),
            request_body: None,
            escaped: Vec::new(),
            cut: Vec::new(),
        }
    }
}
