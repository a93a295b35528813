//! The proxy: the only folder that names Pingora.
//!
//! `hooks.rs` shows the order of things; each hook calls one function here.

mod accept;
mod admit;
mod body;
mod certificate;
mod context;
mod hooks;
mod outcome;
mod record;
mod respond;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pingora_core::listeners::tls::TlsSettings;
use pingora_core::server::configuration::ServerConf;
use pingora_core::server::{RunArgs, Server};
use pingora_proxy::http_proxy_service;

use crate::activity::{ActivityLog, BodyLogging, RequestLogging};
use crate::audit::AuditExport;
use crate::banlist::{AtAccept, BanList};
use crate::behaviour::{CustomFeatures, Watch};
use crate::client;
use crate::expression;
use crate::id::RequestIds;
use crate::inspection::Inspector;
use crate::metrics::ProxyMetrics;
use crate::policy::Policy;
use crate::session::{BodyReader, Fingerprints, KeyBy, LoginEndpoints, SessionTracker};

pub use certificate::{CertificateError, certificate_end};
pub use context::RequestContext;
pub use upstream::Upstream;

/// Where the filter listens and whom it stands in front of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Certificate chain and key as PEM files; plain HTTP where `None`.
    pub tls: Option<TlsFiles>,
    /// The site.
    pub upstream: Upstream,
    /// Worker threads; default one a core.
    pub threads: usize,
    /// Time in which a body that is judged before it is forwarded has to come; default 30 s.
    pub body_timeout: Duration,
    /// Time that requests under way are given at an orderly stop; default 5 s, whole seconds.
    pub shutdown_grace: Duration,
    /// What happens to connections of banned clients.
    pub at_accept: AtAccept,
}

/// Certificate chain and private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM file with the certificate chain, the site's own first.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// What a request passes on its way: everything the hooks read.
pub struct Gate {
    /// Who is asking.
    pub client: client::Config,
    /// Who is barred.
    pub bans: Arc<BanList>,
    /// Which visit.
    pub sessions: Arc<SessionTracker>,
    /// Whether requests are grouped to visits.
    pub grouping: bool,
    /// What tells visitors of one client apart.
    pub session_key: KeyBy,
    /// Features an operator added.
    pub custom: CustomFeatures,
    /// What expressions need.
    pub expressions: expression::Root,
    /// What no visitor does.
    pub watch: Arc<Watch>,
    /// Tells paths, user agents and credentials apart without keeping them.
    pub fingerprints: Fingerprints,
    /// What it carries.
    pub inspector: Arc<Inspector>,
    /// What is done about it.
    pub policy: Policy,
    /// Where it is noted.
    pub log: ActivityLog,
    /// Where refusals are exported to.
    pub audit: Option<AuditExport>,
    /// Which requests are noted in the log.
    pub requests: RequestLogging,
    /// Which bodies are noted.
    pub bodies: BodyLogging,
    /// Reads values of noted bodies for their sessions.
    pub body_reader: BodyReader,
    /// Which requests are login attempts.
    pub logins: LoginEndpoints,
    /// Names for requests.
    pub ids: RequestIds,
    /// Counts.
    pub metrics: ProxyMetrics,
    /// Whether clients speak TLS to the filter.
    pub over_tls: bool,
    /// Time in which a body that is judged first has to come.
    pub body_timeout: Duration,
}

/// The filter as Pingora runs it.
pub struct WafProxy {
    gate: Gate,
    upstream: Upstream,
}

/// A listener that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: {source}; is another process using it?")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or key cannot be used.
    #[error("cannot use certificate {certificate} with key {key}: {reason}")]
    Tls {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
        /// What was wrong.
        reason: String,
    },
}

/// Runs the proxy until the process is told to stop (SIGTERM: requests under way are given
/// [`Config::shutdown_grace`]; SIGINT: at once).
///
/// Must not be called from within an async runtime: Pingora brings its own.
///
/// # Errors
/// When a listener cannot be set up.
pub fn serve(config: &Config, gate: Gate) -> Result<(), ListenError> {
    check_bind(config.listen)?;
    let mut server = Server::new_with_opt_and_conf(None, server_conf(config));
    server.bootstrap();
    let filter = accept::DropBanned { bans: Arc::clone(&gate.bans), metrics: gate.metrics.clone() };
    let proxy = WafProxy { gate, upstream: config.upstream.clone() };
    let mut service = http_proxy_service(&server.configuration, proxy);
    if config.at_accept == AtAccept::Drop {
        service.set_connection_filter(Arc::new(filter));
    }
    let address = config.listen.to_string();
    match &config.tls {
        None => service.add_tcp(&address),
        Some(files) => {
            let (certificate, key) = (files.certificate.display().to_string(), files.key.display().to_string());
            let mut settings = TlsSettings::intermediate(&certificate, &key).map_err(|error| ListenError::Tls {
                certificate: files.certificate.clone(),
                key: files.key.clone(),
                reason: error.to_string(),
            })?;
            // Offered, by ALPN; who does not ask for it speaks HTTP/1.1.
            settings.enable_h2();
            service.add_tls_with_settings(&address, None, settings);
        }
    }
    server.add_service(service);
    server.run(RunArgs::default());
    Ok(())
}

/// Pingora panics where it cannot bind; this finds out first and says it in words.
fn check_bind(address: SocketAddr) -> Result<(), ListenError> {
    match std::net::TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(source) => Err(ListenError::Bind { address, source }),
    }
}

fn server_conf(config: &Config) -> ServerConf {
    ServerConf {
        threads: config.threads,
        grace_period_seconds: Some(config.shutdown_grace.as_secs()),
        graceful_shutdown_timeout_seconds: Some(config.shutdown_grace.as_secs()),
        ..ServerConf::default()
    }
}
