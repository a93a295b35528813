//! Was this visit abnormal? Judged after the answer, never before, and off the request's way.
//!
//! A session at a milestone and a closed one becomes [`SessionFeatures`]. Text findings come first: a visit with one is
//! [`Behaviour::Abnormal`]; otherwise the feature model decides. The [`BehaviourScorer`] has the [`Assessment`]
//! stored, counts [`Strikes`] and, with `block_ip`, bans a client whose active abnormal sessions exceed
//! `max_abnormal`; the ban uses those up.
//!
//! A visit that is abnormal while it is open counts at once, stays so and counts once. Beside it stand [`Limits`] that
//! no visitor passes: the [`Watch`] measures each client on the request's way, and one that passes a limit is banned
//! without waiting for strikes or for its visit to close.
//! Several filters on one store decide together: strikes are counted in the store, and each closed session is claimed
//! there before it is judged, so that another filter judges it when the first one dies.
//!
//! Judging and banning read and write memory; a store that is away delays neither.

mod classifier;
mod custom;
mod features;
mod from_log;
mod inquiry;
mod judge;
mod ledger;
mod limits;
mod offences;
mod scorer;
mod store;
mod strikes;
mod struck;
mod together;
mod watch;

use std::time::Duration;

pub use classifier::{Behaviour, BehaviourClassifier, BehaviourError, MOST_SPOKEN, Spoken, Thresholds};
pub use custom::{CustomFeature, CustomFeatures, names_of};
pub use features::{BODIES, CustomNames, FEATURE_NAMES, OWN, SessionFeatures};
pub use from_log::{LogJudge, finding_kind, outcome_of};
pub(crate) use judge::Judge;
pub use limits::{Allowance, Limit, Limits};
pub use scorer::{BehaviourScorer, Inlets, Parts};
pub use store::{Assessment, AssessmentQuery, AssessmentStore, AssessmentStoreError, Cause};
pub use strikes::Strikes;
pub use watch::{Asker, Breach, Watch};

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
    /// Length of a client's first ban. Default 10 min, fail2ban's; the predecessor's was 60 s.
    pub ban_duration: Duration,
    /// What each further ban of a client is longer by. Default 2; 1 keeps them alike.
    pub ban_growth: f64,
    /// Longest ban that growth leads to. Default 24 h.
    pub ban_max: Duration,
    /// For so long after a ban the next one counts as a further one. Default 7 days.
    pub ban_memory: Duration,
    /// Whether bans are only logged and counted, whatever `block_ip` says. Default false.
    pub dry_run: bool,
    /// Limits past which a running visit is enough for a ban.
    pub limits: Limits,
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
            ban_growth: 2.0,
            ban_max: Duration::from_secs(24 * 60 * 60),
            ban_memory: Duration::from_secs(7 * 24 * 60 * 60),
            dry_run: false,
            limits: Limits::default(),
            queue: 10_000,
        }
    }
}

impl Config {
    fn growth(&self) -> offences::Growth {
        offences::Growth { factor: self.ban_growth, memory: self.ban_memory }
    }
}

#[cfg(test)]
mod tests;
