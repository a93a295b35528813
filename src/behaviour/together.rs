//! What filters on one store decide together. A store that is away holds nobody up: then each decides by itself.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use super::{AssessmentStore, AssessmentStoreError};
use crate::client::ClientKey;
use crate::session::{Session, SessionId};

/// How long a filter has to judge a session it claimed, and to get the judgement stored. Within it the filter is taken to
/// be alive.
const LEASE: Duration = Duration::from_secs(30);
/// How often sessions are looked for that another filter left.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How long the store may take for one of these calls.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a store that failed is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(5);

pub(super) struct Together {
    store: Arc<dyn AssessmentStore>,
    /// When the store is asked again, after a failure.
    asked_again: Mutex<Option<Instant>>,
    next_look: Mutex<Instant>,
}

impl Together {
    pub(super) fn new(store: Arc<dyn AssessmentStore>) -> Self {
        Self { store, asked_again: Mutex::default(), next_look: Mutex::new(Instant::now() + LOOK_INTERVAL) }
    }

    /// Claims a session; whether it is ours to judge. Without an answer it is.
    pub(super) async fn claim(&self, session: &Session) -> bool {
        self.ask(self.store.claim(session, LEASE)).await.unwrap_or(true)
    }

    /// Counts a strike for all filters; `None` where the store does not, or not now.
    pub(super) async fn strike(&self, client: ClientKey, session: SessionId, window: Duration) -> Option<usize> {
        self.ask(self.store.strike(client, session, window)).await.flatten()
    }

    pub(super) async fn clear_strikes(&self, scope: IpNet) {
        self.ask(self.store.clear_strikes(scope)).await;
    }

    /// Waits for a session that another filter left.
    pub(super) async fn abandoned(&self) -> Session {
        if !self.store.is_shared() {
            std::future::pending::<()>().await;
        }
        loop {
            let look = *self.next_look.lock();
            sleep_until(look).await;
            if let Some(session) = self.ask(self.store.take_abandoned(LEASE)).await.flatten() {
                return session;
            }
            *self.next_look.lock() = Instant::now() + LOOK_INTERVAL;
        }
    }

    async fn ask<T>(&self, call: impl Future<Output = Result<T, AssessmentStoreError>>) -> Option<T> {
        if self.asked_again.lock().is_some_and(|moment| Instant::now() < moment) {
            return None;
        }
        let failure = match timeout(PATIENCE, call).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {PATIENCE:?}"),
        };
        *self.asked_again.lock() = Some(Instant::now() + LEFT_ALONE);
        tracing::warn!(error = failure, "the store cannot be asked for now, this filter decides by itself");
        None
    }
}
