//! What is known of one request while it is under way.

use std::time::Instant;

use crate::client::ClientIdentity;
use crate::id::{RequestId, RequestIds};
use crate::inspection::{Findings, Inspection};
use crate::metrics::{InFlight, ProxyMetrics};
use crate::policy::{Terms, Verdict};
use crate::session::{Kind, Visit};
use crate::time::Timestamp;

use super::body::HeldBody;

/// State of one request, built once; `now` is taken once.
pub struct RequestContext {
    /// Identity.
    pub(super) id: RequestId,
    /// Arrival, for measuring.
    pub(super) started: Instant,
    /// Arrival, for all that asks what time it is.
    pub(super) now: Timestamp,
    /// Who sent it; `None` until known.
    pub(super) client: Option<ClientIdentity>,
    /// Its part in the client's visit; `None` before admission and for a barred client.
    pub(super) visit: Option<Visit>,
    /// What part of the site it is for.
    pub(super) kind: Kind,
    /// What holds for its path.
    pub(super) terms: Option<Terms>,
    /// What becomes of it, so far.
    pub(super) verdict: Verdict,
    /// What was suspected, so far.
    pub(super) findings: Findings,
    /// Whether block mode refuses it as an attack, whatever the mode is: what counts against the visit. A suspicion
    /// that is only flagged does not; it is too often a false one to ban anybody for.
    pub(super) is_attack: bool,
    /// Highest probability of attack, so far.
    pub(super) score: Option<f32>,
    /// Its body, as far as the filter holds it.
    pub(super) body: HeldBody,
    /// The client was told to go on sending (`100 Continue`), so the upstream need not be asked.
    pub(super) continued: bool,
    /// The request failed on the way to the upstream or back.
    pub(super) upstream_failed: bool,
    /// Counts it as under way.
    _in_flight: InFlight,
}

impl RequestContext {
    pub(super) fn new(ids: &RequestIds, metrics: &ProxyMetrics) -> Self {
        let now = Timestamp::now();
        Self {
            id: ids.next(now),
            started: Instant::now(),
            now,
            client: None,
            visit: None,
            kind: Kind::Page,
            terms: None,
            verdict: Verdict::Allow,
            findings: Findings::default(),
            is_attack: false,
            score: None,
            body: HeldBody::None,
            continued: false,
            upstream_failed: false,
            _in_flight: metrics.begin(),
        }
    }

    /// Takes in what an inspection found.
    pub(super) fn absorb(&mut self, inspection: Inspection) {
        self.findings.0.extend(inspection.findings.0);
        self.score = match (self.score, inspection.score) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
    }
}
