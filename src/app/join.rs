//! Joining the parts of a filter, once each of them is sound.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::build::Access;
use super::dry_run::DryRun;
use super::reload::Reloading;
use super::settings::{inspector, policy_config};
use super::spools::Spools;
use super::{admin, tasks, zero};
use crate::activity::ActivityLog;
use crate::audit::AuditExport;
use crate::banlist::BanList;
use crate::behaviour::{self, BehaviourScorer, CustomFeatures, Inlets, LogJudge, Strikes, Watch};
use crate::config::{Config, Sources};
use crate::crawlers::Crawlers;
use crate::expression;
use crate::id::RequestIds;
use crate::logging::LogLevel;
use crate::metrics::Metrics;
use crate::model::ModelSet;
use crate::policy::Policy;
use crate::proxy::Gate;
use crate::session::{BodyReader, Checkpoint, Fingerprints, SessionTracker};
use crate::storage::{OnUnreachable, Storage};

/// What a filter is made of.
pub(super) struct Parts {
    pub(super) config: Config,
    /// The name of this filter.
    pub(super) filter: String,
    pub(super) metrics: Metrics,
    pub(super) ids: RequestIds,
    pub(super) models: ModelSet,
    pub(super) storage: Storage,
    pub(super) spools: Spools,
    pub(super) audit: Option<AuditExport>,
    pub(super) level: LogLevel,
    pub(super) sources: Sources,
    pub(super) access: Access,
    /// Tells search engines, where that is asked for.
    pub(super) crawlers: Option<Arc<Crawlers>>,
}

/// A filter but for its runtime.
pub(super) struct Joined {
    pub(super) config: Config,
    pub(super) gate: Gate,
    pub(super) tracker: Arc<SessionTracker>,
    pub(super) keeper: tasks::Keeper,
    pub(super) log: ActivityLog,
    pub(super) audit: Option<AuditExport>,
    /// The level of the process's log.
    pub(super) level: LogLevel,
    pub(super) admin: admin::Admin,
    pub(super) scorer: tokio::task::JoinHandle<()>,
    pub(super) stop: watch::Sender<bool>,
}

