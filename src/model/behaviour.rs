//! The model of visits, in ONNX.

use ort::session::Session;
use ort::value::TensorRef;
use parking_lot::Mutex;

use super::manifest::BehaviourManifest;
use super::reading::{Form, Output, Reading};
use crate::behaviour::{BehaviourClassifier, BehaviourError, MOST_SPOKEN, SessionFeatures, Spoken};

/// The model of visits. The scorer calls it from one task; runs are some ten microseconds, one at a time.
pub struct OnnxBehaviourClassifier {
    session: Mutex<Session>,
    /// Name of the output that is read.
    output: String,
    reading: Reading,
    features: Vec<String>,
    /// Each feature in ordinary visits; empty where the manifest has none.
    medians: Vec<f32>,
    version: String,
}

impl OnnxBehaviourClassifier {
    pub(super) fn new(session: Session, manifest: &BehaviourManifest) -> Self {
        Self {
            session: Mutex::new(session),
            output: manifest.model.output.name.clone(),
            reading: manifest.reading.clone(),
            features: manifest.features.clone(),
            medians: manifest.medians.clone().unwrap_or_default(),
            version: manifest.model.version.clone(),
        }
    }

    /// The features the model asks for, in its order.
    fn row(&self, features: &SessionFeatures) -> Result<Vec<f32>, BehaviourError> {
        // float32 counts exactly to 16.7 million; a duration past 4.6 hours loses its last milliseconds.
        #[allow(clippy::cast_possible_truncation)]
        let value = |name: &String| match features.value(name) {
            Some(value) => Ok(value as f32),
            None => Err(BehaviourError(format!("the visit has no feature {name}"))),
        };
        self.features.iter().map(value).collect()
    }

    /// The scores of rows laid one after the other.
    fn scores(&self, rows: &[f32]) -> Result<Vec<f32>, BehaviourError> {
        let width = self.features.len().max(1);
        let count = rows.len() / width;
        let mut session = self.session.lock();
        let scores = infer(&mut session, rows, width, &self.output, &self.reading)
            .map_err(|error| BehaviourError(error.to_string()))?;
        if scores.len() == count { Ok(scores) } else { Err(BehaviourError("its output is no score".to_owned())) }
    }
}

impl BehaviourClassifier for OnnxBehaviourClassifier {
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError> {
        let scores = self.scores(&self.row(features)?)?;
        scores.first().copied().ok_or_else(|| BehaviourError("its output is empty".to_owned()))
    }

    /// By occlusion: one run of the visit beside copies of it, in each of which one feature has its median.
    fn explain(&self, features: &SessionFeatures) -> Vec<Spoken> {
        let Ok(row) = self.row(features) else { return Vec::new() };
        if self.medians.len() != row.len() {
            return Vec::new();
        }
        let mut rows = row.clone();
        for (at, median) in self.medians.iter().enumerate() {
            let start = rows.len();
            rows.extend_from_slice(&row);
            rows[start + at] = *median;
        }
        let Ok(scores) = self.scores(&rows) else { return Vec::new() };
        let Some((score, occluded)) = scores.split_first() else { return Vec::new() };
        most_spoken(&self.features, &row, *score, occluded)
    }

    fn version(&self) -> &str {
        &self.version
    }
}

fn most_spoken(features: &[String], row: &[f32], score: f32, occluded: &[f32]) -> Vec<Spoken> {
    let spoken = features.iter().zip(row).zip(occluded);
    let mut spoken: Vec<_> = spoken
        .map(|((name, value), without)| Spoken {
            feature: name.clone(),
            value: f64::from(*value),
            weight: score - without,
        })
        .filter(|spoken| spoken.weight > 0.0)
        .collect();
    spoken.sort_by(|left, right| right.weight.total_cmp(&left.weight));
    spoken.truncate(MOST_SPOKEN);
    spoken
}

/// The scores of the rows; fewer than rows where an output is not what the manifest says.
fn infer(session: &mut Session, rows: &[f32], width: usize, output: &str, reading: &Reading) -> ort::Result<Vec<f32>> {
    let features = TensorRef::from_array_view(([rows.len() / width, width], rows))?;
    let outputs = session.run(ort::inputs![features])?;
    let found = outputs.get(output).ok_or_else(|| ort::Error::new("the output is missing"))?;
    let scores: Option<Vec<f32>> = if reading.form == Form::Label {
        let (_, labels) = found.try_extract_tensor::<i64>()?;
        labels.iter().map(|label| reading.score(Output::Label(*label))).collect()
    } else {
        let (_, numbers) = found.try_extract_tensor::<f32>()?;
        let columns = (numbers.len() * width / rows.len().max(1)).max(1);
        numbers.chunks_exact(columns).map(|one| reading.score(Output::Numbers(one))).collect()
    };
    Ok(scores.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_that_lower_the_score_most_are_named() {
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let spoken = most_spoken(&names, &[1.0, 2.0, 3.0, 4.0, 5.0], 0.9, &[0.8, 0.1, 0.95, 0.9, 0.5]);
        let shown: Vec<_> = spoken.iter().map(|one| (one.feature.as_str(), one.value)).collect();
        assert_eq!(shown, [("b", 2.0), ("e", 5.0), ("a", 1.0)]);
    }
}
