//! Visits of one client: counted exactly under concurrency, capped, closed by a timer.
//!
//! A request [begins](SessionTracker::begin) or joins its client's visit and holds a [`Visit`] until it is answered.
//! A visit closes when the next request falls outside the [`SessionBoundary`], when it was idle longer than the gap
//! ([`SessionTracker::sweep`]), or when the cap is reached. A closed visit goes, as a [`ClosedSession`], over a
//! bounded channel to the scorer: at once when no request of it is in flight, else when the last one is answered,
//! and at the latest [`LINGER`] after its last activity, so that a client cannot put off its judgement by holding
//! a connection open.

mod ages;
mod boundary;
mod login;
mod state;
mod tracker;
mod visit;

use std::time::Duration;

pub use boundary::SessionBoundary;
pub use login::{InvalidEndpoint, LoginEndpoints};
pub use state::{Outcome, Session, SessionId};
pub use tracker::SessionTracker;
pub use visit::Visit;

/// How long a closed visit waits for its requests in flight.
pub const LINGER: Duration = Duration::from_secs(60);

/// A visit nothing more will be added to.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedSession(pub Session);

/// How visits are cut and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Longest pause within a session; default 15 s, the predecessor's `sessTimeThres`.
    pub gap: Duration,
    /// Requests a session holds at most; default 180, the predecessor's `maxReqsPerSess`.
    pub max_requests: u32,
    /// Sessions open at most; the longest idle ones are closed early past it, and counted. Default 100,000.
    pub max_open: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { gap: Duration::from_secs(15), max_requests: 180, max_open: 100_000 }
    }
}

#[cfg(test)]
mod tests;
