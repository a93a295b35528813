//! What the filter would make of a text, without a request: for the admin API and `portcullis classify`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::admin;
use crate::inspection::{AttackClass, ClassifierError, Findings, Inspection, Inspector, Place};
use crate::policy::{Policy, Verdict};

/// Judges texts as the running filter judges what requests carry.
#[derive(Clone)]
pub struct DryRun {
    inspector: Arc<Inspector>,
    policy: Policy,
}

impl DryRun {
    /// With the same inspector and policy as the proxy.
    pub fn new(inspector: Arc<Inspector>, policy: Policy) -> Self {
        Self { inspector, policy }
    }

    /// What inspects.
    pub fn inspector(&self) -> &Inspector {
        &self.inspector
    }

    /// The verdict in block mode on what an inspection found. Exclusions do not count: they belong to a path.
    pub fn verdict(&self, inspection: &Inspection) -> Verdict {
        let findings = inspection.findings.0.iter();
        findings.fold(Verdict::Allow, |verdict, finding| verdict.graver(self.policy.weigh(finding.suspicion)))
    }

    /// What an inspection is refused as: the class with the highest score among the findings that each are refused by
    /// themselves. `None` where it is not refused, or for no attack.
    pub fn refused_as(&self, inspection: &Inspection) -> Option<AttackClass> {
        let refused = inspection.findings.0.iter().filter(|finding| self.policy.weigh(finding.suspicion).is_refusal());
        Findings(refused.cloned().collect()).worst().map(|(class, _)| class)
    }
}

#[async_trait]
impl admin::DryRun for DryRun {
    async fn classify(&self, text: &str, place: &str) -> Result<Value, ClassifierError> {
        let place = Place::parse(place).unwrap_or(Place::Value);
        let inspection = self.inspector.inspect_place(place, text.as_bytes()).await?;
        let label = inspection.findings.worst().map_or("norm", |(class, _)| class.as_str());
        let verdict = self.verdict(&inspection).as_str();
        Ok(json!({ "label": label, "score": inspection.score.unwrap_or(0.0), "verdict": verdict }))
    }
}
