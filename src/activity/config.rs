//! How activity is logged.

use std::time::Duration;

use super::Pseudonyms;

/// Which request bodies are kept, always redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyLogging {
    /// None.
    Off,
    /// Those of requests that something was suspected in.
    #[default]
    Findings,
    /// All, as the predecessor had it.
    Redacted,
}

impl BodyLogging {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Off, Self::Findings, Self::Redacted];

    /// The choice's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Findings => "findings",
            Self::Redacted => "redacted",
        }
    }

    /// The choice of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name)
    }

    /// Whether the body of a request is kept, given whether something was suspected in it.
    pub const fn keeps(self, suspected: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Findings => suspected,
            Self::Redacted => true,
        }
    }
}

/// Which requests are logged. Visits, strikes, bans and the audit export take in every request all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RequestLogging {
    /// None.
    Off,
    /// Those that something was suspected in, and those of banned clients.
    Findings,
    /// All, as the predecessor had it.
    #[default]
    All,
}

impl RequestLogging {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Off, Self::Findings, Self::All];

    /// The choice's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Findings => "findings",
            Self::All => "all",
        }
    }

    /// Whether a request is logged, given whether something was suspected in it.
    pub const fn keeps(self, suspected: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Findings => suspected,
            Self::All => true,
        }
    }
}

/// How activity is logged.
#[derive(Clone, Debug)]
pub struct Config {
    /// Records that may wait for the store, those being written included; past it they are dropped and counted.
    /// Default 65,536, at least 1.
    pub queue: usize,
    /// Bytes that waiting records may hold together, roughly; past it they are dropped and counted.
    /// Default 256 MiB: without it a dead store and large bodies would fill the memory before `queue` is reached.
    pub queue_bytes: usize,
    /// Records handed to the store at once, at most. Default 512, at least 1.
    pub batch: usize,
    /// How long a record may wait for others to share its batch. Default 200 ms.
    pub flush_interval: Duration,
    /// Age past which records are removed; zero keeps them for ever. Default 30 days.
    pub retention: Duration,
    /// Which requests are logged. Default: all.
    pub requests: RequestLogging,
    /// Which request bodies are kept. Default: those of suspected requests.
    pub bodies: BodyLogging,
    /// Stands pseudonyms in place of clients' addresses in what is stored of requests and judged visits. Default: none,
    /// addresses are stored.
    pub pseudonyms: Option<Pseudonyms>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            queue: 65_536,
            queue_bytes: 256 << 20,
            batch: 512,
            flush_interval: Duration::from_millis(200),
            retention: Duration::from_secs(30 * 24 * 60 * 60),
            requests: RequestLogging::default(),
            bodies: BodyLogging::default(),
            pseudonyms: None,
        }
    }
}
