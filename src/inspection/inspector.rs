//! Asks the model about what a request carries, and makes findings of its answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use super::cache::ScoreCache;
use super::parts::{Parts, Readings};
use super::why::{self, Suspected};
use super::{
    AttackClass, BodyHead, ClassifierError, Config, EncodedText, Finding, Findings, PayloadClassifier, Place,
    RequestHead, Score, Suspicion, TargetKind, Targets, body, read_head,
};
use crate::metrics::InspectionMetrics;

/// Bytes of a body past which it is taken apart on a thread of its own: below, that takes less than a millisecond, even
/// where every window of it passes the screen.
const LARGE_BODY_BYTES: usize = 8 * 1_024;

/// Threads at most that normalise and screen one large body: more would take the cores from the requests beside it.
const MAX_BODY_THREADS: usize = 4;

/// What an inspection found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspection {
    /// All suspicions.
    pub findings: Findings,
    /// Highest probability of attack of any part, 0 to 1; `None` where no part reached the model.
    pub score: Option<f32>,
    /// The class of that part; `None` where it was clearly no attack.
    pub class: Option<AttackClass>,
}

impl Inspection {
    /// Adds what another part of the same request showed.
    pub fn merge(&mut self, other: Self) {
        self.findings.0.extend(other.findings.0);
        if other.score > self.score {
            self.score = other.score;
            self.class = other.class;
        }
    }
}

/// Inspects requests. Shared by all of them.
pub struct Inspector {
    classifier: Arc<dyn PayloadClassifier>,
    config: Config,
    cache: ScoreCache,
    metrics: InspectionMetrics,
    body_threads: usize,
}

impl Inspector {
    /// An inspector that asks this classifier.
    pub fn new(classifier: Arc<dyn PayloadClassifier>, config: Config, metrics: InspectionMetrics) -> Self {
        let cache = ScoreCache::new(config.cache_capacity);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { classifier, config, cache, metrics, body_threads: cores.min(MAX_BODY_THREADS) }
    }

