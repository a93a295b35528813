//! Features an operator adds by expressions, without a rebuild.

use std::sync::Arc;

use super::{BODIES, CustomNames, FEATURE_NAMES};
use crate::expression::{Evaluation, Expression, Value};
use crate::metrics::BehaviourMetrics;
use crate::session::{Addend, Fingerprints, Gathering};

/// Characters of a name at most.
const MAX_NAME: usize = 64;

/// Fields of `sesfeatures` that are no features.
const RESERVED: [&str; 13] = [
    "sessionID",
    "clientIP",
    "clientKey",
    "active",
    "behavior",
    "endTimestamp",
    "score",
    "cause",
    "model",
    "spoke",
    "custom",
    BODIES,
    "schemaVersion",
];

/// One custom feature.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomFeature {
    /// Its name: what documents and manifests call it.
    pub name: Arc<str>,
    /// How the expression's values become one number.
    pub gathering: Gathering,
    /// What is asked of every answered request.
    pub expression: Expression,
}

impl CustomFeature {
    /// Whether a text may be a custom feature's name: a letter, then letters, digits and underscores, and no name that
    /// documents have already.
    pub fn is_name(text: &str) -> bool {
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.len() <= MAX_NAME
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain && !FEATURE_NAMES.contains(&text) && !RESERVED.contains(&text)
    }
}

/// The names and ways of gathering of these features.
pub fn names_of(features: &[CustomFeature]) -> CustomNames {
    features.iter().map(|feature| (Arc::clone(&feature.name), feature.gathering)).collect()
}

/// All custom features, asked of each answered request.
pub struct CustomFeatures {
    features: Vec<CustomFeature>,
    fingerprints: Fingerprints,
    metrics: BehaviourMetrics,
}

impl CustomFeatures {
    /// These features; values of `distinct` are told apart by these fingerprints.
    pub const fn new(features: Vec<CustomFeature>, fingerprints: Fingerprints, metrics: BehaviourMetrics) -> Self {
        Self { features, fingerprints, metrics }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Counts an expression that had no value for a request.
    pub fn without_value(&self) {
        self.metrics.expression_errors.inc();
    }

    /// What a request adds to each, in order. An expression without a value is counted and adds nothing.
    pub fn addends(&self, evaluation: &Evaluation<'_>) -> Vec<Option<Addend>> {
        self.features.iter().map(|feature| self.addend(feature, evaluation)).collect()
    }

    fn addend(&self, feature: &CustomFeature, evaluation: &Evaluation<'_>) -> Option<Addend> {
        let addend = match feature.expression.value(evaluation) {
            Ok(value) => addend(feature.gathering, value, &self.fingerprints),
            Err(error) => Err(error.to_string()),
        };
        addend.unwrap_or_else(|error| {
            self.without_value();
            tracing::debug!(error, feature = &*feature.name, "expression without a value");
            None
        })
    }
}

fn addend(gathering: Gathering, value: Value, fingerprints: &Fingerprints) -> Result<Option<Addend>, String> {
    match (gathering, value) {
        (Gathering::CountIf, Value::Bool(truth)) => Ok(truth.then_some(Addend::Number(1.0))),
        (Gathering::Sum | Gathering::Max, Value::Number(number)) => Ok(Some(Addend::Number(number))),
        (Gathering::Distinct, Value::Text(text)) => Ok(Some(Addend::Value(fingerprints.of(text.as_bytes())))),
        (Gathering::Distinct, Value::Number(number)) => Ok(Some(Addend::Value(fingerprints.of(&number.to_le_bytes())))),
        (Gathering::Distinct, Value::Bool(truth)) => Ok(Some(Addend::Value(fingerprints.of(&[u8::from(truth)])))),
        (gathering, value) => Err(format!("{} cannot take {value:?}", gathering.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_taken_once() {
        for name in ["checkouts", "a1_b", "X"] {
            assert!(CustomFeature::is_name(name), "{name}");
        }
        for name in ["", "1a", "a-b", "a.b", "$a", "numOfReqs", "behavior", "é", &"x".repeat(65)] {
            assert!(!CustomFeature::is_name(name), "{name}");
        }
    }

    #[test]
    fn each_way_takes_its_kind_of_value() {
        let prints = Fingerprints::new([1, 2]);
        let take = |gathering, value| addend(gathering, value, &prints);
        assert_eq!(take(Gathering::CountIf, Value::Bool(true)), Ok(Some(Addend::Number(1.0))));
        assert_eq!(take(Gathering::CountIf, Value::Bool(false)), Ok(None));
        assert_eq!(take(Gathering::Sum, Value::Number(2.5)), Ok(Some(Addend::Number(2.5))));
        assert!(take(Gathering::Max, Value::Text("5".into())).is_err());
        assert!(take(Gathering::CountIf, Value::Number(1.0)).is_err());
        assert_ne!(
            take(Gathering::Distinct, Value::Text("a".into())),
            take(Gathering::Distinct, Value::Text("b".into()))
        );
    }
}
