//! What the admin API reads of the running filter.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::activity::ActivityLog;
use crate::admin::{self, AdminApi, AdminToken, Component, Model, Queue, Status};
use crate::banlist::BanList;
use crate::behaviour::{LogJudge, Strikes};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::session::SessionTracker;
use crate::storage::{Storage, StorageKind};
use crate::time::Timestamp;

use super::dry_run::DryRun;

/// The variable that goes before the token file.
const TOKEN_VARIABLE: &str = "PORTCULLIS_ADMIN_TOKEN";

/// The admin token: of the environment, else of the file, which is made at the first start.
pub(super) fn token(file: &Path) -> Result<AdminToken, String> {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => AdminToken::try_from(text).map_err(|error| format!("{TOKEN_VARIABLE}: {error}")),
        Err(_) => AdminToken::load_or_create(file).map(|(token, _)| token).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        }),
    }
}

/// What the admin API needs.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) token: AdminToken,
    pub(super) bans: Arc<BanList>,
    pub(super) strikes: Arc<Strikes>,
    pub(super) storage: Storage,
    pub(super) tracker: Arc<SessionTracker>,
    pub(super) log_judge: Arc<LogJudge>,
    pub(super) log: ActivityLog,
    pub(super) dry_run: DryRun,
    /// Versions of the text model and of the behaviour model.
    pub(super) model_versions: (String, String),
    pub(super) metrics: Metrics,
}

/// The admin API before it listens.
pub(super) struct Admin {
    api: AdminApi,
    /// Whether the proxy listens.
    pub(super) listening: Arc<AtomicBool>,
}

impl Admin {
    pub(super) fn new(parts: Parts) -> Self {
        let listening = Arc::new(AtomicBool::new(false));
        let token = parts.token.clone();
        let api = AdminApi::new(token, api_parts(parts, Arc::clone(&listening)));
        Self { api, listening }
    }

    /// Answers until the filter stops.
    pub(super) fn serve(self, listener: TcpListener, mut stop: watch::Receiver<bool>) -> impl Future<Output = ()> {
        let stopped = async move {
            // A sender that is gone is a filter that has stopped.
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        async move {
            if let Err(error) = self.api.serve(listener, stopped).await {
                tracing::error!(%error, "the admin API has ended");
            }
        }
    }
}

fn api_parts(parts: Parts, listening: Arc<AtomicBool>) -> admin::Parts {
    let Parts { config, bans, strikes, storage, tracker, log, dry_run, metrics, .. } = parts;
    let models = vec![
        Model { kind: "text".to_owned(), version: parts.model_versions.0 },
        Model { kind: "behaviour".to_owned(), version: parts.model_versions.1 },
    ];
    let snapshot = Arc::clone(&tracker);
    let (ready_log, status_metrics) = (log.clone(), metrics.clone());
    let (mode, capacity) = (config.inspection.terms.mode, config.activity.queue);
    let store = match &config.storage.kind {
        StorageKind::Embedded { .. } => "embedded",
        StorageKind::Mongodb { .. } => "mongodb",
    };
    let status = move || Status {
        mode,
        models: models.clone(),
        store: store.to_owned(),
        queue: Queue { length: log.queued(), capacity, dropped: status_metrics.activity.dropped.get() },
        open_sessions: tracker.len(),
    };
    admin::Parts {
        started: Timestamp::now(),
        bans,
        clear_strikes: Arc::new(move |scope| u32::try_from(strikes.clear_within(&scope.net())).unwrap_or(u32::MAX)),
        activity: storage.activity,
        assessments: storage.assessments,
        log_judge: parts.log_judge,
        open_sessions: Arc::new(move |limit| snapshot.snapshot(limit)),
        clients: config.client,
        metrics,
        dry_run: Arc::new(dry_run),
        readiness: Arc::new(move || components(&listening, &ready_log)),
        status: Arc::new(status),
    }
}

fn components(listening: &AtomicBool, log: &ActivityLog) -> Vec<Component> {
    let proxy = listening.load(Ordering::Acquire);
    let (writer, disk) = (log.healthy(), log.spool_works());
    vec![
        Component {
            name: "proxy".to_owned(),
            ok: proxy,
            detail: if proxy { "listening" } else { "not listening yet" }.to_owned(),
        },
        Component {
            name: "activity_log".to_owned(),
            ok: writer,
            detail: if writer {
                "written".to_owned()
            } else {
                format!(
                    "the store does not take records; {} wait in memory and {} on disk",
                    log.queued(),
                    log.spooled()
                )
            },
        },
        Component {
            name: "spool".to_owned(),
            ok: disk,
            detail: if disk {
                format!("{} records wait for the store", log.spooled())
            } else {
                "the disk does not take records; is it full?".to_owned()
            },
        },
    ]
}
