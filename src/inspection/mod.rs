//! Is this request an attack? Knows no Pingora, no ONNX, no disk.
//!
//! [`extract`] and [`body`] take a request apart into [`Target`]s; [`transform`] decodes each to a fixpoint;
//! [`encode`] cuts it into overlapping windows; a [`PayloadClassifier`] scores those that are not
//! [safe by construction](safe) and not in the cache; what scores high becomes a [`Finding`].

pub mod body;
mod classifier;
pub mod encode;
pub mod extract;
mod finding;
mod inspector;
pub mod place;
mod prepare;
pub mod raw;
pub mod safe;
mod secret;
mod target;
pub mod transform;

pub use classifier::{AttackClass, ClassifierError, PayloadClassifier, Score};
pub use encode::EncodedText;
pub use extract::{RequestHead, Targets};
pub use finding::{Finding, Findings, MAX_EXCERPT_BYTES, Malformed, Suspicion};
pub use inspector::{Inspection, Inspector};
pub use prepare::{Prepared, prepare};
pub use secret::is_secret_name;
pub use target::{Target, TargetKind};

/// How requests are inspected.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Probability of attack from which a text is a finding; from the model's manifest. Default 0.5.
    pub flag_threshold: f32,
    /// Scores of windows remembered at most; about 400 bytes each. Default 65,536.
    pub cache_capacity: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { flag_threshold: 0.5, cache_capacity: 65_536 }
    }
}

#[cfg(test)]
mod tests;
