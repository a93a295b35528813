//! Scores of windows seen before: user agents, common paths and forms repeat.

use std::hash::{BuildHasher, RandomState};

use quick_cache::sync::Cache;

use super::{EncodedText, Score};

/// A bounded map from windows to scores. Keyed by 128 bits of two hashes with random keys, so that nobody can make a
/// window that takes another's score.
pub(super) struct ScoreCache {
    scores: Option<Cache<u128, Score>>,
    hashers: (RandomState, RandomState),
}

impl ScoreCache {
    /// A cache of so many scores; of 0 it keeps none.
    pub(super) fn new(capacity: usize) -> Self {
        let scores = (capacity > 0).then(|| Cache::new(capacity));
        Self { scores, hashers: (RandomState::new(), RandomState::new()) }
    }

    /// The window's key.
    pub(super) fn key(&self, window: &EncodedText) -> u128 {
        u128::from(self.hashers.0.hash_one(window)) << 64 | u128::from(self.hashers.1.hash_one(window))
    }

    pub(super) fn score(&self, key: u128) -> Option<Score> {
        self.scores.as_ref()?.get(&key)
    }

    pub(super) fn insert(&self, key: u128, score: Score) {
        if let Some(scores) = &self.scores {
            scores.insert(key, score);
        }
    }
}
