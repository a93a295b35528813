//! From which score on a text is suspicious, by class and sensitivity.

use std::path::Path;

use crate::inspection::AttackClass;

use super::ModelFault;
use super::manifest::{ClassThresholds, Thresholds};

/// How readily texts are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sensitivity {
    /// Fewest false refusals.
    Low,
    /// The default.
    Medium,
    /// Fewest missed attacks.
    High,
}

impl Sensitivity {
    /// Every sensitivity.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The sensitivity's name, as in the config and in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The sensitivity of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sensitivity| sensitivity.as_str() == name)
    }
}

/// The thresholds that belong to a model of texts: they were chosen on its own scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextThresholds(Thresholds);

impl TextThresholds {
    /// Takes the thresholds of a manifest, or names each that cannot be.
    pub(super) fn check(path: &Path, thresholds: Thresholds) -> Result<Self, Vec<ModelFault>> {
        let checked = Self(thresholds);
        let mut faults = Vec::new();
        let mut check = |key: String, value: f32| {
            if !(value > 0.0 && value <= 1.0) {
                let problem = format!("is {value}; allowed is a probability above 0 and up to 1");
                faults.push(ModelFault::of_key(path, key, problem));
            }
        };
        check("thresholds.flag".to_owned(), thresholds.flag);
        for sensitivity in Sensitivity::ALL {
            for class in AttackClass::ALL {
                let key = format!("thresholds.{}.{}", sensitivity.as_str(), class.as_str());
                check(key, checked.refuse(sensitivity, class));
            }
        }
        if faults.is_empty() { Ok(checked) } else { Err(faults) }
    }

    /// Probability of attack from which on a text is suspicious.
    pub const fn flag(&self) -> f32 {
        self.0.flag
    }

    /// Probability of attack from which on a text of this class is refused.
    pub const fn refuse(&self, sensitivity: Sensitivity, class: AttackClass) -> f32 {
        let of = match sensitivity {
            Sensitivity::Low => &self.0.low,
            Sensitivity::Medium => &self.0.medium,
            Sensitivity::High => &self.0.high,
        };
        of.of(class)
    }

    /// The same for every class, in the order of [`AttackClass::ALL`]: what the policy takes.
    pub fn refuse_from(&self, sensitivity: Sensitivity) -> [f32; AttackClass::ALL.len()] {
        AttackClass::ALL.map(|class| self.refuse(sensitivity, class))
    }
}

impl ClassThresholds {
    const fn of(&self, class: AttackClass) -> f32 {
        match class {
            AttackClass::Sqli => self.sqli,
            AttackClass::Xss => self.xss,
            AttackClass::PathTraversal => self.path_traversal,
            AttackClass::Cmdi => self.cmdi,
        }
    }
}
