//! Visits of recorded requests, by the filter's own rule and the requests' own time stamps.

use std::collections::HashMap;

use crate::activity::ActivityRecord;
use crate::behaviour::outcome_of;
use crate::client::ClientKey;
use crate::session::{self, BodyReader, Fingerprints, LoginEndpoints, Outcome, Session, SessionBoundary, SessionId};
use crate::time::Timestamp;

/// What requests are gathered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Gathering {
    /// The visit that the record names.
    Named(SessionId),
    /// The client's visit that is open.
    Of(ClientKey),
}

/// Paths and user agents are told apart by a key of no secret: importing twice is to give the same numbers.
const FINGERPRINTS: Fingerprints = Fingerprints::new([1, 2]);

/// Visits being put together.
pub(super) struct Visits {
    open: HashMap<Gathering, Session>,
    boundary: SessionBoundary,
    max_open: usize,
    logins: LoginEndpoints,
    fingerprints: Fingerprints,
    bodies: BodyReader,
}

impl Visits {
    pub(super) fn new(config: &session::Config, logins: LoginEndpoints) -> Self {
        let boundary = SessionBoundary { gap: config.gap, max_requests: config.max_requests };
        let (max_open, bodies) = (config.max_open.max(2), BodyReader::new(&config.bodies, None));
        Self { open: HashMap::new(), boundary, max_open, logins, fingerprints: FINGERPRINTS, bodies }
    }

    /// Adds a request and names its visit; gives back the visits that are over by this.
    pub(super) fn add(&mut self, record: &mut ActivityRecord) -> Vec<Session> {
        let before = i64::try_from(record.latency.as_millis()).unwrap_or(0);
        let arrival = Timestamp::from_millis(record.timestamp.as_millis().saturating_sub(before));
        let mut closed = Vec::new();
        let gathering = record.session.map_or(Gathering::Of(record.client), Gathering::Named);
        let goes_on = self.open.get(&gathering).is_some_and(|visit| match gathering {
            Gathering::Named(_) => true,
            // Logs may run backwards a little, where slow answers are written late, or wholly, where they are sorted so.
            Gathering::Of(_) => {
                self.boundary.holds(visit, arrival) && visit.started.since(arrival) <= self.boundary.gap
            }
        });
        if !goes_on {
            closed.extend(self.open.remove(&gathering));
        }
        let id = record.session.unwrap_or_else(|| record.id.into());
        let visit = self
            .open
            .entry(gathering)
            .and_modify(|visit| visit.arrive(arrival))
            .or_insert_with(|| Session::begin(id, record.client, record.client_ip, arrival));
        visit.started = visit.started.min(arrival);
        let body = self.bodies.read(record.unescaped_body().as_deref());
        visit.add(&Outcome { body, ..outcome_of(record, &self.logins, &self.fingerprints) });
        record.session = Some(visit.id);
        if self.open.len() > self.max_open {
            closed.extend(self.shed(arrival));
        }
        closed
    }

    /// All that are still open.
    pub(super) fn finish(self) -> impl Iterator<Item = Session> {
        self.open.into_values()
    }

    /// The half that is farthest in time: most likely over.
    fn shed(&mut self, now: Timestamp) -> Vec<Session> {
        let distance = |visit: &Session| now.since(visit.last_arrival).max(visit.started.since(now));
        let mut keys: Vec<_> = self.open.iter().map(|(key, visit)| (distance(visit), *key)).collect();
        keys.sort_by_key(|(distance, _)| std::cmp::Reverse(*distance));
        keys.truncate(keys.len() / 2);
        keys.iter().filter_map(|(_, key)| self.open.remove(key)).collect()
    }
}
