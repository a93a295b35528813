//! Was this visit abnormal? Judged after the answer, never before.
//!
//! A closed session becomes [`SessionFeatures`]. Text findings come first: a visit with one is
//! [`Behaviour::Abnormal`]; otherwise the feature model decides. The [`BehaviourScorer`] has the [`Assessment`]
//! stored, counts [`Strikes`] and, with `block_ip`, bans a client whose active abnormal sessions exceed
//! `max_abnormal`; the ban uses those up.
//!
//! Several filters on one store decide together: strikes are counted in the store, and each closed session is claimed
//! there before it is judged, so that another filter judges it when the first one dies.
//!
//! Judging and banning read and write memory; a store that is away delays neither.

mod classifier;
mod features;
mod judge;
mod ledger;
mod scorer;
mod store;
mod strikes;
mod together;

use std::time::Duration;

pub use classifier::{Behaviour, BehaviourClassifier, BehaviourError};
pub use features::{FEATURE_NAMES, SessionFeatures};
pub(crate) use judge::Judge;
pub use scorer::{BehaviourScorer, Parts};
pub use store::{Assessment, AssessmentQuery, AssessmentStore, AssessmentStoreError, Cause};
pub use strikes::Strikes;

/// How visits are judged and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whether models judge; false is the collection mode: every visit is stored as `newSession`. Default true.
    pub use_models: bool,
    /// Whether a client with too many abnormal visits is banned. Default false.
    pub block_ip: bool,
    /// Abnormal visits a client may have; one more bans. Default 2, as the predecessor has it.
    pub max_abnormal: usize,
    /// Time in which abnormal visits add up. Default 24 h.
    pub window: Duration,
    /// Length of a ban. Default 10 min, fail2ban's; the predecessor's was 60 s.
    pub ban_duration: Duration,
    /// Closed visits that wait for judgement at most. Default 10,000.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            use_models: true,
            block_ip: false,
            max_abnormal: 2,
            window: Duration::from_secs(24 * 60 * 60),
            ban_duration: Duration::from_secs(10 * 60),
            queue: 10_000,
        }
    }
}

#[cfg(test)]
mod tests;
