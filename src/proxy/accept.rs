//! Connections of banned clients, closed before a byte of them is read.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use pingora_core::listeners::ConnectionFilter;

use crate::banlist::BanList;
use crate::client::ClientIp;
use crate::metrics::ProxyMetrics;
use crate::time::Timestamp;

/// Drops connections by the socket peer; only for filters with no trusted proxy in front, where that is the client.
pub(super) struct DropBanned {
    pub(super) bans: Arc<BanList>,
    pub(super) metrics: ProxyMetrics,
}

#[async_trait]
impl ConnectionFilter for DropBanned {
    async fn should_accept(&self, peer: Option<&SocketAddr>) -> bool {
        let Some(peer) = peer else { return true };
        let banned = self.bans.check(ClientIp::new(peer.ip()), Timestamp::now()).is_some();
        if banned {
            self.metrics.dropped_at_accept.inc();
        }
        !banned
    }
}

impl fmt::Debug for DropBanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DropBanned")
    }
}
