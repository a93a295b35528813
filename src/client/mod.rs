//! Who is asking: the socket peer, or whom a trusted proxy speaks for.
//!
//! [`Config::identify`] is the single place where an address is decided; everything after it (bans, sessions,
//! strikes, the log) reads the [`ClientIdentity`] it made. A header counts only when the peer is a trusted proxy,
//! so a spoofed header never changes who is banned.

mod forwarded;
mod trusted;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

pub use forwarded::ForwardedChain;
pub use trusted::TrustedProxies;

/// Address of the other end of the TCP connection; a proxy's, when one stands in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// Address of the client; IPv4-mapped IPv6 addresses are folded to IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// Folds an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) to IPv4.
    pub fn new(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }

    /// The folded address.
    pub fn addr(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The unit that sessions, strikes and behaviour bans are counted by: one IPv4 address, or one IPv6 network.
///
/// A household or a host commonly holds a whole IPv6 /64 (RFC 6177), so counting single addresses there would let
/// one client have 2^64 names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientKey(IpNet);

impl ClientKey {
    /// The network that stands for the client.
    pub fn net(self) -> IpNet {
        self.0
    }
}

impl From<IpNet> for ClientKey {
    fn from(net: IpNet) -> Self {
        Self(net.trunc())
    }
}

impl fmt::Display for ClientKey {
    /// The bare address where the network is a single one, else CIDR.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The other end of the connection.
    pub peer: PeerAddr,
    /// The client itself.
    pub ip: ClientIp,
    /// What the client is counted by.
    pub key: ClientKey,
}

/// How clients are told apart.
#[derive(Clone, Debug)]
pub struct Config {
    /// Peers whose forwarding headers are believed. Default: none.
    pub trusted_proxies: TrustedProxies,
    /// A header with exactly one address, set by the trusted proxy (such as `cf-connecting-ip`), read in place of
    /// X-Forwarded-For. Default: none.
    pub header: Option<HeaderName>,
    /// Prefix length that groups IPv6 clients, 1 to 128. Default 64.
    pub ipv6_prefix: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self { trusted_proxies: TrustedProxies::default(), header: None, ipv6_prefix: 64 }
    }
}

impl Config {
    /// Decides who sent a request, from the peer address and, where the peer is trusted, the headers.
    pub fn identify(&self, peer: PeerAddr, headers: &HeaderMap) -> ClientIdentity {
        let direct = ClientIp::new(peer.0.ip());
        let ip =
            if self.trusted_proxies.contains(direct) { self.spoken_for(headers).unwrap_or(direct) } else { direct };
        ClientIdentity { peer, ip, key: self.key(ip) }
    }

    /// What a client address is counted by.
    pub fn key(&self, ip: ClientIp) -> ClientKey {
        ClientKey::from(match ip.addr() {
            IpAddr::V4(v4) => IpNet::V4(Ipv4Net::from(v4)),
            IpAddr::V6(v6) => {
                let net = Ipv6Net::new(v6, self.ipv6_prefix).unwrap_or_else(|_| Ipv6Net::from(v6));
                IpNet::V6(net)
            }
        })
    }

    fn spoken_for(&self, headers: &HeaderMap) -> Option<ClientIp> {
        match &self.header {
            Some(name) => forwarded::single_address(headers, name),
            None => ForwardedChain::from_headers(headers).client(&self.trusted_proxies),
        }
    }
}

#[cfg(test)]
mod tests;
