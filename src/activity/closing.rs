//! The end of the log, as its tasks see it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What a log that was dropped without being closed leaves its writer.
const GRACE_WHEN_DROPPED: Duration = Duration::from_secs(5);

/// The signal that the log closes, and the moment by which its tasks have to be done.
#[derive(Clone)]
pub(super) struct Closing {
    signal: watch::Receiver<Option<Instant>>,
    /// Set once closing has begun.
    deadline: Option<Instant>,
}

impl Closing {
    pub(super) fn new(signal: watch::Receiver<Option<Instant>>) -> Self {
        Self { signal, deadline: None }
    }

    /// Whether closing has begun and this end has seen it.
    pub(super) fn was_seen(&self) -> bool {
        self.deadline.is_some()
    }

    /// Returns once, when closing begins; afterwards it never returns.
    pub(super) async fn begun(&mut self) {
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
    pub(super) async fn over(&mut self) {
        if self.deadline.is_none() {
            self.begun().await;
        }
        match self.deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
