//! The running counters of a visit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::bodies::Bodies;
use super::custom::Gathered;
use super::outcome::{Login, Method, Outcome};
use super::tally::Tally;
use crate::client::{ClientIp, ClientKey};
use crate::id::{InvalidId, RequestId};
use crate::time::Timestamp;

/// Identity of a session: the id of its first request, as the predecessor had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(RequestId);

impl SessionId {
    /// The id of the session's first request.
    pub const fn first_request(self) -> RequestId {
        self.0
    }
}

impl From<RequestId> for SessionId {
    fn from(first: RequestId) -> Self {
        Self(first)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self)
    }
}

/// Counters of one visit; plain numbers, so that a copy of them is a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// What the client is counted by.
    pub client: ClientKey,
    /// Address of the first request.
    pub client_ip: ClientIp,
    /// Arrival of the first request.
    pub started: Timestamp,
    /// Arrival of the latest request.
    pub last_arrival: Timestamp,
    /// Time of the first answer; `None` before it.
    pub first_answer: Option<Timestamp>,
    /// Time of the latest answer.
    pub last_answer: Option<Timestamp>,
    /// Requests that arrived.
    pub requests: u32,
    /// Of these, answered POSTs.
    pub posts: u32,
    /// Of these, answered login attempts.
    pub logins: u32,
    /// Of these, answers of 400 to 499.
    pub codes_4xx: u32,
    /// Of these, taken for attacks by the text classifier.
    pub findings: u32,
    /// Highest probability of attack of any request.
    pub max_score: f32,
    /// What else is counted; nothing where a filter of before these counts left the session.
    #[serde(default)]
    pub tally: Tally,
    /// The custom features, in the order of the configuration; `None` where there are none.
    pub custom: Option<Box<Gathered>>,
    /// Values of request bodies.
    #[serde(default)]
    pub bodies: Bodies,
    /// Whether it was open when the filter last stopped, and goes on since.
    #[serde(default)]
    pub restored: bool,
}

impl Session {
    /// A session that begins with this request.
    pub fn begin(id: SessionId, client: ClientKey, client_ip: ClientIp, now: Timestamp) -> Self {
        Self {
            id,
            client,
            client_ip,
            started: now,
            last_arrival: now,
            first_answer: None,
            last_answer: None,
            requests: 1,
            posts: 0,
            logins: 0,
            codes_4xx: 0,
            findings: 0,
            max_score: 0.0,
            tally: Tally::default(),
            custom: None,
            bodies: Bodies::default(),
            restored: false,
        }
        .arrived(now)
    }

    fn arrived(mut self, now: Timestamp) -> Self {
        self.tally.arrive(now, None);
        self
    }

    /// Counts one more arrival.
    pub fn arrive(&mut self, now: Timestamp) {
        self.requests = self.requests.saturating_add(1);
        self.tally.arrive(now, Some(self.last_arrival));
        self.last_arrival = self.last_arrival.max(now);
    }

    /// Counts one answered request.
    pub fn add(&mut self, outcome: &Outcome) {
        let at = outcome.timestamp;
        self.first_answer = Some(self.first_answer.map_or(at, |first| first.min(at)));
        self.last_answer = Some(self.last_answer.map_or(at, |last| last.max(at)));
        self.posts = self.posts.saturating_add(u32::from(outcome.method == Method::Post));
        self.logins = self.logins.saturating_add(u32::from(matches!(outcome.login, Login::Attempt | Login::Failure)));
        self.codes_4xx = self.codes_4xx.saturating_add(u32::from((400..500).contains(&outcome.status)));
        self.findings = self.findings.saturating_add(outcome.findings);
        self.max_score = self.max_score.max(outcome.score);
        if let Some(body) = &outcome.body {
            self.bodies.add(self.tally.answers, body);
        }
        self.tally.add(outcome);
        if !outcome.custom.is_empty() {
            self.custom.get_or_insert_with(|| Box::new(Gathered::new(outcome.custom.len()))).add(&outcome.custom);
        }
    }

    /// Forgets what was taken for an attack so far, as an operator asks who lets the client in.
    pub fn pardon(&mut self) {
        self.findings = 0;
        self.max_score = 0.0;
    }

    /// Milliseconds between the first and the last answer; 0 for one request.
    pub fn duration_ms(&self) -> u64 {
        match (self.first_answer, self.last_answer) {
            (Some(first), Some(last)) => u64::try_from(last.since(first).as_millis()).unwrap_or(u64::MAX),
            _ => 0,
        }
    }

    /// Time of the last answer, or of the last arrival before any: the predecessor's `endTimestamp`.
    pub fn end(&self) -> Timestamp {
        self.last_answer.unwrap_or(self.last_arrival)
    }

    /// The latest moment anything arrived or was answered.
    pub fn last_activity(&self) -> Timestamp {
        self.last_answer.map_or(self.last_arrival, |answer| answer.max(self.last_arrival))
    }
}
