//! The composition root: the only place that names every part, joins them, and stops them in order.

mod admin;
mod build;
pub mod dry_run;
mod identity;
mod join;
mod reload;
mod settings;
mod signals;
mod spools;
mod tasks;
mod zero;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use self::join::Joined;

use crate::config::{Config, Fault, Sources};
use crate::logging::LogLevel;
use crate::metrics::Metrics;
use crate::model::ModelSet;
use crate::proxy::{self, ListenError};

/// Time that closing sessions, judging them and storing what waits may take at an orderly stop.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Time that writing waiting audit lines may take at an orderly stop.
const AUDIT_GRACE: Duration = Duration::from_secs(5);

/// What keeps a filter from being built: every fault that was found, each with the file it is in.
#[derive(Debug)]
pub struct BuildError(pub Vec<SourcedFault>);

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcedFault {
    /// The file, or what stands for it.
    pub source: String,
    /// The fault.
    pub fault: Fault,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to mend before the filter can start:", self.0.len())?;
        self.0.iter().try_for_each(|SourcedFault { source, fault }| write!(f, "\n  {source}: {fault}"))
    }
}

impl std::error::Error for BuildError {}

/// A filter that was built and came to an end by a fault.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The proxy's listener could not be set up.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The admin listener could not be set up.
    #[error("cannot listen on {address} for the admin API: {source}; is another process using it?")]
    AdminListen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The inspector and policy of this configuration, without a proxy or a store.
///
/// # Errors
/// With every fault of configuration and models at once.
pub fn dry_run(config: &Config, source: &str, faults: Vec<Fault>) -> Result<dry_run::DryRun, BuildError> {
    build::dry_run(config, source, faults)
}

/// The models of this configuration.
///
/// # Errors
/// With every fault of configuration and models at once.
pub fn models(config: &Config, source: &str, metrics: &Metrics) -> Result<ModelSet, BuildError> {
    build::models(config, source, metrics)
}

/// A filter, built and not yet listening.
pub struct App {
    /// Runs everything but the proxy, which has threads of its own.
    runtime: Runtime,
    joined: Joined,
}

impl App {
    /// Loads the models, opens the store, takes up bans and strikes.
    ///
    /// `sources` are read again at a reload; `source` names the configuration in faults; `faults` are those already found
    /// in it; `level` is that of the log, to be changed while running.
    ///
    /// # Errors
    /// With every fault of configuration, models and store at once.
    pub fn build(
        config: Config,
        sources: Sources,
        source: &str,
        faults: Vec<Fault>,
        level: LogLevel,
    ) -> Result<Self, BuildError> {
        build::build(config, sources, source, faults, level)
    }

    /// Checks the configuration and the models, without opening the store.
    ///
    /// # Errors
    /// With every fault of configuration and models at once.
    pub fn check(config: &Config, source: &str, faults: Vec<Fault>) -> Result<(), BuildError> {
        build::check(config, source, faults)
    }

    /// Listens until the process is told to stop, then stops in order: no more requests, sessions closed and judged,
    /// everything stored.
    ///
    /// # Errors
    /// When a listener cannot be set up.
    pub fn run(self, announce: impl FnOnce(&Config)) -> Result<(), RunError> {
        let Self { runtime, joined } = self;
        let Joined { config, gate, tracker, keeper, log, audit, level, admin, scorer, stop } = joined;
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(config.admin.listen))
            .map_err(|source| RunError::AdminListen { address: config.admin.listen, source })?;
        let listening = Arc::clone(&admin.listening);
        runtime.spawn(admin.serve(listener, stop.subscribe()));
        tasks::watch_listener(&runtime, config.proxy.listen, listening, stop.subscribe());
        signals::answer(&runtime, level, audit.clone(), &stop);
        announce(&config);
        let served = proxy::serve(&config.proxy, gate);
        runtime.block_on(async {
            // Judged as far as they went, in case this was the last run, and kept, in case it was not.
            if tokio::time::timeout(STOP_GRACE, keeper.keep(tasks::KEPT_AT_STOP)).await.is_err() {
                tracing::error!("the store did not take the open sessions before the stop");
            }
            tracker.close_all().await;
            // Whoever waits for this has gone or will see it; nothing else can fail.
            let _ = stop.send(true);
            if tokio::time::timeout(STOP_GRACE, scorer).await.is_err() {
                tracing::error!("sessions were still being judged at the stop and are lost");
            }
            match log.close(STOP_GRACE).await {
                0 if log.spooled() == 0 => tracing::info!("everything is stored"),
                0 => tracing::warn!(records = log.spooled(), "records stay in the spool; the next start sends them"),
                lost => tracing::error!(records = lost, "the store did not take these records before the stop"),
            }
        });
        if let Some(audit) = audit {
            audit.close(AUDIT_GRACE);
        }
        runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(served?)
    }
}