/// Makes the domains of their parts and starts what runs beside the proxy.
///
/// # Errors
/// When the store cannot be read, and the start is refused for it.
pub(super) async fn join(parts: Parts) -> Result<Joined, String> {
    let Parts { config, sources, filter, metrics, ids, models, storage, spools, audit, level, access, crawlers } =
        parts;
    let Access { keyring, tls, audit: changes } = access;
    zero::series(&metrics);
    zero::started(&metrics, &config);
    let bans = Arc::new(BanList::new(
        config.banlist.clone(),
        Arc::clone(&storage.bans),
        config.client.trusted_proxies.clone(),
        metrics.banlist.clone(),
    ));
    let strikes = Arc::new(Strikes::new(config.behaviour.window));
    let classifier = config.behaviour.use_models.then(|| (Arc::clone(&models.behaviour), models.behaviour_thresholds));
    let scorer = BehaviourScorer::new(
        config.behaviour.clone(),
        behaviour::Parts {
            classifier: classifier.clone(),
            custom: behaviour::names_of(&config.features),
            store: Arc::clone(&storage.assessments),
            spool: spools.assessments,
            pseudonyms: config.activity.pseudonyms.clone(),
            strikes: Arc::clone(&strikes),
            bans: Arc::clone(&bans),
            crawlers,
            metrics: metrics.behaviour.clone(),
        },
    );
    let (closing, closed) = mpsc::channel(config.behaviour.queue);
    let (showing, open) = mpsc::channel(config.behaviour.queue);
    let (telling, breaches) = mpsc::channel(config.behaviour.queue);
    let tracker = Arc::new(SessionTracker::new(&config.session, closing, showing, metrics.session.clone()));
    let watch = Watch::new(config.behaviour.limits, telling, metrics.behaviour.clone());
    let (stop, stopped) = watch::channel(false);
    take_up(&config, &bans, &strikes, &storage, &stopped).await?;
    let fingerprints = go_on(&tracker, &storage, &config, &filter).await?;
    let keeper = tasks::Keeper {
        tracker: Arc::clone(&tracker),
        store: Arc::clone(&storage.sessions),
        fingerprints: fingerprints.key(),
        filter,
    };
    if !config.session.checkpoint.is_zero() {
        tokio::spawn(keeper.clone().keep_every(config.session.checkpoint, stopped.clone()));
    }
    tokio::spawn(tasks::sweep_sessions(Arc::clone(&tracker), stopped.clone()));
    tokio::spawn(tasks::sweep_bans(Arc::clone(&bans), stopped.clone()));
    tokio::spawn(tasks::follow_bans(Arc::clone(&bans), Arc::clone(&strikes), stopped.clone()));
    tokio::spawn(tasks::sweep_watch(Arc::clone(&watch), stopped.clone()));
    let scorer = tokio::spawn(scorer.run(Inlets { closed, open, breaches }, stopped));
    let store = Arc::clone(&storage.activity);
    let log = ActivityLog::start(&config.activity, store, spools.activity, metrics.activity.clone());
    let policy = Policy::new(policy_config(&config, &models.text_thresholds));
    let reloading = Arc::new(Reloading {
        sources,
        running: parking_lot::Mutex::new(config.clone()),
        thresholds: models.text_thresholds,
        policy: policy.clone(),
        bans: Arc::clone(&bans),
        keyring: keyring.clone(),
    });
    let inspector = Arc::new(inspector(&config, &models, &metrics));
    let bodies = BodyReader::new(&config.session.bodies, Some(metrics.session.clone()));
    let admin = admin::Admin::new(admin::Parts {
        config: config.clone(),
        keyring,
        tls,
        audit: changes,
        reloading,
        bans: Arc::clone(&bans),
        strikes,
        storage,
        tracker: Arc::clone(&tracker),
        log_judge: Arc::new(LogJudge::new(
            classifier,
            behaviour::names_of(&config.features),
            config.logins.clone(),
            fingerprints.clone(),
            bodies.clone(),
            metrics.behaviour.clone(),
        )),
        log: log.clone(),
        dry_run: DryRun::new(Arc::clone(&inspector), policy.clone()),
        model_versions: (models.text_version.clone(), models.behaviour.version().to_owned()),
        metrics: metrics.clone(),
    });
    let gate = Gate {
        client: config.client.clone(),
        bans,
        sessions: Arc::clone(&tracker),
        grouping: config.session.group,
        session_key: config.session.key.clone(),
        watch,
        custom: CustomFeatures::new(config.features.clone(), fingerprints.clone(), metrics.behaviour.clone()),
        expressions: expression::Root::default(),
        fingerprints,
        inspector,
        policy,
        log: log.clone(),
        audit: audit.clone(),
        requests: config.activity.requests,
        bodies: config.activity.bodies,
        body_reader: bodies,
        logins: config.logins.clone(),
        ids,
        metrics: metrics.proxy.clone(),
        over_tls: config.proxy.tls.is_some(),
        body_timeout: config.proxy.body_timeout,
    };
    Ok(Joined { config, gate, tracker, keeper, log, audit, level, admin, scorer, stop })
}

/// Goes on with the sessions that were open at the last stop, under the key their paths were counted with. A store that
/// is away now leaves them behind.
async fn go_on(
    tracker: &SessionTracker,
    storage: &Storage,
    config: &Config,
    filter: &str,
) -> Result<Fingerprints, String> {
    let checkpoint = match storage.sessions.load_open(filter).await {
        Ok(checkpoint) => checkpoint,
        Err(error) if config.storage.on_unreachable == OnUnreachable::Start => {
            tracing::error!(%error, "started without the open sessions of before");
            Checkpoint::default()
        }
        Err(error) => return Err(error.to_string()),
    };
    let sessions = tracker.restore(checkpoint.open);
    tracing::info!(sessions, "open sessions taken up");
    match checkpoint.fingerprints {
        [0, 0] => Fingerprints::random().map_err(|error| error.to_string()),
        key => Ok(Fingerprints::new(key)),
    }
}

/// Loads bans and strikes. A store that is away is no reason not to start where the operator said so; they are then
/// taken up when it is back.
async fn take_up(
    config: &Config,
    bans: &Arc<BanList>,
    strikes: &Arc<Strikes>,
    storage: &Storage,
    stop: &watch::Receiver<bool>,
) -> Result<(), String> {
    let taking = tasks::TakeUp {
        bans: Arc::clone(bans),
        strikes: Arc::clone(strikes),
        assessments: Arc::clone(&storage.assessments),
    };
    match taking.once().await {
        Ok(()) => Ok(()),
        Err(error) if config.storage.on_unreachable == OnUnreachable::Start => {
            tracing::error!(%error, "started without the bans and strikes of before");
            tokio::spawn(taking.until_done(stop.clone()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}
