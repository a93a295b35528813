//! Questions to a resolver.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};

use super::Config;

/// There is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no resolver ({0}); expected one here, such as \"127.0.0.1:53\"")]
pub struct NoResolver(String);

/// A resolver, asked at most twice.
pub(super) struct Dns(TokioResolver);

impl Dns {
    pub(super) fn new(config: &Config) -> Result<Self, NoResolver> {
        let none = |error: NetError| NoResolver(error.to_string());
        let mut builder = match config.resolver {
            None => TokioResolver::builder_tokio().map_err(none)?,
            Some(address) => {
                let at_port = |mut connection: ConnectionConfig| {
                    connection.port = address.port();
                    connection
                };
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(at_port).to_vec();
                let server = NameServerConfig::new(address.ip(), true, connections);
                let servers = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(servers, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.attempts = 1;
        options.timeout = config.timeout.max(Duration::from_millis(2)) / 2;
        // What the machine's own file of hosts says is no proof, and answers are remembered by whoever asks.
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 0;
        builder.build().map(Self).map_err(none)
    }

    /// The names of an address, in lower case; none where it has none, `None` without an answer.
    pub(super) async fn names(&self, ip: IpAddr) -> Option<Vec<String>> {
        let found = answer(self.0.reverse_lookup(Name::from(ip)).await)?;
        let name =
            |data: &RData| if let RData::PTR(name) = data { Some(name.0.to_lowercase().to_ascii()) } else { None };
        Some(data(&found).filter_map(name).collect())
    }

    /// The addresses of a name, of one family; none where it has none, `None` without an answer.
    pub(super) async fn addresses(&self, name: &str, v6: bool) -> Option<Vec<IpAddr>> {
        let mut name = Name::from_ascii(name).ok()?;
        name.set_fqdn(true);
        let found = if v6 { self.0.ipv6_lookup(name).await } else { self.0.ipv4_lookup(name).await };
        let address = |data: &RData| match data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        };
        Some(data(&answer(found)?).filter_map(address).collect())
    }
}

/// What was found; nothing where the DNS says that there is nothing, `None` where it says nothing.
fn answer(asked: Result<Lookup, NetError>) -> Option<Option<Lookup>> {
    match asked {
        Ok(found) => Some(Some(found)),
        Err(error) if error.is_no_records_found() || error.is_nx_domain() => Some(None),
        Err(error) => {
            tracing::debug!(%error, "the resolver gave no answer");
            None
        }
    }
}

fn data(found: &Option<Lookup>) -> impl Iterator<Item = &RData> {
    found.iter().flat_map(|found| found.answers()).map(|record| &record.data)
}
