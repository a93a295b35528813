//! Visits found abnormal while they were open: their close brings no second strike.

use std::collections::{HashMap, VecDeque};

use super::Cause;
use crate::client::ClientKey;
use crate::session::SessionId;

/// Visits remembered at most; past it the oldest is forgotten and its close is judged like any other.
const MAX: usize = 65_536;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Early {
    pub(super) client: ClientKey,
    pub(super) cause: Cause,
    /// Whether a ban has used it up.
    pub(super) used: bool,
}

/// Kept by the scorer alone.
#[derive(Debug, Default)]
pub(super) struct Struck {
    by_session: HashMap<SessionId, Early>,
    /// In the order they came; may name visits since taken.
    order: VecDeque<SessionId>,
}

impl Struck {
    /// Notes a visit; whether it was not noted before.
    pub(super) fn note(&mut self, session: SessionId, early: Early) -> bool {
        if self.contains(session) {
            return false;
        }
        while self.order.len() >= MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.by_session.remove(&oldest);
            }
        }
        self.order.push_back(session);
        self.by_session.insert(session, early);
        true
    }

    pub(super) fn contains(&self, session: SessionId) -> bool {
        self.by_session.contains_key(&session)
    }

    /// Takes a visit that closed.
    pub(super) fn take(&mut self, session: SessionId) -> Option<Early> {
        self.by_session.remove(&session)
    }

    /// A ban has used up what the client did.
    pub(super) fn use_up(&mut self, client: ClientKey) {
        self.by_session.values_mut().filter(|early| early.client == client).for_each(|early| early.used = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RequestId;

    #[test]
    fn notes_once_and_stays_bounded() {
        let client = ClientKey::from("192.0.2.1/32".parse::<ipnet::IpNet>().unwrap());
        let early = Early { client, cause: Cause::Text, used: false };
        let id = |number: usize| {
            let mut bytes = [0; 12];
            bytes[4..].copy_from_slice(&(number as u64).to_be_bytes());
            SessionId::from(RequestId::from_bytes(bytes))
        };
        let mut struck = Struck::default();
        assert!(struck.note(id(0), early));
        assert!(!struck.note(id(0), early));
        struck.use_up(client);
        assert!(struck.take(id(0)).unwrap().used);
        assert_eq!(struck.take(id(0)), None);
        for number in 0..MAX + 10 {
            struck.note(id(number), early);
        }
        assert!(struck.by_session.len() <= MAX && struck.order.len() <= MAX);
        assert!(struck.contains(id(MAX + 9)));
    }
}
