//! Whether a request belongs to the open visit or begins a new one. Pure.

use std::time::Duration;

use super::Session;
use crate::time::Timestamp;

/// The predecessor's rule: a new session after a gap strictly longer than `gap`, or when the open one already holds
/// `max_requests`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionBoundary {
    /// Longest pause within a session.
    pub gap: Duration,
    /// Requests a session holds at most.
    pub max_requests: u32,
}

impl SessionBoundary {
    /// Whether a request arriving now belongs to this session.
    pub fn holds(&self, session: &Session, now: Timestamp) -> bool {
        now.since(session.last_arrival) <= self.gap && session.requests < self.max_requests
    }

    /// Whether nothing arrived or was answered for longer than the gap.
    pub fn is_idle(&self, session: &Session, now: Timestamp) -> bool {
        now.since(session.last_activity()) > self.gap
    }

    /// Whether the clock has stepped back by more than the gap since: nobody can tell how long the session has been idle,
    /// and it is over.
    pub fn is_ahead(&self, session: &Session, now: Timestamp) -> bool {
        session.last_activity().since(now) > self.gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientIp, ClientKey};
    use crate::id::RequestId;

    const BOUNDARY: SessionBoundary = SessionBoundary { gap: Duration::from_secs(15), max_requests: 180 };

    fn session() -> Session {
        let ip: std::net::IpAddr = "192.0.2.7".parse().unwrap();
        let id = RequestId::from_bytes([7; 12]).into();
        Session::begin(id, ClientKey::from(ipnet::IpNet::from(ip)), ClientIp::new(ip), Timestamp::from_millis(1_000))
    }

    #[test]
    fn exactly_the_gap_is_the_same_session_and_a_millisecond_more_is_not() {
        let session = session();
        assert!(BOUNDARY.holds(&session, Timestamp::from_millis(16_000)));
        assert!(!BOUNDARY.holds(&session, Timestamp::from_millis(16_001)));
    }

    #[test]
    fn the_180th_request_belongs_and_the_181st_does_not() {
        let mut session = session();
        session.requests = 179;
        assert!(BOUNDARY.holds(&session, Timestamp::from_millis(1_001)));
        session.requests = 180;
        assert!(!BOUNDARY.holds(&session, Timestamp::from_millis(1_001)));
    }

    #[test]
    fn a_clock_that_steps_back_keeps_the_session() {
        assert!(BOUNDARY.holds(&session(), Timestamp::from_millis(0)));
        assert!(!BOUNDARY.is_idle(&session(), Timestamp::from_millis(0)));
        assert!(!BOUNDARY.is_ahead(&session(), Timestamp::from_millis(-14_000)));
        assert!(BOUNDARY.is_ahead(&session(), Timestamp::from_millis(-14_001)));
    }
}
