//! The queue in front of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backlog::{self, Backlog};
use super::closing::Closing;
use super::drain::Drainer;
use super::writer::Writer;
use super::{ActivityRecord, ActivityStore, Config, Pseudonyms, retention};
use crate::metrics::ActivityMetrics;
use crate::spool::Spool;

/// How long a writer past its deadline is waited for before it is aborted.
const ABORT_AFTER: Duration = Duration::from_millis(500);

/// A bounded queue and a batching writer in front of a store. Cheap to clone; all clones share one queue.
#[derive(Clone)]
pub struct ActivityLog(Arc<Inner>);

struct Inner {
    sender: mpsc::Sender<ActivityRecord>,
    state: Arc<State>,
    pseudonyms: Option<Pseudonyms>,
    spool: Option<Arc<Spool>>,
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
    /// Whether the disk took the latest batch that was spooled.
    spool_works: AtomicBool,
}

impl ActivityLog {
    /// Starts the writer, the drainer of the spool and the removal of old records on the current Tokio runtime.
    /// Without a spool records wait in memory while the store is away.
    ///
    /// # Panics
    /// Outside a Tokio runtime with time enabled.
    pub fn start(
        config: &Config,
        store: Arc<dyn ActivityStore>,
        spool: Option<Arc<Spool>>,
        metrics: ActivityMetrics,
    ) -> Self {
        let backlog = Backlog::new(config.queue, config.queue_bytes);
        // As large as the backlog may be, so that whoever has room there has room here.
        let (sender, receiver) = mpsc::channel(backlog.max_records());
        let state = Arc::new(State {
            backlog,
            metrics,
            healthy: true.into(),
            dropping: false.into(),
            spool_works: true.into(),
        });
        let (closing, closed) = watch::channel(None);
        retention::spawn(config.retention, Arc::clone(&store), Arc::clone(&state), closed.clone());
        let closed = Closing::new(closed);
        if let Some(spool) = spool.clone() {
            let drainer = Drainer::new(config, Arc::clone(&store), spool, Arc::clone(&state), closed.clone());
            tokio::spawn(drainer.run());
        }
        let writer = Writer::new(config, store, spool.clone(), Arc::clone(&state), receiver, closed);
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        let pseudonyms = config.pseudonyms.clone();
        Self(Arc::new(Inner { sender, state, pseudonyms, spool, closing, writer }))
    }

    /// Hands a record to the writer. Never waits: where the queue is full or the log closed, the record is dropped
    /// and counted.
    pub fn record(&self, record: ActivityRecord) {
        let state = &self.0.state;
        let record = match &self.0.pseudonyms {
            Some(pseudonyms) => pseudonyms.record(record),
            None => record,
        };
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

    /// Records on disk that wait for the store.
    pub fn spooled(&self) -> u64 {
        self.0.spool.as_ref().map_or(0, |spool| spool.contents().records)
    }

    /// Whether the disk took what was spooled last; `true` where there is no spool.
    pub fn spool_works(&self) -> bool {
        self.0.state.spool_works.load(Ordering::Relaxed)
    }

    /// Records waiting in memory for the store, those being written included.
    pub fn queued(&self) -> usize {
        self.0.state.backlog.records()
    }

    /// Takes no more records, brings what waits to the store or the spool and stops the writer; how many records were
    /// left in memory when `grace` was over. They are counted as dropped. What is in the spool stays there for the next
    /// start. A second call returns 0.
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

    /// Gives the room of records back that the store or the spool has, or that were given up.
    pub(super) fn left_queue(&self, records: &[ActivityRecord]) {
        self.backlog.release(records);
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
            tracing::warn!(%error, waiting, "the activity store failed, records are spooled or wait, and are sent again");
        }
    }
    pub(super) fn spool_works(&self) {
        if !self.spool_works.swap(true, Ordering::Relaxed) {
            tracing::info!("the spool takes records again");
        }
    }

    pub(super) fn spool_failed(&self, error: &std::io::Error) {
        if self.spool_works.swap(false, Ordering::Relaxed) {
            let waiting = self.backlog.records();
            tracing::error!(%error, waiting, "records cannot be spooled and wait in memory; make room on the disk of data_dir");
        }
    }
}
