//! From which score on a text is suspicious, by class and sensitivity.

use std::path::Path;

use crate::inspection::AttackClass;

use super::ModelFault;
use super::manifest::Thresholds;

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
pub struct TextThresholds {
    flag: f32,
    refuse: [ByClass; Sensitivity::ALL.len()],
}

/// One number for each class, in the order of [`AttackClass::ALL`].
type ByClass = [f32; AttackClass::ALL.len()];

impl TextThresholds {
    /// Takes the thresholds of a manifest, or names each that cannot be.
    pub(super) fn check(path: &Path, thresholds: &Thresholds) -> Result<Self, Vec<ModelFault>> {
        let mut faults = Vec::new();
        let mut check = |key: String, value: Option<f32>| match value {
            Some(value) if value > 0.0 && value <= 1.0 => value,
            found => {
                let found = found.map_or("missing".to_owned(), |value| value.to_string());
                let problem = format!("is {found}; allowed is a probability above 0 and up to 1");
                faults.push(ModelFault::of_key(path, key, problem));
                1.0
            }
        };
        let flag = check("thresholds.flag".to_owned(), Some(thresholds.flag));
        let mut refuse = [ByClass::default(); Sensitivity::ALL.len()];
        let listed = [&thresholds.low, &thresholds.medium, &thresholds.high];
        for ((sensitivity, listed), refuse) in Sensitivity::ALL.into_iter().zip(listed).zip(&mut refuse) {
            for (class, from) in AttackClass::ALL.into_iter().zip(refuse) {
                let key = format!("thresholds.{}.{}", sensitivity.as_str(), class.as_str());
                *from = check(key, listed.get(class.as_str()).copied());
            }
        }
        faults.extend(unknown(path, thresholds));
        if faults.is_empty() { Ok(Self { flag, refuse }) } else { Err(faults) }
    }

    /// Probability of attack from which on a text is suspicious.
    pub const fn flag(&self) -> f32 {
        self.flag
    }

    /// Probability of attack from which on a text of this class is refused.
    pub const fn refuse(&self, sensitivity: Sensitivity, class: AttackClass) -> f32 {
        self.refuse[sensitivity as usize][class as usize]
    }

    /// The same for every class, in the order of [`AttackClass::ALL`]: what the policy takes.
    pub const fn refuse_from(&self, sensitivity: Sensitivity) -> [f32; AttackClass::ALL.len()] {
        self.refuse[sensitivity as usize]
    }
}

/// Thresholds of what is no class of the filter's.
fn unknown(path: &Path, thresholds: &Thresholds) -> Vec<ModelFault> {
    let mut faults = Vec::new();
    for (sensitivity, listed) in Sensitivity::ALL.iter().zip([&thresholds.low, &thresholds.medium, &thresholds.high]) {
        for label in listed.keys().filter(|label| AttackClass::parse(label).is_none()) {
            let problem = format!("is no class; allowed are {:?}", AttackClass::ALL.map(AttackClass::as_str));
            faults.push(ModelFault::of_key(path, format!("thresholds.{}.{label}", sensitivity.as_str()), problem));
        }
    }
    faults
}
