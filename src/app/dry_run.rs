//! What the filter would make of a text, without a request: for the admin API and `portcullis classify`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::admin;
use crate::inspection::{ClassifierError, Findings, Inspection, Inspector, Suspicion, Targets};
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

    /// `label` (`norm` or a class), `score` (probability of attack, 0 to 1) and `verdict` (`allow`, `flag`, `refuse`).
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn judge(&self, text: &str, place: &str) -> Result<Value, ClassifierError> {
        let inspection = self.inspector.inspect_place(place, text).await?;
        Ok(self.describe(&inspection))
    }

    /// What an inspection of these texts finds.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect(&self, targets: Targets) -> Result<Inspection, ClassifierError> {
        self.inspector.inspect_targets(targets).await
    }

    /// The judgement on what an inspection found.
    pub fn describe(&self, inspection: &Inspection) -> Value {
        let verdict = self.verdict(&inspection.findings);
        let label = inspection.findings.worst().map_or("norm", |(class, _)| class.as_str());
        json!({ "label": label, "score": inspection.score.unwrap_or(0.0), "verdict": verdict.as_str() })
    }

    fn verdict(&self, findings: &Findings) -> Verdict {
        findings
            .0
            .iter()
            // A text that is not what it claims to be is no attack, and a dry run is asked about attacks.
            .filter(|finding| matches!(finding.suspicion, Suspicion::Attack { .. }))
            .fold(Verdict::Allow, |verdict, finding| verdict.graver(self.policy.weigh(finding.suspicion)))
    }
}

#[async_trait]
impl admin::DryRun for DryRun {
    async fn classify(&self, text: &str, place: &str) -> Result<Value, ClassifierError> {
        self.judge(text, place).await
    }
}
