//! What the admin API reads of the running filter.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::activity::ActivityLog;
use crate::admin::{
    self, Actor, AdminApi, AdminTls, AdminToken, AuditLog, Component, Keyring, Model, Queue, Role, Status,
    TokenFileError,
};
use crate::banlist::BanList;
use crate::behaviour::{LogJudge, Strikes};
use crate::config::{AdminListener, Config};
use crate::metrics::Metrics;
use crate::session::SessionTracker;
use crate::storage::{Storage, StorageKind};
use crate::time::Timestamp;

use super::dry_run::DryRun;
use super::reload::{Reloading, own_token};

/// The variable that goes before the token file.
const TOKEN_VARIABLE: &str = "PORTCULLIS_ADMIN_TOKEN";

/// How often the token file is looked at.
const TOKEN_FILE_LOOK: Duration = Duration::from_secs(1);

/// What the audit log calls the operator's own token, by where it came from.
const OF_ENVIRONMENT: &str = "environment";
const OF_FILE: &str = "token-file";

/// The tokens that open the API: the configured ones, and the operator's own of the environment, else of the file, which
/// is made at the first start. Where the listener is open to the network, none is made: an operator has to choose one.
pub(super) fn keyring(config: &Config) -> Result<Keyring, String> {
    let AdminListener { listen, tokens, token_file, .. } = &config.admin;
    let open_to_network = !listen.ip().is_loopback();
    let own = match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => {
            let token = AdminToken::try_from(text).map_err(|error| format!("{TOKEN_VARIABLE}: {error}"))?;
            Some(own_token(&token, OF_ENVIRONMENT))
        }
        Err(_) if open_to_network && !token_file.exists() && tokens.is_empty() => {
            return Err(format!(
                "{listen} is open to the network and there is no token; expected {TOKEN_VARIABLE} in the environment, \
                 [[admin.tokens]], or a token in {}",
                token_file.display()
            ));
        }
        Err(_) if open_to_network && !token_file.exists() => None,
        Err(_) => Some(own_token(&AdminToken::load_or_create(token_file).map_err(told)?.0, OF_FILE)),
    };
    Ok(Keyring::new(tokens.clone(), own))
}

fn told(error: TokenFileError) -> String {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

/// Takes up a new token whenever the token file changes, unless the environment's goes before it.
async fn watch_token_file(path: PathBuf, keyring: Keyring) {
    let mut seen = stamp(&path).await;
    loop {
        tokio::time::sleep(TOKEN_FILE_LOOK).await;
        let now = stamp(&path).await;
        if now == seen || now.is_none() {
            continue;
        }
        seen = now;
        let file = path.clone();
        match tokio::task::spawn_blocking(move || AdminToken::load(&file)).await {
            Ok(Ok(token)) => {
                keyring.replace_own(own_token(&token, OF_FILE));
                tracing::info!("the admin token file has changed; its new token holds, the old one does not");
            }
            Ok(Err(error)) => tracing::error!(error = told(error), "the old admin token stays"),
            Err(error) => tracing::error!(%error, "the old admin token stays"),
        }
    }
}

/// What tells one state of a file from another.
async fn stamp(path: &Path) -> Option<(std::time::SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// What the admin API needs.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) keyring: Keyring,
    pub(super) tls: Option<AdminTls>,
    pub(super) audit: AuditLog,
    pub(super) reloading: Arc<Reloading>,
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
    tls: Option<AdminTls>,
    keyring: Keyring,
    token_file: PathBuf,
    /// Whether the proxy listens.
    pub(super) listening: Arc<AtomicBool>,
}

impl Admin {
    pub(super) fn new(parts: Parts) -> Self {
        let listening = Arc::new(AtomicBool::new(false));
        let (keyring, tls) = (parts.keyring.clone(), parts.tls.clone());
        let token_file = parts.config.admin.token_file.clone();
        let api = AdminApi::new(keyring.clone(), api_parts(parts, Arc::clone(&listening)), tls.is_some());
        Self { api, tls, keyring, token_file, listening }
    }

    /// Answers until the filter stops.
    pub(super) fn serve(self, listener: TcpListener, mut stop: watch::Receiver<bool>) -> impl Future<Output = ()> {
        let Self { api, tls, keyring, token_file, .. } = self;
        let stopped = async move {
            // A sender that is gone is a filter that has stopped.
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        async move {
            let watching = tokio::spawn(reload_on_hangup(api.clone()));
            let token = std::env::var_os(TOKEN_VARIABLE).is_none();
            let token = token.then(|| tokio::spawn(watch_token_file(token_file, keyring)));
            if let Err(error) = api.serve(listener, tls, stopped).await {
                tracing::error!(%error, "the admin API has ended");
            }
            watching.abort();
            token.inspect(tokio::task::JoinHandle::abort);
        }
    }
}

/// Reads the configuration again at every SIGHUP.
async fn reload_on_hangup(api: AdminApi) {
    let actor = Actor { name: "SIGHUP".to_owned(), role: Role::Operator, address: None };
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        Ok(mut hangups) => {
            while hangups.recv().await.is_some() {
                api.reload(&actor).await;
            }
        }
        Err(error) => tracing::warn!(%error, "SIGHUP will not reload the configuration"),
    }
}

fn api_parts(parts: Parts, listening: Arc<AtomicBool>) -> admin::Parts {
    let Parts { config, bans, strikes, storage, tracker, log_judge, log, dry_run, metrics, audit, reloading, .. } =
        parts;
    let models = vec![
        Model { kind: "text".to_owned(), version: parts.model_versions.0 },
        Model { kind: "behaviour".to_owned(), version: parts.model_versions.1 },
    ];
    let (snapshot, pardoning, forgetting) = (Arc::clone(&tracker), Arc::clone(&tracker), Arc::clone(&strikes));
    let ruling = Arc::clone(&reloading);
    let (ready_log, status_metrics) = (log.clone(), metrics.clone());
    let capacity = config.activity.queue;
    let store = match &config.storage.kind {
        StorageKind::Embedded { .. } => "embedded",
        StorageKind::Mongodb { .. } => "mongodb",
    };
    let status = move || {
        let (mode, rules) = ruling.rules();
        Status {
            mode,
            rules,
            models: models.clone(),
            store: store.to_owned(),
            queue: Queue { length: log.queued(), capacity, dropped: status_metrics.activity.dropped.get() },
            open_sessions: tracker.len(),
        }
    };
    admin::Parts {
        started: Timestamp::now(),
        bans,
        clear_strikes: Arc::new(move |scope| u32::try_from(strikes.clear_within(&scope.net())).unwrap_or(u32::MAX)),
        pardon_sessions: Arc::new(move |scope| pardoning.pardon(&scope.net())),
        forget_strike: Arc::new(move |client, session| forgetting.forget(client, session)),
        activity: storage.activity,
        assessments: storage.assessments,
        log_judge,
        open_sessions: Arc::new(move |limit| snapshot.snapshot(limit)),
        clients: config.client,
        metrics,
        dry_run: Arc::new(dry_run),
        readiness: Arc::new(move || components(&listening, &ready_log)),
        status: Arc::new(status),
        audit,
        reload: Arc::new(move || reloading.run()),
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
