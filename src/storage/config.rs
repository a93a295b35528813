//! Which storage, and where.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Largest size of the embedded file by default: 4 GiB.
const DEFAULT_MAX_BYTES: u64 = 4 << 30;

/// A MongoDB connection string. Shown without its user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUri(String);

impl MongoUri {
    /// Takes a connection string such as `mongodb://user:password@host:27017/database`; it is parsed when opened.
    pub fn new(uri: impl Into<String>) -> Self {
        Self(uri.into())
    }

    /// The whole string, password included.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// `user:password`, where the string has it.
    pub(super) fn credentials(&self) -> Option<&str> {
        let after = self.0.split_once("://")?.1;
        let authority = after.split(['/', '?']).next().unwrap_or(after);
        // A password may hold an unencoded slash by mistake: then everything up to the last `@` is taken.
        match authority.rsplit_once('@').or_else(|| after.rsplit_once('@')) {
            Some((credentials, _)) => Some(credentials),
            None => None,
        }
    }
}

impl fmt::Display for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.credentials() {
            Some(credentials) => self.0.replacen(&format!("{credentials}@"), "", 1),
            None => self.0.clone(),
        };
        // Options may carry secrets too (proxyPassword, tlsCertificateKeyFilePassword).
        f.write_str(shown.split('?').next().unwrap_or_default())
    }
}

impl fmt::Debug for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kinds of storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageKind {
    /// A SQLite file; no server needed.
    Embedded {
        /// The file; it and its folder are made where missing.
        path: PathBuf,
        /// Size past which the oldest records are removed, in bytes. Default 4 GiB.
        max_bytes: u64,
    },
    /// A MongoDB server, 4.4 or later.
    Mongodb {
        /// How to reach it.
        uri: MongoUri,
        /// Name of the database; `None` takes the one in the URI, else `portcullis`.
        database: Option<String>,
    },
}

impl StorageKind {
    /// The embedded store in this file, with the default size.
    pub fn embedded(path: impl Into<PathBuf>) -> Self {
        Self::Embedded { path: path.into(), max_bytes: DEFAULT_MAX_BYTES }
    }
}

/// What a start does when MongoDB does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnUnreachable {
    /// The start is refused.
    #[default]
    Refuse,
    /// The filter starts without its bans of before; records wait in the queue until the server answers.
    Start,
}

impl OnUnreachable {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Start];

    /// The choice's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Start => "start",
        }
    }

    /// The choice of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name)
    }
}

/// Which storage, and how it is opened.
#[derive(Clone, Debug)]
pub struct Config {
    /// The kind. Default: embedded, in `data/portcullis.sqlite`.
    pub kind: StorageKind,
    /// What a start does when MongoDB does not answer. Default: the start is refused.
    pub on_unreachable: OnUnreachable,
    /// How long MongoDB may take to be found and connected to. Default 5 s.
    pub connect_timeout: Duration,
    /// Age past which MongoDB itself removes records, by a TTL index; zero keeps them. Default 30 days.
    /// The same value as `activity.retention`.
    pub retention: Duration,
    /// Whether MongoDB's indexes are made at start; where not, those that are missing are named in a warning.
    /// Default true.
    pub manage_indexes: bool,
    /// Bytes on disk for records that the store does not take, at most; zero: they wait in memory only. Default 1 GiB.
    pub spool_limit: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: StorageKind::embedded("data/portcullis.sqlite"),
            on_unreachable: OnUnreachable::default(),
            connect_timeout: Duration::from_secs(5),
            retention: Duration::from_secs(30 * 24 * 60 * 60),
            manage_indexes: true,
            spool_limit: 1 << 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_shown_without_its_password() {
        for (uri, shown) in [
            ("mongodb://localhost:27017/waf", "mongodb://localhost:27017/waf"),
            ("mongodb://me:s3cret@db.example:27017/waf?authSource=admin", "mongodb://db.example:27017/waf"),
            ("mongodb+srv://me:s3/c@ret@db.example/waf", "mongodb+srv://db.example/waf"),
            ("mongodb://db.example/?proxyPassword=s3cret", "mongodb://db.example/"),
        ] {
            assert_eq!(MongoUri::new(uri).to_string(), shown);
            assert!(!format!("{:?}", MongoUri::new(uri)).contains("s3"));
        }
    }
}
