//! Handing records to the store until it has taken them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::closing::Closing;
use super::log::State;
use super::{ActivityRecord, ActivityStore, ActivityStoreError};

/// Pause after the first failure; it doubles with each further one.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause, so that a store that comes back is noticed soon.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After so many failures in a row of a store that answers, its refused records are looked for one by one.
const FAILURES_BEFORE_ISOLATION: u32 = 4;

/// Where the records of a delivery wait meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In memory: their room is given back when they are taken.
    Queue,
    /// On disk.
    Spool,
}

/// The way to the store.
pub(super) struct Delivery {
    pub(super) store: Arc<dyn ActivityStore>,
    pub(super) state: Arc<State>,
    pub(super) closing: Closing,
    pub(super) source: Source,
}

impl Delivery {
    /// Sends a batch once; whether the store took it within this time.
    pub(super) async fn attempt(&mut self, batch: &[ActivityRecord], patience: Duration) -> bool {
        let started = Instant::now();
        let sent = tokio::select! {
            sent = timeout(patience, self.store.append(batch)) => sent,
            () = self.closing.over() => return false,
        };
        let sent =
            sent.unwrap_or_else(|_| Err(ActivityStoreError::Store(format!("no answer within {patience:?}").into())));
        self.note(started, batch, &sent)
    }

    /// Sends the batch until the store has it; `false` when the deadline of closing came first. What waits in the
    /// `queue` is added to a batch that is sent again.
    pub(super) async fn until_taken(
        &mut self,
        batch: &mut Vec<ActivityRecord>,
        most: usize,
        mut queue: Option<&mut mpsc::Receiver<ActivityRecord>>,
    ) -> bool {
        let mut failures = 0;
        let mut pause = FIRST_PAUSE;
        while !batch.is_empty() {
            let started = Instant::now();
            let sent = tokio::select! {
                sent = self.store.append(batch) => sent,
                () = self.closing.over() => return false,
            };
            if self.note(started, batch, &sent) {
                batch.clear();
                break;
            }
            failures += 1;
            if failures % FAILURES_BEFORE_ISOLATION == 0 {
                self.isolate(batch).await;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.closing.begun() => queue.as_deref_mut().into_iter().for_each(mpsc::Receiver::close),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            if let Some(queue) = queue.as_deref_mut() {
                top_up(batch, most, queue);
            }
        }
        true
    }

    /// Notes what became of a batch; whether it was taken.
    fn note(&self, started: Instant, batch: &[ActivityRecord], sent: &Result<(), ActivityStoreError>) -> bool {
        self.state.metrics.append_seconds.observe(started.elapsed().as_secs_f64());
        match sent {
            Ok(()) => {
                self.state.store_answered();
                self.count_written(batch);
            }
            Err(error) => self.state.store_failed(error),
        }
        sent.is_ok()
    }

    fn count_written(&self, batch: &[ActivityRecord]) {
        self.state.metrics.written.inc_by(batch.len() as u64);
        self.release(batch);
    }

    fn release(&self, batch: &[ActivityRecord]) {
        if self.source == Source::Queue {
            self.state.left_queue(batch);
        }
    }

    /// Finds the records that a store refuses for what they are, and gives them up: one such record would otherwise hold
    /// all others back for ever. Where the store fails (a full disk), or refuses every record, none is given up.
    async fn isolate(&mut self, batch: &mut Vec<ActivityRecord>) {
        let mut refused = Vec::new();
        let mut written = Vec::new();
        let mut rest = std::mem::take(batch).into_iter();
        for record in rest.by_ref() {
            match self.append_one(&record).await {
                Sent::Taken => written.push(record),
                Sent::Refused => refused.push(record),
                Sent::Away => {
                    batch.push(record);
                    break;
                }
            }
        }
        batch.extend(rest);
        self.count_written(&written);
        if written.is_empty() {
            batch.extend(refused);
            return;
        }
        for record in &refused {
            tracing::error!(id = %record.id, "the activity store refuses a record, it is given up");
        }
        self.state.metrics.dropped.inc_by(refused.len() as u64);
        self.release(&refused);
    }

    async fn append_one(&mut self, record: &ActivityRecord) -> Sent {
        let attempt = async {
            match self.store.append(std::slice::from_ref(record)).await {
                Ok(()) => Sent::Taken,
                Err(ActivityStoreError::Record(_)) => Sent::Refused,
                Err(_) => Sent::Away,
            }
        };
        tokio::select! {
            sent = attempt => sent,
            () = self.closing.over() => Sent::Away,
        }
    }

    /// Asks an idle store whether it answers.
    pub(super) async fn probe(&self) {
        match self.store.ping().await {
            Ok(()) => self.state.store_answered(),
            Err(error) => self.state.store_failed(&error),
        }
    }
}

/// Adds what waits, so that a lone refused record is seen beside good ones.
fn top_up(batch: &mut Vec<ActivityRecord>, most: usize, queue: &mut mpsc::Receiver<ActivityRecord>) {
    while batch.len() < most {
        let Ok(record) = queue.try_recv() else { break };
        batch.push(record);
    }
}

/// What became of a record sent alone.
enum Sent {
    Taken,
    /// The store does not take it, now or later.
    Refused,
    /// The store fails, or time is up.
    Away,
}
