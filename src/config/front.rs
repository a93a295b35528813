//! `[proxy]`, `[admin]`, `[client]` and `[banlist]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Section;
use super::units;
use crate::admin::{NamedToken, Role, TokenHash};
use crate::banlist::{self, AtAccept};
use crate::client::{self, TrustedProxies};
use crate::crawlers::{self, CrawlerDomain};
use crate::proxy::{self, TlsFiles, Upstream};

const ADDRESS: &str = "an address and a port, such as \"127.0.0.1:8080\"";
const NETWORK: &str = "an IP address or a CIDR range, such as \"10.0.0.0/8\"";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Where the admin API listens, and who may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminListener {
    /// Address and port; default `127.0.0.1:9901`.
    pub listen: SocketAddr,
    /// Certificate chain and key as PEM files; plain HTTP where `None`, which is for loopback only.
    pub tls: Option<TlsFiles>,
    /// Tokens with a name and a role, beside the operator's own. Default: none.
    pub tokens: Vec<NamedToken>,
    /// File that holds the token; made at the first start. Default `admin.token` in the data directory.
    pub token_file: PathBuf,
}

pub(super) fn proxy(mut section: Section<'_>, at_accept: AtAccept) -> proxy::Config {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let listen = section.text("listen", SocketAddr::from(([127, 0, 0, 1], 8080)), ADDRESS, |text| text.parse().ok());
    let config = proxy::Config {
        listen,
        tls: tls(&mut section),
        upstream: upstream(&mut section),
        threads: section.number("threads", cores, 1..=1_024),
        body_timeout: section.duration("body_timeout", 30 * SECOND, SECOND..=HOUR),
        shutdown_grace: section.duration("shutdown_grace", 5 * SECOND, Duration::ZERO..=HOUR),
        at_accept,
    };
    section.finish();
    config
}

fn upstream(section: &mut Section<'_>) -> Upstream {
    let host_port = |text: &str| {
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| text.to_owned())
    };
    if !section.has("upstream") {
        section.fault("upstream", "missing; expected the site behind the filter, such as \"127.0.0.1:3000\"");
    }
    Upstream {
        address: section.text("upstream", String::new(), "host:port, such as \"127.0.0.1:3000\"", host_port),
        tls: section.flag("upstream_tls", false),
        sni: section.text("upstream_sni", String::new(), "a host name", |text| Some(text.to_owned())),
        connect_timeout: section.duration("connect_timeout", 5 * SECOND, Duration::from_millis(10)..=HOUR),
        read_timeout: section.duration("read_timeout", 60 * SECOND, SECOND..=24 * HOUR),
    }
}

fn tls(section: &mut Section<'_>) -> Option<TlsFiles> {
    match (section.path_of("tls_certificate"), section.path_of("tls_key")) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            for (name, file) in [("tls_certificate", &certificate), ("tls_key", &key)] {
                if !file.is_file() {
                    section.fault(name, format!("{} is no file; expected a PEM file", file.display()));
                }
            }
            Some(TlsFiles { certificate, key })
        }
        (Some(_), None) => {
            section.fault("tls_key", "missing; tls_certificate and tls_key go together");
            None
        }
        (None, Some(_)) => {
            section.fault("tls_certificate", "missing; tls_certificate and tls_key go together");
            None
        }
    }
}

pub(super) fn admin(mut section: Section<'_>, data_dir: &std::path::Path) -> AdminListener {
    let listen = section.text("listen", SocketAddr::from(([127, 0, 0, 1], 9901)), ADDRESS, |text| text.parse().ok());
    let tls = tls(&mut section);
    let plain = section.flag("allow_plain_http", false);
    if !listen.ip().is_loopback() && tls.is_none() && !plain {
        section.fault(
            "listen",
            format!(
                "{listen} is open to the network and would speak plain HTTP; expected a loopback address, or \
                 tls_certificate and tls_key beside it"
            ),
        );
    }
    let tokens = tokens(&mut section);
    let token_file = section.path_of("token_file").unwrap_or_else(|| data_dir.join("admin.token"));
    section.finish();
    AdminListener { listen, tls, tokens, token_file }
}

fn tokens(section: &mut Section<'_>) -> Vec<NamedToken> {
    let mut tokens: Vec<NamedToken> = Vec::new();
    for mut entry in section.sections("tokens") {
        for key in ["name", "role", "hash"] {
            if !entry.has(key) {
                entry.fault(key, "missing; `portcullis token new` prints a whole entry");
            }
        }
        let name = entry.text("name", None, "1 to 32 letters, digits, \".\", \"_\" or \"-\"", |text| {
            NamedToken::is_name(text).then(|| Some(text.to_owned()))
        });
        let role = entry.optional_choice("role", &Role::ALL.map(|role| (role.as_str(), role)));
        let form = "\"sha256:\" and 64 hex digits, as `portcullis token new` prints it";
        let hash = entry.text("hash", None, form, |text| text.parse::<TokenHash>().ok().map(Some));
        if let Some(name) = name.as_ref().filter(|name| tokens.iter().any(|token| token.name == **name)) {
            entry.fault("name", format!("\"{name}\" is taken by another token; expected a name of its own"));
        }
        entry.finish();
        if let (Some(name), Some(role), Some(hash)) = (name, role, hash) {
            tokens.push(NamedToken { name, role, hash });
        }
    }
    tokens
}

pub(super) fn client(mut section: Section<'_>) -> client::Config {
    let default = client::Config::default();
    let trusted = section.list("trusted_proxies", NETWORK, units::network).unwrap_or_default();
    let header = section.optional("header", "a header's name, such as \"cf-connecting-ip\"", |text| text.parse().ok());
    if header.is_some() && trusted.is_empty() {
        section.fault("header", "is never read while trusted_proxies is empty: nobody may speak for others");
    }
    let config = client::Config {
        trusted_proxies: TrustedProxies::new(trusted),
        header,
        ipv6_prefix: section.number("ipv6_prefix", default.ipv6_prefix, 1..=128),
    };
    section.finish();
    config
}

pub(super) fn banlist(mut section: Section<'_>, client: &client::Config) -> (banlist::Config, crawlers::Config) {
    let default = banlist::Config::default();
    let config = banlist::Config {
        allowlist: section.list("allowlist", NETWORK, units::network).unwrap_or_default(),
        at_accept: section.choice(
            "at_accept",
            default.at_accept,
            &AtAccept::ALL.map(|action| (action.as_str(), action)),
        ),
        max_bans: section.number("max_bans", default.max_bans, 1..=10_000_000),
        unban_grace: section.duration("unban_grace", default.unban_grace, Duration::ZERO..=24 * HOUR),
    };
    if config.at_accept == AtAccept::Drop && !client.trusted_proxies.is_empty() {
        section.fault("at_accept", "\"drop\" acts on the socket peer, which is a proxy here; expected \"answer\"");
    }
    let crawlers = crawlers(&mut section);
    section.finish();
    (config, crawlers)
}

fn crawlers(section: &mut Section<'_>) -> crawlers::Config {
    let default = crawlers::Config::default();
    let domain = "a domain of at least two labels with a dot in front, such as \".googlebot.com\"";
    crawlers::Config {
        domains: section.list("crawlers", domain, CrawlerDomain::parse).unwrap_or_default(),
        resolver: section
            .optional("resolver", "an address and a port, such as \"127.0.0.1:53\"", |text| text.parse().ok()),
        timeout: section.duration("resolver_timeout", default.timeout, Duration::from_millis(10)..=60 * SECOND),
    }
}
