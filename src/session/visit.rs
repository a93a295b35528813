//! One visit shared by its requests in flight.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{ClosedSession, LINGER, Milestones, OpenSession, Outcome, Session, SessionBoundary, SessionId};
use crate::metrics::SessionMetrics;
use crate::time::Timestamp;

/// Where visits go: closed ones to be judged, open ones to be looked at.
#[derive(Clone)]
pub(super) struct Outlet(Arc<Ways>);

struct Ways {
    closed: mpsc::Sender<ClosedSession>,
    open: mpsc::Sender<OpenSession>,
    milestones: Milestones,
    metrics: SessionMetrics,
}

impl Outlet {
    pub(super) fn new(
        closed: mpsc::Sender<ClosedSession>,
        open: mpsc::Sender<OpenSession>,
        milestones: Milestones,
        metrics: SessionMetrics,
    ) -> Self {
        Self(Arc::new(Ways { closed, open, milestones, metrics }))
    }

    pub(super) fn closed(&self) -> &mpsc::Sender<ClosedSession> {
        &self.0.closed
    }

    pub(super) fn metrics(&self) -> &SessionMetrics {
        &self.0.metrics
    }

    /// Shows an open visit to the scorer where it is time to; one that finds no room is counted.
    fn show(&self, session: &Session, outcome: &Outcome) {
        if self.0.milestones.due(session, outcome) && self.0.open.try_send(OpenSession(session.clone())).is_err() {
            self.0.metrics.unshown.inc();
        }
    }
}

/// A visit as the tracker holds it. The lock is held for a few counters and never over an await.
pub(super) struct SharedVisit {
    pub(super) id: SessionId,
    /// Held here, not by each request: all threads would count its users in one place.
    outlet: Outlet,
    inner: Mutex<Inner>,
}

struct Inner {
    session: Session,
    in_flight: u32,
    /// Whether it still takes requests.
    open: bool,
    /// Whether it went to the scorer.
    sent: bool,
}

impl SharedVisit {
    /// A visit with so many requests in flight.
    pub(super) fn begin(session: Session, in_flight: u32, outlet: Outlet) -> Arc<Self> {
        let id = session.id;
        Arc::new(Self { id, outlet, inner: Mutex::new(Inner { session, in_flight, open: true, sent: false }) })
    }

    /// Counts one more request, unless the visit is over.
    pub(super) fn join(&self, boundary: &SessionBoundary, now: Timestamp) -> bool {
        let mut inner = self.inner.lock();
        if !inner.open || !boundary.holds(&inner.session, now) || boundary.is_ahead(&inner.session, now) {
            return false;
        }
        inner.session.arrive(now);
        inner.in_flight += 1;
        true
    }

    /// Takes no more requests; sends it now if none is in flight.
    pub(super) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.open = false;
        if inner.in_flight == 0 {
            inner.send(&self.outlet);
        }
    }

    /// Takes no more requests and waits for none.
    pub(super) fn close_now(&self) {
        let mut inner = self.inner.lock();
        inner.open = false;
        inner.send(&self.outlet);
    }

    /// Takes it out without sending; `None` when it was sent already.
    pub(super) fn take(&self) -> Option<ClosedSession> {
        let mut inner = self.inner.lock();
        inner.open = false;
        (!std::mem::replace(&mut inner.sent, true)).then(|| ClosedSession::now(inner.session.clone()))
    }

    /// Sends it if it is over. Judged and closed under one lock, so that no request joins in between.
    pub(super) fn sweep(&self, boundary: &SessionBoundary, now: Timestamp) -> Fate {
        let mut inner = self.inner.lock();
        let idle_since = inner.session.last_activity();
        if inner.sent {
            Fate::Over
        } else if inner.in_flight > 0 && now.distance(idle_since) <= LINGER.max(boundary.gap) {
            Fate::Keep
        } else if !inner.open || boundary.is_idle(&inner.session, now) || boundary.is_ahead(&inner.session, now) {
            inner.open = false;
            inner.send(&self.outlet);
            Fate::Over
        } else {
            Fate::Keep
        }
    }

    pub(super) fn last_activity(&self) -> Timestamp {
        self.inner.lock().session.last_activity()
    }

    pub(super) fn is_sent(&self) -> bool {
        self.inner.lock().sent
    }

    pub(super) fn pardon(&self) {
        self.inner.lock().session.pardon();
    }

    pub(super) fn snapshot(&self) -> Session {
        self.inner.lock().session.clone()
    }

    fn finish(&self, outcome: Option<&Outcome>) {
        let mut inner = self.inner.lock();
        inner.in_flight -= 1;
        if let Some(outcome) = outcome {
            inner.session.add(outcome);
            if inner.open {
                self.outlet.show(&inner.session, outcome);
            }
        }
        if !inner.open && inner.in_flight == 0 {
            inner.send(&self.outlet);
        }
    }
}

/// What becomes of a visit at a sweep.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It went to the scorer, now or earlier.
    Over,
    /// It goes on, or waits for a request in flight.
    Keep,
}

impl Inner {
    fn send(&mut self, outlet: &Outlet) {
        if std::mem::replace(&mut self.sent, true) {
            return;
        }
        match outlet.closed().try_send(ClosedSession::now(self.session.clone())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => outlet.metrics().unscored.inc(),
        }
    }
}

/// One request's part in a visit; dropping it without [`finish`](Visit::finish) counts it as never answered.
pub struct Visit {
    shared: Arc<SharedVisit>,
    finished: bool,
}

impl Visit {
    pub(super) const fn new(shared: Arc<SharedVisit>) -> Self {
        Self { shared, finished: false }
    }

    /// The visit's identity.
    pub fn session(&self) -> SessionId {
        self.shared.id
    }

    /// Adds what became of the request.
    pub fn finish(mut self, outcome: &Outcome) {
        self.finished = true;
        self.shared.finish(Some(outcome));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.finished {
            self.shared.finish(None);
        }
    }
}
