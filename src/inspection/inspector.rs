//! Scores of a request's windows, and what follows from them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use quick_cache::sync::Cache;

use super::extract::{RequestHead, Targets};
use super::{
    AttackClass, ClassifierError, Config, EncodedText, Finding, Findings, MAX_EXCERPT_BYTES, Malformed,
    PayloadClassifier, Prepared, Score, Suspicion, Target, TargetKind, body, is_secret_name, place, prepare,
};
use crate::metrics::InspectionMetrics;

/// Bytes of a body from which it is taken apart on a thread for such work rather than on the proxy's worker.
const LARGE_BODY: usize = 16 * 1_024;

/// Windows handed to the model at once; a large body is scored piece by piece, so that it cannot fill the queue.
const PIECE: usize = 256;

/// What an inspection found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspection {
    /// Suspicions.
    pub findings: Findings,
    /// Highest probability of attack of any part; `None` when no part needed the model.
    pub score: Option<f32>,
    /// The class of the part with that score.
    pub class: Option<AttackClass>,
}

/// Inspects requests.
pub struct Inspector {
    classifier: Arc<dyn PayloadClassifier>,
    flag_threshold: f32,
    cache: Cache<EncodedText, Score>,
    metrics: InspectionMetrics,
}

impl Inspector {
    /// An inspector that asks this model.
    pub fn new(classifier: Arc<dyn PayloadClassifier>, config: Config, metrics: InspectionMetrics) -> Self {
        let cache = Cache::new(config.cache_capacity);
        Self { classifier, flag_threshold: config.flag_threshold, cache, metrics }
    }

    /// Inspects a request's head.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect(&self, head: &RequestHead<'_>) -> Result<Inspection, ClassifierError> {
        let start = Instant::now();
        let prepared = prepare(Targets::of_head(head));
        let inspection = self.judge(prepared, None).await;
        self.metrics.inspected("head", start.elapsed());
        inspection
    }

    /// Inspects a body, or, `truncated`, the beginning of one.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_body(
        &self,
        content_type: Option<&str>,
        body: &bytes::Bytes,
        truncated: bool,
    ) -> Result<Inspection, ClassifierError> {
        let start = Instant::now();
        let (prepared, malformed) = if body.len() < LARGE_BODY {
            take_apart(content_type, body, truncated)
        } else {
            let (content_type, body) = (content_type.map(str::to_owned), body.clone());
            tokio::task::spawn_blocking(move || take_apart(content_type.as_deref(), &body, truncated))
                .await
                .map_err(|_| ClassifierError::Failed)?
        };
        let inspection = self.judge(prepared, malformed).await;
        self.metrics.inspected("body", start.elapsed());
        inspection
    }

    /// Inspects a text as if it stood at this place of a request: `query`, `body`, `header`, `path` or `value`.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_place(&self, place: &str, text: &str) -> Result<Inspection, ClassifierError> {
        self.inspect_targets(place::targets(place, text.as_bytes())).await
    }

    /// Inspects texts that were taken apart elsewhere.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_targets(&self, targets: Targets) -> Result<Inspection, ClassifierError> {
        self.judge(prepare(targets), None).await
    }

    async fn judge(
        &self,
        prepared: Vec<Prepared>,
        malformed: Option<Malformed>,
    ) -> Result<Inspection, ClassifierError> {
        let mut inspection = Inspection::default();
        if let Some(kind) = malformed {
            self.metrics.malformed(kind);
            inspection.findings.0.push(malformed_finding(kind));
        }
        let scores = self.scores(&prepared).await?;
        for Prepared { target, windows } in prepared {
            let scored = windows.iter().filter_map(|window| Some((window, *scores.get(window)?)));
            let Some((window, score)) = scored.max_by(|(_, a), (_, b)| a.attack.total_cmp(&b.attack)) else {
                continue;
            };
            if inspection.score.is_none_or(|highest| score.attack > highest) {
                inspection.score = Some(score.attack);
                inspection.class = Some(score.class);
            }
            if score.attack >= self.flag_threshold {
                let excerpt = excerpt(&target, window.bytes());
                let suspicion = Suspicion::Attack { class: score.class, score: score.attack };
                inspection.findings.0.push(Finding { target, suspicion, excerpt });
            }
        }
        Ok(inspection)
    }

    /// The scores of all windows: of the cache, else of the model.
    async fn scores(&self, prepared: &[Prepared]) -> Result<HashMap<EncodedText, Score>, ClassifierError> {
        let mut scores = HashMap::new();
        let mut unknown = Vec::new();
        for window in prepared.iter().flat_map(|prepared| &prepared.windows) {
            if scores.contains_key(window) {
                continue;
            }
            let known = self.cache.get(window);
            // A window that is asked for stands here too, so that it is asked for once.
            scores.insert(window.clone(), known.unwrap_or(Score { attack: 0.0, class: AttackClass::Sqli }));
            if known.is_none() {
                unknown.push(window.clone());
            }
        }
        self.metrics.cached(scores.len() - unknown.len(), unknown.len());
        for piece in unknown.chunks(PIECE) {
            let judged =
                self.classifier.classify(piece.to_vec()).await.inspect_err(|error| self.metrics.failed(*error))?;
            if judged.len() != piece.len() {
                self.metrics.failed(ClassifierError::Failed);
                return Err(ClassifierError::Failed);
            }
            for (window, score) in piece.iter().zip(judged) {
                self.cache.insert(window.clone(), score);
                scores.insert(window.clone(), score);
            }
        }
        Ok(scores)
    }
}

fn take_apart(content_type: Option<&str>, body: &[u8], truncated: bool) -> (Vec<Prepared>, Option<Malformed>) {
    let (targets, malformed) = body::targets(content_type, body, truncated);
    (prepare(targets), malformed)
}

fn malformed_finding(kind: Malformed) -> Finding {
    let target = Target { kind: TargetKind::BodyText, name: String::new() };
    Finding { target, suspicion: Suspicion::Malformed(kind), excerpt: String::new() }
}

/// The part of a window that shows why, from shortly before its first telling sign on; empty where the place may hold
/// a secret.
fn excerpt(target: &Target, window: &[u8]) -> String {
    const BEFORE: usize = 16;
    if is_secret_name(&target.name) || target.kind == TargetKind::Cookie {
        return String::new();
    }
    let telling = |byte: &u8| matches!(byte, b'\'' | b'"' | b'<' | b'>' | b';' | b'|' | b'`' | b'$' | b'(' | b'\\');
    let start = window.iter().position(telling).unwrap_or(0).saturating_sub(BEFORE);
    let end = window.len().min(start + MAX_EXCERPT_BYTES);
    let mut text: String = String::from_utf8_lossy(&window[start..end])
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    // A sign cut in the middle reads as three bytes.
    while text.len() > MAX_EXCERPT_BYTES {
        text.pop();
    }
    text
}
