//! What is to be stored of judgements, in order, without the scorer waiting for a store.
//!
//! Entries go from a bounded queue to the store; while it is away, to a [`Spool`] on disk and from there to the store in
//! the order they came. Every entry may be stored twice without harm.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::{Assessment, AssessmentStore, AssessmentStoreError};
use crate::activity::Pseudonyms;
use crate::client::ClientKey;
use crate::metrics::{BehaviourMetrics, StoreMetrics};
use crate::spool::{Batch, Spool};

/// Entries that wait at most in memory.
const QUEUE: usize = 65_536;
/// Entries spooled or read at once.
const BATCH: usize = 256;
/// Bytes read at once from the spool.
const BATCH_BYTES: usize = 1 << 20;
/// How long the store may take for an entry before it is spooled.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pause before an entry is tried again; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Entry {
    Put(Box<Assessment>),
    /// A ban has used up the client's abnormal sessions.
    Deactivate(ClientKey),
}

impl Entry {
    fn hide(&mut self, pseudonyms: &Pseudonyms) {
        match self {
            Self::Put(assessment) => {
                assessment.client_ip = pseudonyms.ip(assessment.client_ip);
                assessment.client = pseudonyms.key(assessment.client);
            }
            Self::Deactivate(client) => *client = pseudonyms.key(*client),
        }
    }
}

/// The writing end: never waits, counts what finds no room.
pub(super) struct Ledger {
    entries: mpsc::Sender<Entry>,
    pseudonyms: Option<Pseudonyms>,
    metrics: BehaviourMetrics,
}

impl Ledger {
    /// The two ends; [`LedgerWriter::run`] has to be spawned.
    pub(super) fn new(
        store: Arc<dyn AssessmentStore>,
        spool: Option<Arc<Spool>>,
        pseudonyms: Option<Pseudonyms>,
        metrics: BehaviourMetrics,
    ) -> (Self, LedgerWriter) {
        let (entries, queue) = mpsc::channel(QUEUE);
        let writer = LedgerWriter { queue, store, spool, metrics: metrics.clone() };
        (Self { entries, pseudonyms, metrics }, writer)
    }

    pub(super) fn enter(&self, mut entry: Entry) {
        if let Some(pseudonyms) = &self.pseudonyms {
            entry.hide(pseudonyms);
        }
        if self.entries.try_send(entry).is_err() {
            self.metrics.dropped.inc();
        }
    }
}

/// The storing end.
pub(super) struct LedgerWriter {
    queue: mpsc::Receiver<Entry>,
    store: Arc<dyn AssessmentStore>,
    spool: Option<Arc<Spool>>,
    metrics: BehaviourMetrics,
}

impl LedgerWriter {
    /// Stores entries in order until the scorer is gone. Without a spool an entry is tried until the store takes it;
    /// with one, what the store does not take in time waits on disk, at the end for the next start.
    pub(super) async fn run(mut self) {
        let Some(spool) = self.spool.clone() else {
            while let Some(entry) = self.queue.recv().await {
                until_stored(&*self.store, &self.metrics.store, &entry).await;
            }
            return;
        };
        let (store, calls) = (Arc::clone(&self.store), self.metrics.store.clone());
        tokio::select! {
            () = self.take_in(&spool) => {}
            () = drain(&*store, &calls, &spool) => {}
        }
    }

    async fn take_in(&mut self, spool: &Arc<Spool>) {
        let mut entries = Vec::new();
        while self.queue.recv_many(&mut entries, BATCH).await > 0 {
            let mut pause = FIRST_PAUSE;
            let mut disk_failed = false;
            while !self.keep(&mut entries, spool, disk_failed).await {
                disk_failed = true;
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Stores or spools the entries; whether all are safe. Those that are not stay.
    async fn keep(&self, entries: &mut Vec<Entry>, spool: &Arc<Spool>, disk_failed: bool) -> bool {
        while let Some(entry) = entries.first().filter(|_| disk_failed || spool.is_empty()) {
            match timeout(PATIENCE, write(&*self.store, &self.metrics.store, entry)).await {
                Ok(Ok(())) => drop(entries.remove(0)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "assessment not stored, it is spooled");
                    break;
                }
                Err(_) => break,
            }
        }
        if entries.is_empty() {
            return true;
        }
        let payloads = entries.iter().map(encode).collect::<Vec<_>>();
        let disk = Arc::clone(spool);
        match tokio::task::spawn_blocking(move || disk.push(&payloads)).await {
            Ok(Ok(dropped)) => {
                self.metrics.dropped.inc_by(dropped);
                entries.clear();
                true
            }
            Ok(Err(error)) => {
                spool.count_error();
                tracing::error!(%error, "assessments cannot be spooled and wait in memory");
                false
            }
            Err(error) => {
                tracing::error!(%error, "assessments were not spooled");
                false
            }
        }
    }
}

/// Brings spooled entries to the store, for ever.
async fn drain(store: &dyn AssessmentStore, calls: &StoreMetrics, spool: &Arc<Spool>) {
    loop {
        spool.filled().await;
        let disk = Arc::clone(spool);
        let read = tokio::task::spawn_blocking(move || disk.read(BATCH, BATCH_BYTES)).await;
        let Ok(Some(Batch { payloads, token })) = read else { continue };
        for payload in payloads {
            match serde_json::from_slice(&payload) {
                Ok(entry) => until_stored(store, calls, &entry).await,
                Err(error) => tracing::error!(%error, "passed over a spooled assessment that cannot be read"),
            }
        }
        let disk = Arc::clone(spool);
        if let Err(error) = tokio::task::spawn_blocking(move || disk.confirm(token)).await {
            tracing::error!(%error, "assessments that the store took stay in the spool");
            sleep(LONGEST_PAUSE).await;
        }
    }
}

async fn until_stored(store: &dyn AssessmentStore, calls: &StoreMetrics, entry: &Entry) {
    let mut pause = FIRST_PAUSE;
    while let Err(error) = write(store, calls, entry).await {
        tracing::warn!(%error, retry_in = ?pause, "assessment not stored");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn write(store: &dyn AssessmentStore, calls: &StoreMetrics, entry: &Entry) -> Result<(), AssessmentStoreError> {
    match entry {
        Entry::Put(assessment) => {
            calls.time(store.put(assessment)).await?;
            calls.time(store.settle(assessment.session)).await
        }
        Entry::Deactivate(client) => calls.time(store.deactivate_abnormal(*client)).await.map(|_| ()),
    }
}

/// The bytes of an entry; empty, which the spool refuses and counts, where it cannot be written as JSON.
fn encode(entry: &Entry) -> Vec<u8> {
    serde_json::to_vec(entry).unwrap_or_default()
}
