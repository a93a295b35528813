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
        self.judge(&mut assessment, session.findings > 0);
        assessment
    }

    /// Judges a visit by its numbers; `attacked`: a request of it carried a text taken for an attack. In collection mode
    /// it stays as it is.
    pub(crate) fn judge(&self, assessment: &mut Assessment, attacked: bool) {
        let Some(classifier) = &self.classifier else { return };
        classifier.version().clone_into(&mut assessment.model);
        if attacked {
            assessment.behaviour = Behaviour::Abnormal;
            assessment.cause = Some(Cause::Text);
            return;
        }
        match classifier.abnormality(&assessment.features) {
            Ok(score) => {
                let abnormal = score >= self.threshold;
                assessment.score = Some(score);
                self.metrics.scores.observe(f64::from(score));
                assessment.behaviour = if abnormal { Behaviour::Abnormal } else { Behaviour::Normal };
                assessment.cause = abnormal.then_some(Cause::Features);
            }
            Err(error) => {
                self.metrics.model_errors.inc();
                tracing::warn!(%error, session = %assessment.session, "session left unjudged");
            }
        }
    }
}
