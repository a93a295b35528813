//! Search engines, known by their names in the DNS: what Google and Microsoft advise to tell their crawlers by.
//!
//! An address is a crawler's if the DNS names it (PTR) below one of the configured domains, and that name leads back to
//! the address (A or AAAA): whoever owns an address can name it as he likes, but not make the search engine's own name
//! lead to it. A `User-Agent` proves nothing and is not asked. Answers are kept for a while, in bounded memory; no answer
//! is no proof. Never called on a request's way.

mod dns;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::client::ClientIp;
use crate::time::Timestamp;

pub use dns::NoResolver;

use dns::Dns;

/// Addresses remembered at most.
const MAX_ADDRESSES: usize = 10_000;
/// For so long a crawler is taken for one.
const KEEP_CRAWLER: Duration = Duration::from_secs(60 * 60);
/// For so long any other address is taken for none.
const KEEP_OTHER: Duration = Duration::from_secs(10 * 60);
/// For so long a resolver that gave no answer is not asked again about an address.
const KEEP_UNKNOWN: Duration = Duration::from_secs(60);
/// Names of an address that are looked at; an owner may give it thousands.
const MAX_NAMES: usize = 8;

/// Which crawlers there are, and who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Domains below which crawlers have their names. Default: none, which switches this off.
    pub domains: Vec<CrawlerDomain>,
    /// The resolver; the machine's own where `None`, as by default.
    pub resolver: Option<SocketAddr>,
    /// Time that all questions about an address may take together. Default 2 s.
    pub timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { domains: Vec::new(), resolver: None, timeout: Duration::from_secs(2) }
    }
}

/// A domain such as `.googlebot.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawlerDomain(Box<str>);

impl CrawlerDomain {
    /// The domain of this text: a dot, then at least two labels; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let labels = text.strip_prefix('.')?;
        let is_label = |label: &str| {
            (1..64).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let holds = labels.contains('.') && labels.len() < 250 && labels.split('.').all(is_label);
        holds.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// Whether a name in lower case, with or without the root's dot, lies below the domain.
    fn has(&self, name: &str) -> bool {
        name.strip_suffix('.').unwrap_or(name).ends_with(&*self.0)
    }
}

/// What the DNS says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is a crawler's.
    Crawler,
    /// It is not.
    Other,
    /// The resolver gave no answer in time, or refused: nothing is proved.
    Unknown,
}

impl Known {
    /// For so long the answer holds, also by a clock that steps back.
    const fn keep(self) -> Duration {
        match self {
            Self::Crawler => KEEP_CRAWLER,
            Self::Other => KEEP_OTHER,
            Self::Unknown => KEEP_UNKNOWN,
        }
    }
}

/// Tells crawlers' addresses.
pub struct Crawlers {
    domains: Vec<CrawlerDomain>,
    timeout: Duration,
    dns: Dns,
    /// What is known of an address, and when it was asked about.
    known: Cache<IpAddr, (Known, Timestamp)>,
}

impl Crawlers {
    /// By this configuration; `None` where it names no domain.
    ///
    /// # Errors
    /// When no resolver is configured, here or on the machine.
    pub fn new(config: &Config) -> Result<Option<Arc<Self>>, NoResolver> {
        if config.domains.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self {
            domains: config.domains.clone(),
            timeout: config.timeout,
            dns: Dns::new(config)?,
            known: Cache::new(MAX_ADDRESSES),
        })))
    }

    /// What is known of an address now; `None` where the DNS is to be asked.
    pub fn known(&self, ip: ClientIp, now: Timestamp) -> Option<Known> {
        let (known, asked) = self.known.get(&ip.addr())?;
        (now.distance(asked) < known.keep()).then_some(known)
    }

    /// Asks the DNS about an address, for [`Config::timeout`] at most, and remembers the answer.
    pub async fn ask(&self, ip: ClientIp, now: Timestamp) -> Known {
        let asked = tokio::time::timeout(self.timeout, self.look_up(ip.addr())).await;
        let known = match asked {
            Ok(Some(true)) => Known::Crawler,
            Ok(Some(false)) => Known::Other,
            Ok(None) | Err(_) => Known::Unknown,
        };
        self.known.insert(ip.addr(), (known, now));
        known
    }

    /// Whether one of the address's names is a crawler's and leads back; `None` where the DNS does not say.
    async fn look_up(&self, ip: IpAddr) -> Option<bool> {
        let names = self.dns.names(ip).await?;
        let below = |name: &String| self.domains.iter().any(|domain| domain.has(name));
        let mut answered = true;
        for name in names.into_iter().take(MAX_NAMES).filter(below) {
            match self.dns.addresses(&name, ip.is_ipv6()).await {
                Some(addresses) if addresses.contains(&ip) => return Some(true),
                Some(_) => {}
                None => answered = false,
            }
        }
        answered.then_some(false)
    }
}

#[cfg(test)]
pub(crate) mod tests;
