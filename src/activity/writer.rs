//! The task that empties the queue: into the store, or into the spool while the store does not keep up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::closing::Closing;
use super::delivery::{Delivery, FIRST_PAUSE, LONGEST_PAUSE, Source};
use super::log::State;
use super::{ActivityRecord, ActivityStore, Config, codec};
use crate::spool::Spool;

/// How often an idle store is asked whether it answers, so that readiness does not wait for traffic.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);
/// How long the store may take for a batch before it goes to the spool: what comes meanwhile waits in memory.
const PATIENCE: Duration = Duration::from_millis(500);

/// Gathers batches and brings each to safety.
pub(super) struct Writer {
    delivery: Delivery,
    spool: Option<Arc<Spool>>,
    receiver: mpsc::Receiver<ActivityRecord>,
    closing: Closing,
    batch_size: usize,
    flush_interval: Duration,
    /// Records being written; kept until the store or the spool has them.
    batch: Vec<ActivityRecord>,
}

impl Writer {
    pub(super) fn new(
        config: &Config,
        store: Arc<dyn ActivityStore>,
        spool: Option<Arc<Spool>>,
        state: Arc<State>,
        receiver: mpsc::Receiver<ActivityRecord>,
        closing: Closing,
    ) -> Self {
        Self {
            delivery: Delivery { store, state, closing: closing.clone(), source: Source::Queue },
            spool,
            receiver,
            closing,
            batch_size: config.batch.max(1),
            flush_interval: config.flush_interval,
            batch: Vec::new(),
        }
    }

    /// Runs until the log is closed and drained, or its deadline is past.
    pub(super) async fn run(mut self) {
        while self.gather().await && self.keep().await {}
    }

    /// Waits for records and fills a batch; `false` when none will come any more.
    async fn gather(&mut self) -> bool {
        if self.closing.was_seen() {
            self.receiver.close();
        }
        while self.batch.is_empty() {
            tokio::select! {
                biased;
                () = self.closing.begun() => self.receiver.close(),
                received = self.receiver.recv_many(&mut self.batch, self.batch_size) => if received == 0 { return false },
                () = sleep(PROBE_INTERVAL) => self.probe().await,
            }
        }
        let fill = async {
            while self.batch.len() < self.batch_size {
                let room = self.batch_size - self.batch.len();
                if self.receiver.recv_many(&mut self.batch, room).await == 0 {
                    break;
                }
            }
        };
        tokio::select! {
            _ = timeout(self.flush_interval, fill) => {}
            () = self.closing.begun() => self.receiver.close(),
        }
        true
    }

    /// Brings the batch to the store, or to the spool where the store does not keep up or earlier records wait there;
    /// `false` when the deadline of closing came first.
    async fn keep(&mut self) -> bool {
        let Some(spool) = self.spool.clone() else {
            let queue = Some(&mut self.receiver);
            return self.delivery.until_taken(&mut self.batch, self.batch_size, queue).await;
        };
        let mut pause = FIRST_PAUSE;
        let mut disk_failed = false;
        loop {
            let in_turn = spool.is_empty() && !self.delivery.state.backlog.is_crowded(self.batch.len());
            if (in_turn || disk_failed) && self.delivery.attempt(&self.batch, PATIENCE).await {
                self.batch.clear();
                return true;
            }
            if self.write_to_spool(&spool).await {
                return true;
            }
            disk_failed = true;
            tokio::select! {
                () = sleep(pause) => {}
                () = self.closing.over() => return false,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Writes the batch to disk; whether it is there. Otherwise the batch is as it was.
    async fn write_to_spool(&mut self, spool: &Arc<Spool>) -> bool {
        let (batch, disk) = (std::mem::take(&mut self.batch), Arc::clone(spool));
        let push = move || {
            let payloads = batch.iter().map(codec::encode).collect::<Vec<_>>();
            (disk.push(&payloads), batch)
        };
        let state = &self.delivery.state;
        match tokio::task::spawn_blocking(push).await {
            Ok((Ok(dropped), batch)) => {
                state.left_queue(&batch);
                state.metrics.dropped.inc_by(dropped);
                state.spool_works();
                true
            }
            Ok((Err(error), batch)) => {
                self.batch = batch;
                spool.count_error();
                state.spool_failed(&error);
                false
            }
            Err(error) => {
                tracing::error!(%error, "a batch was lost on its way to the spool");
                false
            }
        }
    }

    async fn probe(&mut self) {
        // While the spool is not empty, its drainer speaks with the store.
        if self.spool.as_ref().is_some_and(|spool| !spool.is_empty()) {
            return;
        }
        tokio::select! {
            () = self.delivery.probe() => {}
            () = self.closing.begun() => self.receiver.close(),
        }
    }
}
