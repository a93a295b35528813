//! What signals ask of a running filter, beside its end: SIGHUP opens the audit log anew (logrotate sends it), SIGUSR1
//! makes the log say more, and again less.

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::audit::AuditExport;
use crate::logging::LogLevel;

/// Answers signals until the filter stops.
pub(super) fn answer(runtime: &Runtime, level: LogLevel, audit: Option<AuditExport>, stop: &watch::Sender<bool>) {
    let reopen = move || {
        if let Some(audit) = &audit {
            audit.reopen();
        }
    };
    let toggle = move || {
        if let Err(error) = level.toggle() {
            tracing::error!(%error, "the level of the log stays");
        }
    };
    runtime.spawn(on(SignalKind::hangup(), reopen, stop.subscribe()));
    runtime.spawn(on(SignalKind::user_defined1(), toggle, stop.subscribe()));
}

async fn on(kind: SignalKind, act: impl Fn(), mut stop: watch::Receiver<bool>) {
    let mut signals = match signal(kind) {
        Ok(signals) => signals,
        Err(error) => {
            tracing::error!(%error, ?kind, "a signal cannot be listened to");
            return;
        }
    };
    loop {
        tokio::select! {
            received = signals.recv() => match received {
                Some(()) => act(),
                None => return,
            },
            _ = stop.changed() => return,
        }
    }
}
