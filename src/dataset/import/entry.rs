//! One line of an access log, and the record it becomes.

use std::collections::HashMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::activity::{ActivityRecord, Redaction};
use crate::client::{self, ClientIp};
use crate::id::RequestId;
use crate::octets;
use crate::policy::Verdict;
use crate::time::Timestamp;

/// Lines remembered to tell equal ones apart; past it they are forgotten all at once.
const MAX_REMEMBERED: usize = 100_000;

/// What a line says. What it does not say is empty or 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) client: ClientIp,
    /// When it was answered: servers log then.
    pub(super) time: Timestamp,
    pub(super) method: String,
    /// Path and query.
    pub(super) url: String,
    /// Scheme and host.
    pub(super) origin: String,
    pub(super) status: u16,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    pub(super) duration: Duration,
    pub(super) referer: String,
    pub(super) agent: String,
}

impl Entry {
    /// A line of which only these are known.
    pub(super) const fn new(client: ClientIp, time: Timestamp) -> Self {
        Self {
            client,
            time,
            method: String::new(),
            url: String::new(),
            origin: String::new(),
            status: 0,
            request_bytes: 0,
            response_bytes: 0,
            duration: Duration::ZERO,
            referer: String::new(),
            agent: String::new(),
        }
    }

    /// Takes method and URL out of a request line. What is none is kept as it is: a probe is activity too.
    pub(super) fn set_request(&mut self, line: &str) {
        let without_version = line.rsplit_once(' ').filter(|(_, version)| version.starts_with("HTTP/"));
        let rest = without_version.map_or(line, |(rest, _)| rest);
        match rest.split_once(' ') {
            Some((method, url))
                if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') =>
            {
                self.method = method.to_owned();
                self.set_url(url.trim());
            }
            _ => self.url = line.to_owned(),
        }
    }

    /// Takes a URL, absolute or path and query.
    pub(super) fn set_url(&mut self, url: &str) {
        let authority = url.find("://").map(|at| at + 3).filter(|_| url.starts_with("http"));
        match authority {
            Some(start) => {
                let path = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
                self.origin = url[..path].to_owned();
                self.url = if path == url.len() { "/".to_owned() } else { url[path..].to_owned() };
            }
            None => self.url = url.to_owned(),
        }
    }

    /// The record, without its secrets, and without a session.
    pub(super) fn into_record(self, id: RequestId, clients: &client::Config) -> ActivityRecord {
        let mut headers = HeaderMap::new();
        let host = self.origin.split_once("://").map_or("", |(_, host)| host);
        for (name, value) in [(header::HOST, host), (header::REFERER, &self.referer), (header::USER_AGENT, &self.agent)]
        {
            if let Some(value) = HeaderValue::from_bytes(&octets::bytes(value)).ok().filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
        ActivityRecord {
            id,
            session: None,
            timestamp: self.time,
            client_ip: self.client,
            client: clients.key(self.client),
            method: self.method,
            url: Redaction::url(&self.url),
            origin: Redaction::url(&self.origin),
            headers: Redaction::headers(&headers),
            status: self.status,
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
            content_type: None,
            latency: self.duration,
            verdict: Verdict::Allow,
            findings: Vec::new(),
            score: None,
            request_body: None,
            escaped: Vec::new(),
            cut: Vec::new(),
        }
        .escape()
    }
}

/// A record of the predecessor's without its secrets; its body stays where the configuration keeps bodies.
pub(super) fn redacted(record: ActivityRecord, bodies: crate::activity::BodyLogging) -> ActivityRecord {
    let mut record = record.unescape();
    let mut headers = HeaderMap::new();
    for (name, value) in &record.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&octets::bytes(value)))
        {
            headers.append(name, value);
        }
    }
    record.headers = Redaction::headers(&headers);
    record.url = Redaction::url(&record.url);
    record.origin = Redaction::url(&record.origin);
    let body = record.request_body.take().filter(|_| bodies.keeps(record.verdict != Verdict::Allow));
    record.request_body =
        body.and_then(|body| Redaction::body(Some("application/json"), &octets::bytes(&body.to_string())));
    record.escape()
}

/// Makes ids of contents: the second, then a hash. Of equal lines each has its own, by their order.
#[derive(Default)]
pub(super) struct StableIds {
    seen: HashMap<u64, u32>,
}

impl StableIds {
    pub(super) fn id(&mut self, moment: Timestamp, content: &[u8]) -> RequestId {
        let first = hash(moment, content, 0);
        if self.seen.len() >= MAX_REMEMBERED {
            self.seen.clear();
        }
        let before = self.seen.entry(first).or_default();
        let order = *before;
        *before = before.saturating_add(1);
        let low = if order == 0 { first } else { hash(moment, content, order) };
        let seconds = u32::try_from(moment.as_millis().div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
        let ([a, b, c, d], [e, f, g, h, i, j, k, l]) = (seconds.to_be_bytes(), low.to_be_bytes());
        RequestId::from_bytes([a, b, c, d, e, f, g, h, i, j, k, l])
    }
}

fn hash(moment: Timestamp, content: &[u8], order: u32) -> u64 {
    let digest = Sha256::new()
        .chain_update(moment.as_millis().to_be_bytes())
        .chain_update(order.to_be_bytes())
        .chain_update(content)
        .finalize();
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
