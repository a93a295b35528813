//! One ban.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;

use crate::id::RequestId;
use crate::time::Timestamp;

/// What a ban covers: one address or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BanScope(IpNet);

impl BanScope {
    /// The covered network.
    pub fn net(self) -> IpNet {
        self.0
    }
}

impl From<IpNet> for BanScope {
    /// IPv4-mapped IPv6 scopes of at least /96 are folded to IPv4; host bits are cleared.
    fn from(net: IpNet) -> Self {
        if let IpNet::V6(v6) = net
            && let Some(v4) = v6.addr().to_ipv4_mapped()
            && let Some(length) = v6.prefix_len().checked_sub(96)
            && let Ok(folded) = ipnet::Ipv4Net::new(v4, length)
        {
            return Self(IpNet::V4(folded.trunc()));
        }
        Self(net.trunc())
    }
}

impl fmt::Display for BanScope {
    /// The bare address where the scope is a single one, else CIDR.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// A text is neither an address nor a range.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IP address or a CIDR range, such as 192.0.2.7 or 2001:db8::/64")]
pub struct InvalidScope;

impl FromStr for BanScope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        text.parse::<IpNet>()
            .or_else(|_| text.parse().map(|ip: std::net::IpAddr| IpNet::from(ip)))
            .map(Self::from)
            .map_err(|_| InvalidScope)
    }
}

/// Who asked for a ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BanOrigin {
    /// Too many abnormal sessions.
    Behaviour,
    /// A person, through the admin API, the console or the command line.
    Operator,
    /// Taken over from elsewhere.
    Import,
}

impl BanOrigin {
    /// Every origin, as stored and as a metric label.
    pub const ALL: [Self; 3] = [Self::Behaviour, Self::Operator, Self::Import];

    /// The origin's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Behaviour => "behaviour",
            Self::Operator => "operator",
            Self::Import => "import",
        }
    }

    /// The origin of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == name)
    }
}

/// One entry of the edge blacklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Whom it bars.
    pub scope: BanScope,
    /// Who asked for it.
    pub origin: BanOrigin,
    /// Why, in words for an operator.
    pub reason: String,
    /// The session that brought it about, where one did.
    pub evidence: Option<RequestId>,
    /// When it began.
    pub since: Timestamp,
    /// When it ends; `None` bars until someone lifts it.
    pub until: Option<Timestamp>,
}

impl Ban {
    /// Whether the ban still bars at this moment.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
