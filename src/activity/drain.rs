//! The task that brings spooled records to the store, in the order they came.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::closing::Closing;
use super::delivery::{Delivery, Source};
use super::log::State;
use super::{ActivityStore, Config, codec};
use crate::spool::{Batch, Spool};

/// Bytes of one batch at most, the first record apart: what a drain holds in memory.
const BATCH_BYTES: usize = 4 << 20;
/// How often the age of what waits is shown.
const SHOW_INTERVAL: Duration = Duration::from_secs(1);
/// Pause after a read that was not run to its end.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Drainer {
    delivery: Delivery,
    spool: Arc<Spool>,
    closing: Closing,
    batch_size: usize,
}

impl Drainer {
    pub(super) fn new(
        config: &Config,
        store: Arc<dyn ActivityStore>,
        spool: Arc<Spool>,
        state: Arc<State>,
        closing: Closing,
    ) -> Self {
        let delivery = Delivery { store, state, closing: closing.clone(), source: Source::Spool };
        Self { delivery, spool, closing, batch_size: config.batch.max(1) }
    }

    /// Runs until the log closes. What is left then stays on disk for the next start.
    pub(super) async fn run(self) {
        let Self { mut delivery, spool, mut closing, batch_size } = self;
        let shown = Arc::clone(&spool);
        let draining = async {
            loop {
                spool.filled().await;
                drain_one(&mut delivery, &spool, batch_size).await;
            }
        };
        let showing = async {
            loop {
                sleep(SHOW_INTERVAL).await;
                shown.show();
            }
        };
        tokio::select! {
            () = draining => {}
            () = showing => {}
            () = closing.begun() => {}
        }
    }
}

/// Brings one batch to the store.
async fn drain_one(delivery: &mut Delivery, spool: &Arc<Spool>, batch_size: usize) {
    let disk = Arc::clone(spool);
    let read = tokio::task::spawn_blocking(move || disk.read(batch_size, BATCH_BYTES)).await;
    let Batch { payloads, token } = match read {
        Ok(Some(batch)) => batch,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(%error, "the spool was not read");
            return sleep(PAUSE).await;
        }
    };
    let mut records = payloads.iter().filter_map(|payload| codec::decode(payload)).collect::<Vec<_>>();
    let unreadable = payloads.len() - records.len();
    drop(payloads);
    if !delivery.until_taken(&mut records, batch_size, None).await {
        return;
    }
    delivery.state.metrics.dropped.inc_by(unreadable as u64);
    let disk = Arc::clone(spool);
    if let Err(error) = tokio::task::spawn_blocking(move || disk.confirm(token)).await {
        tracing::error!(%error, "records that the store took stay in the spool");
        sleep(PAUSE).await;
    }
    if spool.is_empty() {
        tracing::info!("the spool is empty, records go to the store directly again");
    }
}
