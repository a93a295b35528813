//! Where requests go, and what the upstream is told of their sender.

use std::time::Duration;

use http::header::EXPECT;
use pingora_core::Result;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_http::RequestHeader;

use super::RequestContext;
use crate::client::{self, ClientIp};

/// Header that names a request to the upstream and to the client.
pub(super) const REQUEST_ID: &str = "x-request-id";

/// The one upstream: the site behind the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// `host:port`; a name is looked up for each new connection.
    pub address: String,
    /// Whether it is spoken to by TLS.
    pub tls: bool,
    /// Name in its certificate; the host of `address` where empty.
    pub sni: String,
    /// Time to connect; default 5 s.
    pub connect_timeout: Duration,
    /// Longest silence while it answers; default 60 s, nginx's.
    pub read_timeout: Duration,
}

impl Upstream {
    pub(super) fn peer(&self) -> Result<Box<HttpPeer>> {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        let sni = if self.sni.is_empty() { host } else { &self.sni };
        let mut peer = HttpPeer::new(&self.address, self.tls, sni.to_owned());
        peer.options.connection_timeout = Some(self.connect_timeout);
        peer.options.total_connection_timeout = Some(self.connect_timeout * 2);
        peer.options.read_timeout = Some(self.read_timeout);
        Ok(Box::new(peer))
    }
}

/// Tells the upstream who asks, by which scheme, and under which id.
///
/// Forwarding headers of a peer that is no trusted proxy are replaced, not extended: they are its own invention.
pub(super) fn rewrite_headers(
    request: &mut RequestHeader,
    ctx: &RequestContext,
    clients: &client::Config,
    over_tls: bool,
) -> Result<()> {
    let Some(client) = ctx.client else { return Ok(()) };
    let peer = ClientIp::new(client.peer.0.ip());
    let vouched = clients.trusted_proxies.contains(peer);
    let mut chain = peer.to_string();
    if vouched {
        let earlier: Vec<_> =
            request.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        if !earlier.is_empty() {
            chain = format!("{}, {chain}", earlier.join(", "));
        }
    }
    request.insert_header("x-forwarded-for", chain)?;
    if !vouched || !request.headers.contains_key("x-forwarded-proto") {
        request.insert_header("x-forwarded-proto", if over_tls { "https" } else { "http" })?;
    }
    if !vouched {
        request.remove_header("forwarded");
    }
    request.insert_header("x-real-ip", client.ip.to_string())?;
    request.insert_header(REQUEST_ID, ctx.id.to_string())?;
    if ctx.continued {
        request.remove_header(&EXPECT);
    }
    Ok(())
}
