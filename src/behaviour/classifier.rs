//! The seam to a model of visits.

use serde::{Deserialize, Serialize};

use super::SessionFeatures;
use crate::metrics::Label;

/// What a visit was judged to be; the names are the predecessor's `behavior` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Behaviour {
    /// Not judged: collection mode, or the model failed.
    NewSession,
    /// An ordinary visit.
    Normal,
    /// A visit that an attacker or an attack tool makes.
    Abnormal,
}

impl Behaviour {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::NewSession, Self::Normal, Self::Abnormal];

    /// The predecessor's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewSession => "newSession",
            Self::Normal => "Normal",
            Self::Abnormal => "Abnormal",
        }
    }

    /// The value of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|behaviour| behaviour.as_str() == word)
    }
}

impl Label for Behaviour {
    fn label(&self) -> &'static str {
        self.as_str()
    }
}

/// A model that gave no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the behaviour model failed: {0}")]
pub struct BehaviourError(pub String);

/// A model of visits. Called by the scorer only; may block its thread for some milliseconds.
pub trait BehaviourClassifier: Send + Sync {
    /// Probability, 0 to 1, that a visit with these features is abnormal.
    ///
    /// # Errors
    /// When the model fails on this input.
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError>;

    /// Name and version of the model, as stored with each assessment.
    fn version(&self) -> &str;
}
