//! Scopes an operator lifted a moment ago, which behaviour may not ban again at once.

use std::collections::VecDeque;
use std::time::Duration;

use super::BanScope;
use crate::time::Timestamp;

/// Scopes remembered at most; past it the oldest is forgotten.
const MAX_SCOPES: usize = 10_000;

/// Lifted scopes with the end of their grace, oldest first.
#[derive(Debug)]
pub(super) struct Grace {
    span: Duration,
    lifted: VecDeque<(BanScope, Timestamp)>,
}

impl Grace {
    /// Grants so much time after each unban.
    pub(super) fn new(span: Duration) -> Self {
        Self { span, lifted: VecDeque::new() }
    }

    /// An operator lifted this scope.
    pub(super) fn grant(&mut self, scope: BanScope, now: Timestamp) {
        self.lifted.retain(|(lifted, until)| *lifted != scope && now < *until);
        if self.span.is_zero() {
            return;
        }
        if self.lifted.len() >= MAX_SCOPES {
            self.lifted.pop_front();
        }
        self.lifted.push_back((scope, now.plus(self.span)));
    }

    /// The clock stepped back: nobody is protected for longer than the span from now.
    pub(super) fn shorten(&mut self, now: Timestamp) {
        let latest = now.plus(self.span);
        self.lifted.iter_mut().for_each(|(_, until)| *until = (*until).min(latest));
    }

    /// An operator banned this scope after all.
    pub(super) fn revoke(&mut self, scope: BanScope) {
        self.lifted.retain(|(lifted, _)| *lifted != scope);
    }

    /// Until when nobody in this scope may be banned by behaviour; a lifted scope protects what it shares addresses with.
    pub(super) fn until(&self, scope: BanScope, now: Timestamp) -> Option<Timestamp> {
        let net = scope.net();
        let shares = |lifted: &BanScope| lifted.net().contains(&net) || net.contains(&lifted.net());
        self.lifted.iter().filter(|(lifted, until)| now < *until && shares(lifted)).map(|(_, until)| *until).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protects_overlapping_scopes_until_it_ends_and_stays_bounded() {
        let mut grace = Grace::new(Duration::from_millis(10));
        let at = Timestamp::from_millis;
        let scope = |text: &str| text.parse::<BanScope>().unwrap();
        grace.grant(scope("192.0.2.0/24"), at(0));
        assert_eq!(grace.until(scope("192.0.2.7"), at(9)), Some(at(10)));
        assert_eq!(grace.until(scope("192.0.0.0/16"), at(9)), Some(at(10)));
        assert_eq!(grace.until(scope("192.0.3.7"), at(9)), None);
        assert_eq!(grace.until(scope("192.0.2.7"), at(10)), None);
        grace.shorten(at(-100));
        assert_eq!(
            grace.until(scope("192.0.2.7"), at(-91)),
            Some(at(-90)),
            "whole again, by a clock that stepped back"
        );
        assert_eq!(grace.until(scope("192.0.2.7"), at(-90)), None);

        for number in 0..u32::try_from(MAX_SCOPES).unwrap() + 5 {
            let address = std::net::Ipv4Addr::from(number);
            grace.grant(scope(&address.to_string()), at(5));
        }
        assert_eq!(grace.lifted.len(), MAX_SCOPES);
        grace.grant(scope("192.0.2.1"), at(20));
        assert_eq!(grace.lifted.len(), 1, "expired ones are forgotten");
    }
}
