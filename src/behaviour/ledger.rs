//! What is to be stored of judgements, in order, without the scorer waiting for a store.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{Assessment, AssessmentStore, AssessmentStoreError};
use crate::client::ClientKey;
use crate::metrics::BehaviourMetrics;

/// Entries that wait at most while the store is away.
const QUEUE: usize = 65_536;

/// Pause before an entry is tried again; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub(super) enum Entry {
    Put(Box<Assessment>),
    /// A ban has used up the client's abnormal sessions.
    Deactivate(ClientKey),
}

/// The writing end: never waits, counts what finds no room.
pub(super) struct Ledger {
    entries: mpsc::Sender<Entry>,
    metrics: BehaviourMetrics,
}

impl Ledger {
    /// The two ends; [`LedgerWriter::run`] has to be spawned.
    pub(super) fn new(store: Arc<dyn AssessmentStore>, metrics: BehaviourMetrics) -> (Self, LedgerWriter) {
        let (entries, queue) = mpsc::channel(QUEUE);
        (Self { entries, metrics: metrics.clone() }, LedgerWriter { queue, store, metrics })
    }

    pub(super) fn enter(&self, entry: Entry) {
        if self.entries.try_send(entry).is_err() {
            self.metrics.dropped.inc();
        }
    }
}

/// The storing end.
pub(super) struct LedgerWriter {
    queue: mpsc::Receiver<Entry>,
    store: Arc<dyn AssessmentStore>,
    metrics: BehaviourMetrics,
}

impl LedgerWriter {
    /// Stores entries in order until the scorer is gone; an entry the store refuses is tried until it takes it.
    pub(super) async fn run(mut self) {
        while let Some(entry) = self.queue.recv().await {
            let mut pause = FIRST_PAUSE;
            while let Err(error) = self.write(&entry).await {
                tracing::warn!(%error, retry_in = ?pause, "assessment not stored");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn write(&self, entry: &Entry) -> Result<(), AssessmentStoreError> {
        let calls = &self.metrics.store;
        match entry {
            Entry::Put(assessment) => calls.time(self.store.put(assessment)).await,
            Entry::Deactivate(client) => calls.time(self.store.deactivate_abnormal(*client)).await.map(|_| ()),
        }
    }
}
