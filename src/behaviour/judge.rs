//! The verdict on a closed visit: text findings first, then the features; either one makes it abnormal. Pure.

use std::sync::Arc;

use super::{Assessment, Behaviour, BehaviourClassifier, Cause, SessionFeatures};
use crate::metrics::BehaviourMetrics;
use crate::session::Session;

/// Judges closed visits, of the filter and imported ones.
pub(crate) struct Judge {
    /// `None` in collection mode.
    pub(crate) classifier: Option<Arc<dyn BehaviourClassifier>>,
    /// Probability from which the features make a visit abnormal.
    pub(crate) threshold: f32,
    /// Counts.
    pub(crate) metrics: BehaviourMetrics,
}

impl Judge {
    /// The verdict; active, so that it counts as a strike where it is abnormal.
    pub(crate) fn assess(&self, session: &Session) -> Assessment {
        let features = SessionFeatures::from(session);
        let mut assessment = Assessment {
            session: session.id,
            client: session.client,
            client_ip: session.client_ip,
            end: session.end(),
            features,
            behaviour: Behaviour::NewSession,
            active: true,
            score: None,
            cause: None,
            model: String::new(),
        };
        let Some(classifier) = &self.classifier else { return assessment };
        assessment.model = classifier.version().to_owned();
        if session.findings > 0 {
            assessment.behaviour = Behaviour::Abnormal;
            assessment.cause = Some(Cause::Text);
            return assessment;
        }
        match classifier.abnormality(&features) {
            Ok(score) => {
                let abnormal = score >= self.threshold;
                assessment.score = Some(score);
                self.metrics.scores.observe(f64::from(score));
                assessment.behaviour = if abnormal { Behaviour::Abnormal } else { Behaviour::Normal };
                assessment.cause = abnormal.then_some(Cause::Features);
            }
            Err(error) => {
                self.metrics.model_errors.inc();
                tracing::warn!(%error, session = %session.id, "session left unjudged");
            }
        }
        assessment
    }
}
