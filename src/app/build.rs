//! Making the parts. What fails is gathered, so that an operator hears of everything at once.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::dry_run::DryRun;
use super::join::{Parts, join};
use super::settings::{inspector, model_config, policy_config};
use super::spools::Spools;
use super::{App, BuildError, SourcedFault, admin, identity, zero};
use crate::admin::{AdminTls, AuditLog, Keyring};
use crate::audit::AuditExport;
use crate::config::{Config, Fault, Sources};
use crate::crawlers::Crawlers;
use crate::id::RequestIds;
use crate::logging::LogLevel;
use crate::metrics::Metrics;
use crate::model::ModelSet;
use crate::policy::Policy;
use crate::proxy;
use crate::storage::Storage;

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
    let crawlers = Crawlers::new(&config.crawlers).map_err(|error| gathered.add("banlist.resolver", error)).ok();
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
    match (runtime, metrics, named, models, storage, spools, access.zip(crawlers)) {
        (
            Some(runtime),
            Some(metrics),
            Some((filter, ids)),
            Some(models),
            Some(storage),
            Some(spools),
            Some((access, crawlers)),
        ) if gathered.faults.is_empty() => {
            let parts = Parts {
                config,
                sources,
                filter,
                metrics,
                ids,
                models,
                storage,
                spools,
                audit,
                level,
                access,
                crawlers,
            };
            let guard = runtime.enter();
            let joined = runtime.block_on(join(parts));
            drop(guard);
            match joined {
                Ok(joined) => Ok(App { runtime, joined }),
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

/// Who may use the admin API, how, and where it is noted.
pub(super) struct Access {
    pub(super) keyring: Keyring,
    pub(super) tls: Option<AdminTls>,
    pub(super) audit: AuditLog,
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
