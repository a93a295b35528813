//! Joining the parts. What fails is gathered, so that an operator hears of everything at once.

use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::dry_run::DryRun;
use super::reload::Reloading;
use super::spools::Spools;
use super::{App, BuildError, SourcedFault, admin, identity, tasks, zero};
use crate::activity::ActivityLog;
use crate::admin::{AdminTls, AuditLog, Keyring};
use crate::audit::AuditExport;
use crate::banlist::BanList;
use crate::behaviour::{self, BehaviourScorer, CustomFeatures, Inlets, LogJudge, Strikes, Watch};
use crate::config::{Config, Fault, Sources};
use crate::expression;
use crate::id::RequestIds;
use crate::inspection::{self, Inspector};
use crate::logging::LogLevel;
use crate::metrics::Metrics;
use crate::model::{self, ModelSet, TextThresholds};
use crate::policy::{self, Policy};
use crate::proxy::{self, Gate};
use crate::session::{Checkpoint, Fingerprints, SessionTracker};
use crate::storage::{OnUnreachable, Storage};

/// Threads beside the proxy's: the admin API, the log's writer, the scorer.
const CONTROL_THREADS: usize = 2;

/// Faults found so far.
struct Gathered<'a> {
    source: &'a str,
    faults: Vec<SourcedFault>,
}

impl<'a> Gathered<'a> {
    fn of_config(source: &'a str, faults: Vec<Fault>) -> Self {
        let faults = faults.into_iter().map(|fault| SourcedFault { source: source.to_owned(), fault }).collect();
        Self { source, faults }
    }

    /// Whether a section of the configuration reads well, so that what it names can be tried.
    fn is_sound(&self, section: &str) -> bool {
        !self.faults.iter().any(|fault| fault.fault.key.starts_with(section))
    }

    fn add(&mut self, key: &str, problem: impl ToString) {
        let fault = Fault { key: key.to_owned(), problem: problem.to_string() };
        self.faults.push(SourcedFault { source: self.source.to_owned(), fault });
    }

    fn models(&mut self, config: &Config, metrics: &Metrics) -> Option<ModelSet> {
        if !self.is_sound("model.") {
            return None;
        }
        match ModelSet::load(&model_config(config), metrics.model.clone()) {
            Ok(models) => Some(models),
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(|fault| SourcedFault {
                    source: fault.file.display().to_string(),
                    fault: Fault { key: fault.key, problem: fault.problem },
                }));
                None
            }
        }
    }
}

/// Opens the audit export, where one is asked for and everything before is sound.
fn audit(gathered: &mut Gathered<'_>, config: &Config, metrics: &Metrics) -> Option<AuditExport> {
    let wanted = config.audit.as_ref().filter(|_| gathered.is_sound("audit."))?;
    let opened = AuditExport::start(wanted, metrics.audit.clone());
    opened.map_err(|error| gathered.add("audit.to", error)).ok()
}

/// Reads when the certificate ends, so that an alert can tell in time.
fn certificate(gathered: &mut Gathered<'_>, config: &Config, metrics: &Metrics) {
    let Some(files) = config.proxy.tls.as_ref().filter(|_| gathered.is_sound("proxy.tls")) else { return };
    match proxy::certificate_end(files) {
        Ok(end) => zero::certificate(metrics, end),
        Err(error) => gathered.add("proxy.tls_certificate", error),
    }
}

pub(super) fn check(config: &Config, source: &str, faults: Vec<Fault>) -> Result<(), BuildError> {
    let mut gathered = Gathered::of_config(source, faults);
    match Metrics::new() {
        Ok(metrics) => {
            certificate(&mut gathered, config, &metrics);
            drop(gathered.models(config, &metrics));
        }
        Err(error) => gathered.add("", error),
    }
    if gathered.faults.is_empty() { Ok(()) } else { Err(BuildError(gathered.faults)) }
}

pub(super) fn models(config: &Config, source: &str, metrics: &Metrics) -> Result<ModelSet, BuildError> {
    let mut gathered = Gathered::of_config(source, Vec::new());
    gathered.models(config, metrics).ok_or(BuildError(gathered.faults))
}

pub(super) fn dry_run(config: &Config, source: &str, faults: Vec<Fault>) -> Result<DryRun, BuildError> {
    let mut gathered = Gathered::of_config(source, faults);
    let metrics = gather(&mut gathered, Metrics::new());
    let models = metrics.as_ref().and_then(|metrics| gathered.models(config, metrics));
    match (metrics, models) {
        (Some(metrics), Some(models)) if gathered.faults.is_empty() => {
            let inspector = Arc::new(inspector(config, &models, &metrics));
            Ok(DryRun::new(inspector, Policy::new(policy_config(config, &models.text_thresholds))))
        }
        _ => Err(BuildError(gathered.faults)),
    }
}

