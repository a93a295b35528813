//! Which peers may speak for others.

use ipnet::IpNet;

use super::ClientIp;

/// Networks of proxies whose forwarding headers are believed; empty trusts nobody.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts exactly these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address is a trusted proxy.
    pub fn contains(&self, ip: ClientIp) -> bool {
        self.0.iter().any(|network| network.contains(&ip.addr()))
    }

    /// Whether any address of `scope` is a trusted proxy; banning such a scope would bar everyone behind it.
    pub fn overlaps(&self, scope: &IpNet) -> bool {
        self.0.iter().any(|network| network.contains(scope) || scope.contains(network))
    }

    /// Whether nobody is trusted, so that the socket peer is always the client.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
