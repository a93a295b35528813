//! Visits of one client: counted exactly under concurrency, capped, closed by a timer.
//!
//! A request [begins](SessionTracker::begin) or joins its client's visit and holds a [`Visit`] until it is answered.
//! A visit closes when the next request falls outside the [`SessionBoundary`], when it was idle longer than the gap
//! ([`SessionTracker::sweep`]), or when the cap is reached. A closed visit goes, as a [`ClosedSession`], over a
//! bounded channel to the scorer: at once when no request of it is in flight, else when the last one is answered,
//! and at the latest [`LINGER`] after its last activity, so that a client cannot put off its judgement by holding
//! a connection open.
//!
//! Tools are to be stopped while they run, not after: an open visit is shown to the scorer, as an [`OpenSession`]
//! over a channel of its own, at its [`Milestones`].
//!
//! A visit takes about 600 bytes with its places in the map and the queue of ages (`cargo bench --bench session` measures it
//! at a million open ones; at most 800 while the map has just grown), and 50 more for each custom
//! feature, whatever it does: paths and user agents are kept as sketches and fingerprints. Values of request bodies have
//! a memory of their own, bounded for all visits together ([`BodySettings::memory`]).

mod ages;
mod bodies;
mod boundary;
mod custom;
mod due;
mod key;
mod login;
mod outcome;
mod state;
mod store;
mod tally;
mod tracker;
mod visit;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::client::ClientKey;

pub use bodies::{Bodies, BodyPart, BodyReader, BodySettings};
pub use boundary::SessionBoundary;
pub use custom::{Gathered, Gathering, MAX_CUSTOM};
pub use due::Milestones;
pub use key::{KeyBy, part_of};
pub use login::{InvalidEndpoint, LoginEndpoints};
pub use outcome::{Addend, BROWSER_HEADERS, FINDING_KINDS, Fingerprints, Kind, Login, Media, Method, Outcome};
pub use state::{Session, SessionId};
pub use store::{Checkpoint, OpenVisit, SessionStore, SessionStoreError};
pub use tally::Tally;
pub use tracker::SessionTracker;
pub use visit::Visit;

/// How long a closed visit waits for its requests in flight.
pub const LINGER: Duration = Duration::from_secs(60);

/// A visit nothing more will be added to.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedSession {
    /// The visit.
    pub session: Session,
    /// When it closed, to tell how long its verdict took.
    pub since: Instant,
}

impl ClosedSession {
    /// A visit that closes now.
    pub fn now(session: Session) -> Self {
        Self { session, since: Instant::now() }
    }
}

/// An open visit as it was at a milestone: to be judged before it closes.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenSession(pub Session);

/// What open visits are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// The client.
    pub client: ClientKey,
    /// Fingerprint of what tells visitors of one client apart; 0 where nothing does.
    pub part: u64,
}

/// How visits are cut and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Longest pause within a session; default 15 s, the predecessor's `sessTimeThres`.
    pub gap: Duration,
    /// Requests a session holds at most; default 180, the predecessor's `maxReqsPerSess`.
    pub max_requests: u32,
    /// Sessions open at most; the longest idle ones are closed early past it, and counted. Default 100,000.
    pub max_open: usize,
    /// Whether requests are grouped to sessions at all; default true, the predecessor's `groupToSessions`. Without it
    /// nothing is judged, and only limits act.
    pub group: bool,
    /// What tells visitors of one client apart. Default: nothing.
    pub key: KeyBy,
    /// How often open sessions are kept, so that they go on after a kill; default 10 s, zero keeps them at an orderly
    /// stop only.
    pub checkpoint: Duration,
    /// When an open session is judged before it closes; default after 10, 30 and 100 answered requests.
    pub milestones: Milestones,
    /// Which values of request bodies are kept with a session.
    pub bodies: BodySettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(15),
            max_requests: 180,
            max_open: 100_000,
            group: true,
            key: KeyBy::Client,
            checkpoint: Duration::from_secs(10),
            milestones: Milestones::default(),
            bodies: BodySettings::default(),
        }
    }
}

#[cfg(test)]
mod tests;
