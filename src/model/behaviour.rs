//! The model of visits, in ONNX.

use ort::session::Session;
use ort::value::TensorRef;
use parking_lot::Mutex;

use crate::behaviour::{BehaviourClassifier, BehaviourError, FEATURE_NAMES, SessionFeatures};

/// The model of visits. The scorer calls it from one task; runs are some ten microseconds, one at a time.
pub struct OnnxBehaviourClassifier {
    session: Mutex<Session>,
    version: String,
}

impl OnnxBehaviourClassifier {
    pub(super) fn new(session: Session, version: String) -> Self {
        Self { session: Mutex::new(session), version }
    }
}

impl BehaviourClassifier for OnnxBehaviourClassifier {
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError> {
        // float32 counts exactly to 16.7 million; a duration past 4.6 hours loses its last milliseconds.
        #[allow(clippy::cast_possible_truncation)]
        let values = features.values().map(|value| value as f32);
        let mut session = self.session.lock();
        let score = infer(&mut session, &values).map_err(|error| BehaviourError(error.to_string()))?;
        if (0.0..=1.0).contains(&score) { Ok(score) } else { Err(BehaviourError(format!("its output is {score}"))) }
    }

    fn version(&self) -> &str {
        &self.version
    }
}

fn infer(session: &mut Session, values: &[f32; FEATURE_NAMES.len()]) -> ort::Result<f32> {
    let features = TensorRef::from_array_view(([1, values.len()], values.as_slice()))?;
    let outputs = session.run(ort::inputs![features])?;
    let (_, probability) = outputs[0].try_extract_tensor::<f32>()?;
    probability.first().copied().ok_or_else(|| ort::Error::new("the output is empty"))
}
