//! Removal of old records.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::ActivityStore;
use super::log::State;
use crate::time::Timestamp;

/// How often old records are removed: often enough that a removal stays small.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Starts the task that removes records older than `retention`; none when it is zero.
pub(super) fn spawn(
    retention: Duration,
    store: Arc<dyn ActivityStore>,
    state: Arc<State>,
    mut closed: watch::Receiver<Option<Instant>>,
) {
    if retention.is_zero() {
        return;
    }
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            tokio::select! {
                _ = ticks.tick() => remove_old(retention, &*store, &state).await,
                () = async { drop(closed.wait_for(Option::is_some).await) } => return,
            }
        }
    });
}

async fn remove_old(retention: Duration, store: &dyn ActivityStore, state: &State) {
    let span = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let moment = Timestamp::from_millis(Timestamp::now().as_millis().saturating_sub(span));
    match store.remove_before(moment).await {
        Ok(0) => {}
        Ok(records) => tracing::info!(records, before = %moment, "removed activity records past their retention"),
        Err(error) => {
            state.metrics.store_errors.inc();
            tracing::warn!(%error, "could not remove old activity records, will try again");
        }
    }
}
