//! What runs beside requests: sweeping sessions and bans, noticing that the proxy listens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::banlist::BanList;
use crate::behaviour::{AssessmentStore, Strikes, Watch};
use crate::session::{Checkpoint, SessionStore, SessionTracker};
use crate::time::Timestamp;

/// How often idle sessions are closed: a session is closed at most so much after its gap.
const SESSION_SWEEP: Duration = Duration::from_millis(250);

/// Open sessions kept every so often at most, so that writing them takes some tens of milliseconds.
const KEPT_WHILE_RUNNING: usize = 10_000;

/// Open sessions kept at an orderly stop at most.
pub(super) const KEPT_AT_STOP: usize = 100_000;

/// How often clients that have been quiet are forgotten by the watch.
const WATCH_SWEEP: Duration = Duration::from_secs(10);

/// How often expired bans are removed and changes the store missed are written again.
const BAN_SWEEP: Duration = Duration::from_secs(5);

/// Pause after the store could not be asked for the bans of other filters.
const FOLLOW_RETRY: Duration = Duration::from_secs(1);

/// How often a store that was away at the start is asked for bans and strikes.
const TAKE_UP_RETRY: Duration = Duration::from_secs(5);

/// Taking up the bans and strikes of before.
pub(super) struct TakeUp {
    pub(super) bans: Arc<BanList>,
    pub(super) strikes: Arc<Strikes>,
    pub(super) assessments: Arc<dyn AssessmentStore>,
}

impl TakeUp {
    pub(super) async fn once(&self) -> Result<(), String> {
        let bans = self.bans.load(Timestamp::now()).await.map_err(|error| error.to_string())?;
        let strikes = self.strikes.load(&*self.assessments).await.map_err(|error| error.to_string())?;
        tracing::info!(bans, strikes, "bans and strikes taken up");
        Ok(())
    }

    pub(super) async fn until_done(self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(TAKE_UP_RETRY) => {}
                _ = stop.changed() => return,
            }
            if self.once().await.is_ok() {
                return;
            }
        }
    }
}

pub(super) async fn sweep_sessions(tracker: Arc<SessionTracker>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(SESSION_SWEEP);
    loop {
        tokio::select! {
            _ = tick.tick() => tracker.sweep(Timestamp::now()),
            _ = stop.changed() => return,
        }
    }
}

/// Keeping open sessions over a restart.
#[derive(Clone)]
pub(super) struct Keeper {
    pub(super) tracker: Arc<SessionTracker>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) fingerprints: [u64; 2],
    /// The name of this filter, the same after a restart.
    pub(super) filter: String,
}

impl Keeper {
    /// Keeps at most so many; whether the store took them.
    pub(super) async fn keep(&self, most: usize) -> bool {
        let checkpoint = Checkpoint { fingerprints: self.fingerprints, open: self.tracker.checkpoint(most) };
        match self.store.save_open(&self.filter, &checkpoint).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "open sessions are not kept over a restart");
                false
            }
        }
    }

    /// Keeps them every so often, and not again where nothing was open at either time.
    pub(super) async fn keep_every(self, span: Duration, mut stop: watch::Receiver<bool>) {
        let mut nothing = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(span) => {}
                _ = stop.changed() => return,
            }
            let empty = self.tracker.is_empty();
            if !(nothing && empty) {
                nothing = self.keep(KEPT_WHILE_RUNNING).await && empty;
            }
        }
    }
}

pub(super) async fn sweep_watch(watch: Arc<Watch>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(WATCH_SWEEP);
    loop {
        tokio::select! {
            _ = tick.tick() => watch.sweep(Timestamp::now()),
            _ = stop.changed() => return,
        }
    }
}

pub(super) async fn sweep_bans(bans: Arc<BanList>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(BAN_SWEEP);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                bans.sweep(Timestamp::now()).await;
            }
            _ = stop.changed() => return,
        }
    }
}

/// Takes over bans and unbans of other filters on the same store, as they come.
pub(super) async fn follow_bans(bans: Arc<BanList>, strikes: Arc<Strikes>, mut stop: watch::Receiver<bool>) {
    if !bans.is_shared() {
        return;
    }
    loop {
        match bans.take_over(Timestamp::now()).await {
            Ok(settled) => {
                for scope in settled {
                    strikes.clear_within(&scope.net());
                }
            }
            Err(error) => {
                tracing::debug!(%error, "bans of other filters cannot be read for now");
                tokio::time::sleep(FOLLOW_RETRY).await;
            }
        }
        tokio::select! {
            () = bans.changed() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Pingora does not tell when it listens: its listener is asked until it answers.
pub(super) fn watch_listener(
    runtime: &Runtime,
    listen: SocketAddr,
    listening: Arc<AtomicBool>,
    mut stop: watch::Receiver<bool>,
) {
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    runtime.spawn(async move {
        loop {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                listening.store(true, Ordering::Release);
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
                _ = stop.changed() => return,
            }
        }
    });
}