pub(super) fn build(
    config: Config,
    sources: Sources,
    source: &str,
    faults: Vec<Fault>,
    level: LogLevel,
) -> Result<App, BuildError> {
    let mut gathered = Gathered::of_config(source, faults);
    let runtime = gather(&mut gathered, control_runtime());
    let metrics = gather(&mut gathered, Metrics::new());
    let ids = gather(&mut gathered, RequestIds::new());
    let models = metrics.as_ref().and_then(|metrics| gathered.models(&config, metrics));
    if let Some(metrics) = &metrics {
        certificate(&mut gathered, &config, metrics);
    }
    let audit = metrics.as_ref().and_then(|metrics| audit(&mut gathered, &config, metrics));
    let access = access(&mut gathered, &config);
    let storage = match &runtime {
        Some(runtime) if gathered.is_sound("storage.") => match runtime.block_on(Storage::open(&config.storage)) {
            Ok(storage) => Some(storage),
            Err(error) => {
                gathered.add("storage", error);
                None
            }
        },
        _ => None,
    };
    let spools = metrics.as_ref().and_then(|metrics| gather(&mut gathered, Spools::open(&config, metrics)));
    let named = ids.and_then(|ids| Some((filter_name(&mut gathered, &config, &ids)?, ids)));
    match (runtime, metrics, named, models, storage, spools, access) {
        (
            Some(runtime),
            Some(metrics),
            Some((filter, ids)),
            Some(models),
            Some(storage),
            Some(spools),
            Some(access),
        ) if gathered.faults.is_empty() => {
            let parts = Parts { config, sources, filter, metrics, ids, models, storage, spools, audit, level, access };
            let guard = runtime.enter();
            let joined = runtime.block_on(join(parts));
            drop(guard);
            match joined {
                Ok(joined) => Ok(joined.into_app(runtime)),
                Err(problem) => {
                    gathered.add("storage", problem);
                    Err(BuildError(gathered.faults))
                }
            }
        }
        _ => Err(BuildError(gathered.faults)),
    }
}

fn gather<T, E: std::fmt::Display>(gathered: &mut Gathered<'_>, result: Result<T, E>) -> Option<T> {
    result.map_err(|error| gathered.add("", error)).ok()
}

fn filter_name(gathered: &mut Gathered<'_>, config: &Config, ids: &RequestIds) -> Option<String> {
    identity::filter_name(&config.data_dir, ids).map_err(|error| gathered.add("data_dir", error)).ok()
}

fn control_runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CONTROL_THREADS)
        .thread_name("portcullis-control")
        .enable_all()
        .build()
}

/// What a filter is made of.
struct Parts {
    config: Config,
    /// The name of this filter.
    filter: String,
    metrics: Metrics,
    ids: RequestIds,
    models: ModelSet,
    storage: Storage,
    spools: Spools,
    audit: Option<AuditExport>,
    level: LogLevel,
    sources: Sources,
    access: Access,
}

/// Who may use the admin API, how, and where it is noted.
struct Access {
    keyring: Keyring,
    tls: Option<AdminTls>,
    audit: AuditLog,
}

fn access(gathered: &mut Gathered<'_>, config: &Config) -> Option<Access> {
    if !gathered.is_sound("admin.") {
        return None;
    }
    let mut noted = |key: &str, error: String| gathered.add(key, error);
    let keyring = admin::keyring(config).map_err(|error| noted("admin.token_file", error)).ok();
    let files = config.admin.tls.as_ref();
    let tls = files.map(|files| AdminTls::load(&files.certificate, &files.key)).transpose();
    let tls = tls.map_err(|error| noted("admin.tls_certificate", error.to_string())).ok();
    let folder = &config.data_dir;
    let audit = AuditLog::open(folder)
        .map_err(|error| noted("data_dir", format!("cannot keep an audit log in {}: {error}", folder.display())))
        .ok();
    Some(Access { keyring: keyring?, tls: tls?, audit: audit? })
}

/// A filter but for its runtime.
struct Joined {
    config: Config,
    gate: Gate,
    tracker: Arc<SessionTracker>,
    keeper: tasks::Keeper,
    log: ActivityLog,
    audit: Option<AuditExport>,
    level: LogLevel,
    admin: admin::Admin,
    scorer: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Joined {
    fn into_app(self, runtime: Runtime) -> App {
        let Self { config, gate, tracker, keeper, log, audit, level, admin, scorer, stop } = self;
        App { config, runtime, gate, tracker, keeper, log, audit, level, admin, scorer, stop }
    }
}

async fn join(parts: Parts) -> Result<Joined, String> {
    let Parts { config, sources, filter, metrics, ids, models, storage, spools, audit, level, access } = parts;
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

fn inspector(config: &Config, models: &ModelSet, metrics: &Metrics) -> Inspector {
    let settings = inspection::Config {
        flag_threshold: models.text_thresholds.flag(),
        cache_capacity: config.inspection.cache,
        unpacking: config.inspection.unpacking,
        ..inspection::Config::default()
    };
    Inspector::new(Arc::clone(&models.text), settings, metrics.inspection.clone())
}

pub(super) fn policy_config(config: &Config, thresholds: &TextThresholds) -> policy::Config {
    let settings = &config.inspection;
    policy::Config {
        terms: settings.terms,
        routes: settings.routes.clone(),
        exclusions: settings.exclusions.clone(),
        refuse_malformed: settings.refuse_malformed,
        on_error: settings.on_error,
        refuse_from: thresholds.refuse_from(settings.sensitivity),
    }
}

fn model_config(config: &Config) -> model::Config {
    model::Config {
        dir: config.model.dir.clone(),
        runtime_library: config.model.runtime_library.clone(),
        threads: config.model.threads,
        queue: config.model.queue,
        deadline: config.model.deadline,
        custom_features: config.features.iter().map(|feature| feature.name.to_string()).collect(),
        ..model::Config::default()
    }
}
