//! The model of texts, in ONNX.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use crate::inspection::{AttackClass, CONTEXT_LEVELS, ClassifierError, EncodedText, PayloadClassifier, Score, Window};
use crate::metrics::ModelMetrics;

use super::runtime::{Batch, OnnxRuntime};
use super::screen::Screen;

/// Most windows of one run: past it a run takes longer without being cheaper a window.
pub(super) const MAX_BATCH: usize = 32;

/// Classes of the model's output: `norm`, then the attacks.
pub(super) const CLASSES: usize = 1 + AttackClass::ALL.len();

/// Probabilities this near to 0 or 1 count as that near: a float32 tells no finer.
const LEAST: f32 = 1e-7;

/// The model of texts.
pub struct OnnxPayloadClassifier {
    runtime: OnnxRuntime,
    screen: Option<Screen>,
    buckets: Vec<usize>,
    deadline: Duration,
    metrics: ModelMetrics,
}

impl OnnxPayloadClassifier {
    pub(super) fn new(
        runtime: OnnxRuntime,
        screen: Option<Screen>,
        buckets: Vec<usize>,
        deadline: Duration,
        metrics: ModelMetrics,
    ) -> Self {
        Self { runtime, screen, buckets, deadline, metrics }
    }

    async fn run(&self, texts: &[EncodedText]) -> Result<Vec<Score>, ClassifierError> {
        let mut waiting = Vec::new();
        for (indices, batch) in batches(texts, &self.buckets)? {
            waiting.push((indices, self.runtime.submit(batch)?));
        }
        let mut scores = vec![None; texts.len()];
        for (indices, answer) in waiting {
            let outputs = answer.await.map_err(|_| ClassifierError::Failed)??;
            if outputs.len() != indices.len() * CLASSES {
                return Err(ClassifierError::Failed);
            }
            for (index, probabilities) in indices.into_iter().zip(outputs.chunks_exact(CLASSES)) {
                scores[index] = self.score(&texts[index], probabilities);
            }
        }
        scores.into_iter().collect::<Option<Vec<Score>>>().ok_or(ClassifierError::Failed)
    }

    /// The network's score of a window, with the screen's logit where there is one.
    fn score(&self, text: &EncodedText, probabilities: &[f32]) -> Option<Score> {
        let score = score(probabilities)?;
        let Some(screen) = &self.screen else { return Some(score) };
        let attack = score.attack.clamp(LEAST, 1.0 - LEAST);
        let logit = attack.ln() - probabilities.first()?.max(LEAST).ln();
        Some(Score { attack: screen.joined(logit, screen.logit(&text.window())), ..score })
    }
}

#[async_trait]
impl PayloadClassifier for OnnxPayloadClassifier {
    fn screen(&self, window: &Window<'_>) -> Option<f32> {
        self.screen.as_ref().and_then(|screen| screen.settles(window))
    }

    async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
        let result = timeout(self.deadline, self.run(&texts)).await.unwrap_or(Err(ClassifierError::Deadline));
        if let Err(error) = &result {
            self.metrics.errors.with_label_values(&[error.as_str()]).inc();
        }
        result
    }
}

/// The windows in runs of like lengths, each with the places of its windows in `texts`.
fn batches(texts: &[EncodedText], buckets: &[usize]) -> Result<Vec<(Vec<usize>, Batch)>, ClassifierError> {
    let mut by_bucket: Vec<Vec<usize>> = vec![Vec::new(); buckets.len()];
    for (index, text) in texts.iter().enumerate() {
        let bucket = buckets.iter().position(|length| text.bytes().len() <= *length);
        // A window longer than the last bucket means an encoder of other sizes than the model's.
        by_bucket[bucket.ok_or(ClassifierError::Failed)?].push(index);
    }
    let mut runs = Vec::new();
    for (indices, length) in by_bucket.into_iter().zip(buckets) {
        for indices in indices.chunks(MAX_BATCH) {
            runs.push((indices.to_vec(), batch(texts, indices, *length)));
        }
    }
    Ok(runs)
}

