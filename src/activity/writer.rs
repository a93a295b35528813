//! The task that hands batches to the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::log::State;
use super::{ActivityRecord, ActivityStore, ActivityStoreError, Config};

/// How often an idle store is asked whether it answers, so that readiness does not wait for traffic.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);
/// Pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause, so that a store that comes back is noticed soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After so many failures in a row of a store that answers, its refused records are looked for one by one.
const FAILURES_BEFORE_ISOLATION: u32 = 4;
/// What a log that was dropped without being closed leaves its writer.
const GRACE_WHEN_DROPPED: Duration = Duration::from_secs(5);

/// Gathers batches and sends each until the store has taken it.
pub(super) struct Writer {
    store: Arc<dyn ActivityStore>,
    state: Arc<State>,
    receiver: mpsc::Receiver<ActivityRecord>,
    closing: Closing,
    batch_size: usize,
    flush_interval: Duration,
    /// Records being written; kept until the store has them.
    batch: Vec<ActivityRecord>,
}

impl Writer {
    pub(super) fn new(
        config: &Config,
        store: Arc<dyn ActivityStore>,
        state: Arc<State>,
        receiver: mpsc::Receiver<ActivityRecord>,
        signal: watch::Receiver<Option<Instant>>,
    ) -> Self {
        Self {
            store,
            state,
            receiver,
            closing: Closing { signal, deadline: None },
            batch_size: config.batch.max(1),
            flush_interval: config.flush_interval,
            batch: Vec::new(),
        }
    }

    /// Runs until the log is closed and drained, or its deadline is past.
    pub(super) async fn run(mut self) {
        while self.gather().await && self.write().await {}
    }

    /// Waits for records and fills a batch; `false` when none will come any more.
    async fn gather(&mut self) -> bool {
        if self.closing.deadline.is_some() {
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

    /// Sends the batch until the store has it; `false` when the deadline came first.
    async fn write(&mut self) -> bool {
        let mut failures = 0;
        let mut pause = FIRST_PAUSE;
        while !self.batch.is_empty() {
            let started = Instant::now();
            let sent = tokio::select! {
                sent = self.store.append(&self.batch) => sent,
                () = self.closing.over() => return false,
            };
            self.state.metrics.append_seconds.observe(started.elapsed().as_secs_f64());
            let Err(error) = sent else {
                self.state.store_answered();
                self.state.count_written(&self.batch);
                self.batch.clear();
                break;
            };
            self.state.store_failed(&error);
            failures += 1;
            if failures % FAILURES_BEFORE_ISOLATION == 0 {
                self.isolate().await;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.closing.begun() => self.receiver.close(),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.top_up();
        }
        true
    }

    /// Adds what waits to a batch that is sent again, so that a lone refused record is seen beside good ones.
    fn top_up(&mut self) {
        while self.batch.len() < self.batch_size {
            let Ok(record) = self.receiver.try_recv() else { break };
            self.batch.push(record);
        }
    }

    /// Finds the records that a store which answers refuses, and gives them up: one such record would otherwise hold
    /// all others back for ever. Where it refuses every record (a full disk), none is given up.
    async fn isolate(&mut self) {
        let mut refused = Vec::new();
        let mut written = Vec::new();
        let mut rest = std::mem::take(&mut self.batch).into_iter();
        for record in rest.by_ref() {
            match self.append_one(&record).await {
                Sent::Taken => written.push(record),
                Sent::Refused => refused.push(record),
                Sent::Away => {
                    self.batch.push(record);
                    break;
                }
            }
        }
        self.batch.extend(rest);
        self.state.count_written(&written);
        if written.is_empty() {
            self.batch.extend(refused);
            return;
        }
        for record in &refused {
            tracing::error!(id = %record.id, "the activity store refuses a record, it is given up");
        }
        self.state.backlog.release(&refused);
        self.state.metrics.dropped.inc_by(refused.len() as u64);
        self.state.show_queued();
    }

    async fn append_one(&mut self, record: &ActivityRecord) -> Sent {
        let attempt = async {
            match self.store.append(std::slice::from_ref(record)).await {
                Ok(()) => Sent::Taken,
                Err(_) if self.store.ping().await.is_ok() => Sent::Refused,
                Err(_) => Sent::Away,
            }
        };
        tokio::select! {
            sent = attempt => sent,
            () = self.closing.over() => Sent::Away,
        }
    }

    async fn probe(&mut self) {
        let answer: Result<(), ActivityStoreError> = tokio::select! {
            answer = self.store.ping() => answer,
            () = self.closing.begun() => return self.receiver.close(),
        };
        match answer {
            Ok(()) => self.state.store_answered(),
            Err(error) => self.state.store_failed(&error),
        }
    }
}

/// What became of a record sent alone.
enum Sent {
    Taken,
    /// The store answers and does not take it.
    Refused,
    /// The store does not answer, or time is up.
    Away,
}

/// The end of the log, as its writer sees it.
struct Closing {
    signal: watch::Receiver<Option<Instant>>,
    /// Set once closing has begun.
    deadline: Option<Instant>,
}

impl Closing {
    /// Returns once, when closing begins; afterwards it never returns.
    async fn begun(&mut self) {
        if self.deadline.is_some() {
            return std::future::pending().await;
        }
        let deadline = match self.signal.wait_for(Option::is_some).await {
            Ok(deadline) => *deadline,
            Err(_) => None,
        };
        self.deadline = Some(deadline.unwrap_or_else(|| Instant::now() + GRACE_WHEN_DROPPED));
    }

    /// Returns when the deadline of closing is past.
    async fn over(&mut self) {
        if self.deadline.is_none() {
            self.begun().await;
        }
        match self.deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
