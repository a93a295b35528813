//! The verdict on a visit: text findings first, then the features; either one makes it abnormal. Pure.

use std::sync::Arc;

use super::{Assessment, Behaviour, BehaviourClassifier, Cause, CustomNames, SessionFeatures, Thresholds};
use crate::metrics::BehaviourMetrics;
use crate::session::Session;

/// Judges visits, of the filter and of its log, imported ones included.
pub(crate) struct Judge {
    /// `None` in collection mode.
    pub(crate) classifier: Option<Arc<dyn BehaviourClassifier>>,
    /// Scores from which the features make a visit abnormal.
    pub(crate) thresholds: Thresholds,
    /// The custom features.
    pub(crate) custom: CustomNames,
    /// Counts.
    pub(crate) metrics: BehaviourMetrics,
}

impl Judge {
    /// Whether there is a model to judge with.
    pub(crate) fn judges(&self) -> bool {
        self.classifier.is_some()
    }

    /// The verdict on a visit that closed.
    pub(crate) fn assess(&self, session: &Session) -> Assessment {
        self.assess_from(session, self.thresholds.closed)
    }

    /// The verdict on a visit that is still open.
    pub(crate) fn assess_open(&self, session: &Session) -> Assessment {
        self.assess_from(session, self.thresholds.open)
    }

    fn assess_from(&self, session: &Session, threshold: f32) -> Assessment {
        let mut assessment = Assessment {
            session: session.id,
            client: session.client,
            client_ip: session.client_ip,
            end: session.end(),
            features: SessionFeatures::of(session, &self.custom),
            behaviour: Behaviour::NewSession,
            active: true,
            score: None,
            cause: None,
            model: String::new(),
            spoke: Vec::new(),
        };
        self.judge_from(&mut assessment, session.findings > 0, threshold);
        assessment
    }

    /// Judges a visit that closed, by its numbers; `attacked`: a request of it carried a text taken for an attack. In
    /// collection mode it stays as it is.
    pub(crate) fn judge(&self, assessment: &mut Assessment, attacked: bool) {
        self.judge_from(assessment, attacked, self.thresholds.closed);
    }

    fn judge_from(&self, assessment: &mut Assessment, attacked: bool, threshold: f32) {
        let Some(classifier) = &self.classifier else { return };
        classifier.version().clone_into(&mut assessment.model);
        if attacked {
            assessment.behaviour = Behaviour::Abnormal;
            assessment.cause = Some(Cause::Text);
            return;
        }
        match classifier.abnormality(&assessment.features) {
            Ok(score) => {
                let abnormal = score >= threshold;
                assessment.score = Some(score);
                self.metrics.scores.observe(f64::from(score));
                assessment.behaviour = if abnormal { Behaviour::Abnormal } else { Behaviour::Normal };
                assessment.cause = abnormal.then_some(Cause::Features);
                if abnormal {
                    assessment.spoke = classifier.explain(&assessment.features);
                }
            }
            Err(error) => {
                self.metrics.model_errors.inc();
                tracing::warn!(%error, session = %assessment.session, "session left unjudged");
            }
        }
    }
}