fn batch(texts: &[EncodedText], indices: &[usize], length: usize) -> Batch {
    let rows = indices.len();
    let (kinds, contexts) = (Vec::with_capacity(rows), Vec::with_capacity(rows * CONTEXT_LEVELS));
    let mut batch = Batch { bytes: vec![0; rows * length], kinds, contexts, length };
    for (row, index) in batch.bytes.chunks_exact_mut(length).zip(indices) {
        let bytes = texts[*index].bytes();
        row[..bytes.len()].copy_from_slice(bytes);
        batch.kinds.push(texts[*index].kind());
        batch.contexts.extend(texts[*index].context().levels());
    }
    batch
}

/// The score of one window; `None` where the model gave no numbers.
fn score(probabilities: &[f32]) -> Option<Score> {
    let (norm, attacks) = probabilities.split_first()?;
    if probabilities.iter().any(|probability| !probability.is_finite()) {
        return None;
    }
    let best = attacks.iter().zip(AttackClass::ALL).max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.map(|(_, class)| Score { attack: (1.0 - norm).clamp(0.0, 1.0), class })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn text(kind: u8, bytes: &[u8]) -> EncodedText {
        EncodedText::for_tests(kind, bytes)
    }

    #[tokio::test]
    async fn a_full_queue_and_a_passed_deadline_are_counted_errors() {
        let metrics = Metrics::new().unwrap().model;
        let (runtime, _jobs) = OnnxRuntime::stalled(1, metrics.clone());
        let model = OnnxPayloadClassifier::new(runtime, None, vec![8], Duration::from_millis(5), metrics.clone());
        assert_eq!(model.classify(vec![text(0, b"a")]).await, Err(ClassifierError::Deadline));
        assert_eq!(metrics.queue_depth.get(), 1);
        assert_eq!(model.classify(vec![text(0, b"a")]).await, Err(ClassifierError::Saturated));
        assert_eq!(metrics.queue_depth.get(), 1);
        for error in [ClassifierError::Deadline, ClassifierError::Saturated] {
            assert_eq!(metrics.errors.with_label_values(&[error.as_str()]).get(), 1);
        }
    }

    #[test]
    fn groups_windows_by_length_and_keeps_their_places() {
        let texts = [text(1, b"abcde"), text(2, b"ab"), text(3, b"abc"), text(4, b"")];
        let runs = batches(&texts, &[4, 8]).unwrap();
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].0, [1, 2, 3]);
        assert_eq!(runs[0].1.bytes, b"ab\0\0abc\0\0\0\0\0");
        assert_eq!(runs[0].1.kinds, [2, 3, 4]);
        assert_eq!((runs[1].0.as_slice(), runs[1].1.bytes.as_slice()), ([0].as_slice(), b"abcde\0\0\0".as_slice()));
    }

    #[test]
    fn no_run_is_larger_than_the_limit() {
        let texts = vec![text(0, b"x"); MAX_BATCH * 2 + 1];
        let sizes: Vec<usize> = batches(&texts, &[4]).unwrap().iter().map(|(indices, _)| indices.len()).collect();
        assert_eq!(sizes, [MAX_BATCH, MAX_BATCH, 1]);
    }

    #[test]
    fn a_window_longer_than_the_model_takes_is_an_error() {
        assert_eq!(batches(&[text(0, b"abc")], &[2]).err(), Some(ClassifierError::Failed));
    }

    #[test]
    fn the_score_is_all_that_is_not_norm_and_the_class_the_best_attack() {
        let score_of = score(&[0.2, 0.1, 0.5, 0.1, 0.05, 0.05]).unwrap();
        assert!((score_of.attack - 0.8).abs() < 1e-6);
        assert_eq!(score_of.class, AttackClass::Xss);
        assert_eq!(score(&[f32::NAN, 0.0, 0.0, 0.0, 0.0]), None);
    }
}
