//! How often operators lifted what: the generation that a decision to ban rests on.

use std::collections::VecDeque;

use super::BanScope;

/// Scopes remembered at most; past it the oldest is taken to concern everyone.
const MAX_SCOPES: usize = 10_000;

/// What a ban is decided on, taken before the evidence is weighed. A ban [made on it](super::BanList::ban_if) comes into
/// force only if no operator has lifted a ban of its scope since, at this filter or at another on the same store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The latest lift that concerns the scope, as this filter knows.
    pub(super) lifts: u64,
    /// The scope's generation in the store; `None` where that gave no answer in time.
    pub(super) kept: Option<u64>,
}

/// Lifts by operators, numbered.
#[derive(Debug, Default)]
pub(super) struct Lifts {
    latest: u64,
    /// The latest lift that was forgotten; it counts for every scope.
    forgotten: u64,
    /// Oldest first.
    scopes: VecDeque<(BanScope, u64)>,
}

impl Lifts {
    /// An operator lifted this scope.
    pub(super) fn note(&mut self, scope: BanScope) {
        self.latest += 1;
        self.scopes.retain(|(lifted, _)| *lifted != scope);
        if self.scopes.len() >= MAX_SCOPES
            && let Some((_, number)) = self.scopes.pop_front()
        {
            self.forgotten = number;
        }
        self.scopes.push_back((scope, self.latest));
    }

    /// The number of the latest lift that shares an address with this scope; 0 for none.
    pub(super) fn of(&self, scope: BanScope) -> u64 {
        let net = scope.net();
        let shares = |lifted: &BanScope| lifted.net().contains(&net) || net.contains(&lifted.net());
        let latest = self.scopes.iter().rev().find(|(lifted, _)| shares(lifted));
        latest.map_or(self.forgotten, |(_, number)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_concern_what_they_share_addresses_with_and_what_is_forgotten_concerns_everyone() {
        let scope = |text: &str| text.parse::<BanScope>().unwrap();
        let mut lifts = Lifts::default();
        lifts.note(scope("192.0.2.0/24"));
        assert_eq!((lifts.of(scope("192.0.2.7")), lifts.of(scope("192.0.0.0/16"))), (1, 1));
        assert_eq!(lifts.of(scope("198.51.100.7")), 0);
        lifts.note(scope("192.0.2.7"));
        assert_eq!((lifts.of(scope("192.0.2.7")), lifts.of(scope("192.0.2.8"))), (2, 1));
        for number in 0..u32::try_from(MAX_SCOPES).unwrap() {
            lifts.note(scope(&std::net::Ipv4Addr::from(number).to_string()));
        }
        assert_eq!(lifts.scopes.len(), MAX_SCOPES);
        assert_eq!(lifts.of(scope("198.51.100.7")), 2);
    }
}
