//! Was this visit abnormal? Judged after the answer, never before.
//!
//! A closed session becomes [`SessionFeatures`]. Text findings come first: a visit with one is
//! [`Behaviour::Abnormal`]; otherwise the feature model decides. The scorer stores the [`Assessment`], counts
//! strikes and bans.

mod classifier;
mod features;
mod store;

pub use classifier::{Behaviour, BehaviourClassifier, BehaviourError};
pub use features::{FEATURE_NAMES, SessionFeatures};
pub use store::{Assessment, AssessmentQuery, AssessmentStore, AssessmentStoreError, Cause};
