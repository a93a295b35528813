//! What an operator has looked at and found harmless: path × parameter × class.

use crate::inspection::{AttackClass, Finding, Suspicion};

/// Findings that are not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Prefix of the decoded path; `None` for every path.
    pub path: Option<String>,
    /// Name of the parameter, field, header or cookie, exactly; `None` for every one.
    pub parameter: Option<String>,
    /// Classes of attack; empty for every class, malformed bodies included.
    pub classes: Vec<AttackClass>,
}

impl Exclusion {
    /// Whether this finding on this path is excluded. A path the filter and the application could read differently
    /// (`None`) is excluded by no rule that names a path.
    pub(super) fn covers(&self, path: Option<&str>, finding: &Finding) -> bool {
        let on_path = match (&self.path, path) {
            (None, _) => true,
            (Some(prefix), Some(path)) => path.starts_with(prefix.as_str()),
            (Some(_), None) => false,
        };
        let of_class = match finding.suspicion {
            _ if self.classes.is_empty() => true,
            Suspicion::Attack { class, .. } => self.classes.contains(&class),
            Suspicion::Malformed(_) => false,
        };
        on_path && of_class && self.parameter.as_ref().is_none_or(|name| *name == finding.target.name)
    }
}
