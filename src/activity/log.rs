//! The queue in front of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backlog::{self, Backlog};
use super::writer::Writer;
use super::{ActivityRecord, ActivityStore, Config, retention};
use crate::metrics::ActivityMetrics;

/// How long a writer past its deadline is waited for before it is aborted.
const ABORT_AFTER: Duration = Duration::from_millis(500);

/// A bounded queue and a batching writer in front of a store. Cheap to clone; all clones share one queue.
#[derive(Clone)]
pub struct ActivityLog(Arc<Inner>);

struct Inner {
    sender: mpsc::Sender<ActivityRecord>,
    state: Arc<State>,
    /// The moment by which the writer has to be done, once closing has begun.
    closing: watch::Sender<Option<Instant>>,
    /// Taken by the first call of `close`.
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the log and its writer share.
pub(super) struct State {
    pub(super) backlog: Backlog,
    pub(super) metrics: ActivityMetrics,
    /// Whether the store took or answered the latest call.
    healthy: AtomicBool,
    /// Records are being dropped, and the operator was told.
    dropping: AtomicBool,
}

impl ActivityLog {
    /// Starts the writer and the removal of old records on the current Tokio runtime.
    ///
    /// # Panics
    /// Outside a Tokio runtime with time enabled.
    pub fn start(config: &Config, store: Arc<dyn ActivityStore>, metrics: ActivityMetrics) -> Self {
        let backlog = Backlog::new(config.queue, config.queue_bytes);
        // As large as the backlog may be, so that whoever has room there has room here.
        let (sender, receiver) = mpsc::channel(backlog.max_records());
        let state = Arc::new(State { backlog, metrics, healthy: true.into(), dropping: false.into() });
        let (closing, closed) = watch::channel(None);
        retention::spawn(config.retention, Arc::clone(&store), Arc::clone(&state), closed.clone());
        let writer = Writer::new(config, store, Arc::clone(&state), receiver, closed);
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        Self(Arc::new(Inner { sender, state, closing, writer }))
    }

    /// Hands a record to the writer. Never waits: where the queue is full or the log closed, the record is dropped
    /// and counted.
    pub fn record(&self, record: ActivityRecord) {
        let state = &self.0.state;
        if !state.backlog.reserve(backlog::weight(&record)) {
            return state.count_dropped(1);
        }
        if let Err(refused) = self.0.sender.try_send(record) {
            state.backlog.release(std::slice::from_ref(&refused.into_inner()));
            state.count_dropped(1);
        }
        state.show_queued();
    }

    /// Whether the store answered when last called; the writer calls an idle store every few seconds. `false` once
    /// the log is closed or its writer ended.
    pub fn healthy(&self) -> bool {
        self.0.state.healthy.load(Ordering::Relaxed) && !self.0.sender.is_closed()
    }

    /// Records waiting for the store, those being written included.
    pub fn queued(&self) -> usize {
        self.0.state.backlog.records()
    }

    /// Takes no more records, writes what waits and stops the writer; how many records were left unwritten when
    /// `grace` was over. They are counted as dropped. A second call returns 0.
    pub async fn close(&self, grace: Duration) -> usize {
        let deadline = Instant::now() + grace;
        let Some(mut writer) = self.0.writer.lock().take() else { return 0 };
        self.0.closing.send_replace(Some(deadline));
        if tokio::time::timeout_at(deadline + ABORT_AFTER, &mut writer).await.is_err() {
            writer.abort();
        }
        let left = self.queued();
        if left > 0 {
            tracing::error!(records = left, "activity records were left unwritten at shutdown");
            self.0.state.metrics.dropped.inc_by(left as u64);
        }
        left
    }
}

impl State {
    pub(super) fn count_dropped(&self, records: usize) {
        self.metrics.dropped.inc_by(records as u64);
        if !self.dropping.swap(true, Ordering::Relaxed) {
            tracing::warn!(waiting = self.backlog.records(), "activity records are being dropped, the queue is full");
        }
    }

    /// Counts records that the store took and gives their room back.
    pub(super) fn count_written(&self, records: &[ActivityRecord]) {
        self.backlog.release(records);
        self.metrics.written.inc_by(records.len() as u64);
        self.show_queued();
        if self.dropping.swap(false, Ordering::Relaxed) {
            tracing::info!("activity records are kept again, no longer dropped");
        }
    }

    pub(super) fn show_queued(&self) {
        self.metrics.queued.set(i64::try_from(self.backlog.records()).unwrap_or(i64::MAX));
    }

    pub(super) fn store_answered(&self) {
        if !self.healthy.swap(true, Ordering::Relaxed) {
            tracing::info!(waiting = self.backlog.records(), "the activity store answers again");
        }
    }

    pub(super) fn store_failed(&self, error: &dyn std::error::Error) {
        self.metrics.store_errors.inc();
        if self.healthy.swap(false, Ordering::Relaxed) {
            let waiting = self.backlog.records();
            tracing::warn!(%error, waiting, "the activity store failed, records wait and are sent again");
        }
    }
}
