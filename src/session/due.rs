//! When an open visit is looked at again. Pure.

use super::{Outcome, Session};

/// Answers of 4xx after which an open visit is looked at; then each time they have doubled.
const FIRST_ERRORS: u32 = 5;

/// Numbers of answered requests after which an open visit is judged, before it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestones(Vec<u32>);

impl Milestones {
    /// These numbers, in any order; past the last one every multiple of it is a milestone too. None switches judging
    /// open visits off.
    pub fn new(mut at: Vec<u32>) -> Self {
        at.retain(|number| *number > 0);
        at.sort_unstable();
        at.dedup();
        Self(at)
    }

    /// The numbers, rising.
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }

    /// Whether the visit, this outcome just counted, is to be looked at: at a milestone, at the first attack and each
    /// time attacks have doubled, at five answers of 4xx and each time those have doubled.
    pub(super) fn due(&self, session: &Session, outcome: &Outcome) -> bool {
        let Some(last) = self.0.last() else { return false };
        let answers = session.tally.answers;
        let at_milestone = self.0.contains(&answers) || (answers > *last && answers.is_multiple_of(*last));
        let at_finding = outcome.findings > 0 && session.findings.is_power_of_two();
        let errors = session.codes_4xx;
        let at_errors = (400..500).contains(&outcome.status)
            && errors.is_multiple_of(FIRST_ERRORS)
            && (errors / FIRST_ERRORS).is_power_of_two();
        at_milestone || at_finding || at_errors
    }
}

impl Default for Milestones {
    /// 10, 30 and 100: early enough to stop a tool, late enough for numbers to mean something.
    fn default() -> Self {
        Self::new(vec![10, 30, 100])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientIp, ClientKey};
    use crate::id::RequestId;
    use crate::time::Timestamp;

    /// After which of so many answers the visit is looked at.
    fn looked_at(milestones: &Milestones, answers: u32, outcome: &Outcome) -> Vec<u32> {
        let ip: std::net::IpAddr = "192.0.2.7".parse().unwrap();
        let id = RequestId::from_bytes([7; 12]).into();
        let key = ClientKey::from(ipnet::IpNet::from(ip));
        let mut session = Session::begin(id, key, ClientIp::new(ip), Timestamp::from_millis(0));
        let mut due = |_: &u32| {
            session.add(outcome);
            milestones.due(&session, outcome)
        };
        (1..=answers).filter(&mut due).collect()
    }

    #[test]
    fn looks_at_milestones_and_as_attacks_and_errors_double() {
        let milestones = Milestones::default();
        let plain = Outcome::default();
        assert_eq!(looked_at(&milestones, 310, &plain), [10, 30, 100, 200, 300]);
        assert_eq!(looked_at(&milestones, 9, &Outcome { findings: 1, ..plain.clone() }), [1, 2, 4, 8]);
        assert_eq!(looked_at(&milestones, 29, &Outcome { status: 404, ..plain.clone() }), [5, 10, 20]);
        assert_eq!(looked_at(&Milestones::new(Vec::new()), 50, &Outcome { findings: 1, ..plain }), [0_u32; 0]);
    }
}
