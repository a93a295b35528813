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

/// Scores from which on the features make a visit abnormal, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// For a visit that has closed.
    pub closed: f32,
    /// For one that is still open: fewer numbers say less, so a model may ask for more.
    pub open: f32,
}

impl Thresholds {
    /// No score is high enough.
    pub(crate) const NEVER: Self = Self { closed: f32::INFINITY, open: f32::INFINITY };
}

/// A feature that spoke for abnormal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoken {
    /// Its name.
    pub feature: String,
    /// Its value in this visit.
    pub value: f64,
    /// How much lower the score is with the median of ordinary visits in its place; above 0.
    pub weight: f32,
}

/// Features that are named for a verdict at most.
pub const MOST_SPOKEN: usize = 3;

/// A model of visits. Called by the scorer only; may block its thread for some milliseconds.
pub trait BehaviourClassifier: Send + Sync {
    /// Calibrated score, 0 to 1, that a visit with these features is abnormal.
    ///
    /// # Errors
    /// When the model fails on this input.
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError>;

    /// The features that spoke most for abnormal, most first, at most [`MOST_SPOKEN`]; empty where it cannot be told.
    fn explain(&self, features: &SessionFeatures) -> Vec<Spoken> {
        let _ = features;
        Vec::new()
    }

    /// Name and version of the model, as stored with each assessment.
    fn version(&self) -> &str;
}