    /// Inspects path, query and headers.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect(&self, head: &RequestHead<'_>) -> Result<Inspection, ClassifierError> {
        let start = Instant::now();
        let mut targets = Targets::new(self.config.max_fields);
        read_head(head, &mut targets);
        let parts = Readings::of(targets, self.config.rounds).screened(&*self.classifier);
        self.judge(parts, start).await
    }

    /// Inspects a body of this `Content-Type`, not compressed; `truncated`: only its beginning is given.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_body(
        &self,
        content_type: Option<&[u8]>,
        body: &[u8],
        truncated: bool,
    ) -> Result<Inspection, ClassifierError> {
        self.inspect_body_of(content_type.into(), body, truncated).await
    }

    /// Inspects a body as the request's headers describe it; `truncated`: only its beginning is given.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_body_of(
        &self,
        head: BodyHead,
        body: &[u8],
        truncated: bool,
    ) -> Result<Inspection, ClassifierError> {
        let start = Instant::now();
        let (max_fields, rounds, unpacking) = (self.config.max_fields, self.config.rounds, self.config.unpacking);
        let take_apart = move |head: &BodyHead, body: &[u8]| {
            let mut targets = Targets::new(max_fields);
            body::take_apart(head, body, truncated, unpacking, &mut targets);
            targets
        };
        let parts = if body.len() <= LARGE_BODY_BYTES && !head.is_encoded() {
            Readings::of(take_apart(&head, body), rounds).screened(&*self.classifier)
        } else {
            let (body, classifier, threads) = (body.to_vec(), Arc::clone(&self.classifier), self.body_threads);
            let inspect = move || {
                let targets = take_apart(&head, &body);
                Readings::of_by(threads, targets, rounds).screened_by(threads, &*classifier)
            };
            tokio::task::spawn_blocking(inspect).await.map_err(|_| self.failed(ClassifierError::Failed))?
        };
        self.judge(parts, start).await
    }

    /// Inspects a text that came without a request, as if it stood there.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_place(&self, place: Place, text: &[u8]) -> Result<Inspection, ClassifierError> {
        let start = Instant::now();
        let mut targets = Targets::new(self.config.max_fields);
        place.read(text, &mut targets);
        let parts = Readings::of(targets, self.config.rounds).screened(&*self.classifier);
        self.judge(parts, start).await
    }

    /// Inspects one decoded text of this kind.
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    pub async fn inspect_text(&self, kind: TargetKind, text: &str) -> Result<Inspection, ClassifierError> {
        self.inspect_place(Place::Kind(kind), text.as_bytes()).await
    }

    async fn judge(&self, parts: Parts, start: Instant) -> Result<Inspection, ClassifierError> {
        self.metrics.take_apart_seconds.observe(start.elapsed().as_secs_f64());
        let mut inspection = Inspection::default();
        for (target, fault) in parts.malformed {
            self.metrics.malformed.with_label_values(&[fault.as_str()]).inc();
            let suspicion = Suspicion::Malformed(fault);
            inspection.findings.0.push(Finding { target, suspicion, excerpt: String::new() });
        }
        self.metrics.windows_screened.inc_by(u64::try_from(parts.screened).unwrap_or(u64::MAX));
        let suspects = parts.values.iter().flat_map(|value| &value.suspects);
        if parts.screened + suspects.clone().count() > self.config.large_from_windows {
            self.metrics.large.inc();
        }
        let asked = Instant::now();
        let scores = self.scores(suspects).await;
        self.metrics.model_seconds.observe(asked.elapsed().as_secs_f64());
        let mut scores = scores?.into_iter();
        let mut suspected = Vec::new();
        for value in parts.values {
            if value.screened > inspection.score {
                // A window that was not classified has no class.
                inspection.score = value.screened;
                inspection.class = None;
            }
            let scored = value.suspects.iter().zip(scores.by_ref());
            let highest = scored.max_by(|(_, left), (_, right)| left.attack.total_cmp(&right.attack));
            let Some((window, score)) = highest else { continue };
            if inspection.score.is_none_or(|highest| score.attack > highest) {
                inspection.score = Some(score.attack);
                inspection.class = Some(score.class);
            }
            if score.attack >= self.config.flag_threshold {
                let suspicion = Suspicion::Attack { class: score.class, score: score.attack };
                let finding = inspection.findings.0.len();
                suspected.push(Suspected { finding, window: window.clone(), score: score.attack, class: score.class });
                inspection.findings.0.push(Finding { target: value.target, suspicion, excerpt: String::new() });
            }
        }
        let asked = why::explain(self.classifier.as_ref(), suspected, &mut inspection.findings.0).await;
        self.metrics.windows_classified.inc_by(u64::try_from(asked).unwrap_or(u64::MAX));
        self.metrics.observe(start.elapsed());
        Ok(inspection)
    }

    /// The score of each window, in order; each different one is looked up and asked for once.
    async fn scores(&self, windows: impl Iterator<Item = &EncodedText>) -> Result<Vec<Score>, ClassifierError> {
        let mut order = Vec::new();
        let mut known: HashMap<u128, Option<Score>> = HashMap::new();
        let mut asked = Vec::new();
        for window in windows {
            let key = self.cache.key(window);
            order.push(key);
            if let Entry::Vacant(vacant) = known.entry(key) {
                let score = *vacant.insert(self.cache.score(key));
                if score.is_none() {
                    asked.push((key, window.clone()));
                }
            }
        }
        self.metrics.cache_hits.inc_by(u64::try_from(known.len() - asked.len()).unwrap_or(u64::MAX));
        self.metrics.cache_misses.inc_by(u64::try_from(asked.len()).unwrap_or(u64::MAX));
        // In pieces, so that one large body cannot fill the model's queue.
        for piece in asked.chunks(self.config.batch.max(1)) {
            let texts = piece.iter().map(|(_, window)| window.clone()).collect();
            let answers = self.classifier.classify(texts).await.map_err(|error| self.failed(error))?;
            if answers.len() != piece.len() {
                return Err(self.failed(ClassifierError::Failed));
            }
            self.metrics.windows_classified.inc_by(u64::try_from(answers.len()).unwrap_or(u64::MAX));
            for ((key, _), score) in piece.iter().zip(answers) {
                self.cache.insert(*key, score);
                known.insert(*key, Some(score));
            }
        }
        let scores = order.iter().map(|key| known.get(key).copied().flatten()).collect::<Option<Vec<Score>>>();
        scores.ok_or(ClassifierError::Failed)
    }

    fn failed(&self, error: ClassifierError) -> ClassifierError {
        self.metrics.errors.with_label_values(&[error.as_str()]).inc();
        error
    }
}
