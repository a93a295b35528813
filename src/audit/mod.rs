//! The audit export: refusals as JSON lines for a SIEM, in the shape of Coraza's or ModSecurity's JSON audit log.
//!
//! [`AuditExport::record`] writes a line into a bounded queue and returns; a thread of its own writes it to the file
//! or to standard output. What finds no room is dropped and counted. What is written was redacted as the activity
//! log is: the line is made of the same record.

mod coraza;
mod export;
mod message;
mod modsecurity;
mod moment;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use export::{AuditExport, OpenError};

/// Where refusals are exported to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to.
    pub to: Destination,
    /// In which shape.
    pub format: Format,
    /// Lines that may wait; past it they are dropped and counted. Default 4,096; their bytes are bounded as well.
    pub queue: usize,
}

/// Where refusals are exported to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output, for collectors that read a container's or a unit's.
    Stdout,
    /// The end of this file; made where missing, opened anew on SIGHUP.
    File(PathBuf),
}

/// Whose JSON audit log the lines look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// OWASP Coraza, version 3.
    #[default]
    Coraza,
    /// ModSecurity, version 3.
    ModSecurity,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Coraza, Self::ModSecurity];

    /// The format's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Coraza => "coraza",
            Self::ModSecurity => "modsecurity",
        }
    }
}

/// What an audit log holds of a request beside its activity record.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The socket peer: the client, or the proxy that spoke for it.
    pub peer: SocketAddr,
    /// Where the client connected to; `None` where the system does not tell.
    pub host: Option<SocketAddr>,
    /// Version of HTTP, as in a request line: `1.1`, `2.0`.
    pub http_version: &'static str,
    /// Headers of the answer, redacted.
    pub response_headers: Vec<(String, String)>,
    /// Whether requests are refused at all: `On` in an audit log, else `DetectionOnly`.
    pub enforcing: bool,
}
