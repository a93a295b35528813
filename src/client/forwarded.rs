//! Forwarding headers: hostile text until a trusted proxy vouches for its last hop.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

use super::{ClientIp, TrustedProxies};

/// Hops read at most; a longer chain is read from its right end, where the trusted proxies wrote.
const MAX_HOPS: usize = 64;

/// The hops of all X-Forwarded-For headers, nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardedChain {
    /// From right to left; ends at the first hop that is no address.
    hops: Vec<ClientIp>,
}

impl ForwardedChain {
    /// Reads all X-Forwarded-For headers from the right, up to the first hop that is no address.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let hops = values
            .iter()
            .rev()
            .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','))
            .take(MAX_HOPS)
            .map_while(parse_hop)
            .collect();
        Self { hops }
    }

    /// The first hop, walking from the right, that is no trusted proxy.
    ///
    /// Where every hop is trusted, the leftmost one. `None` when there is no readable hop.
    pub fn client(&self, trusted: &TrustedProxies) -> Option<ClientIp> {
        self.hops.iter().find(|hop| !trusted.contains(**hop)).or(self.hops.last()).copied()
    }
}

/// The address in a header that must carry exactly one; `None` where it is repeated, a list or no address.
pub(super) fn single_address(headers: &HeaderMap, name: &HeaderName) -> Option<ClientIp> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => parse_hop(value.as_bytes()),
        _ => None,
    }
}

/// An address, with an optional port (`192.0.2.1:443`, `[2001:db8::1]:443`), as proxies write them.
fn parse_hop(hop: &[u8]) -> Option<ClientIp> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = match bare.parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => text.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(ClientIp::new(ip))
}
