//! Texts that come without a request: the command line, the dry run of the admin API, training.

use super::targets::Targets;
use super::{Target, TargetKind, body, extract};

/// Where in a request a text is taken to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A whole query string.
    Query,
    /// A whole body of unknown type.
    Body,
    /// The value of a header.
    Header,
    /// A whole path, with or without a query.
    Path,
    /// One decoded value of a parameter.
    Value,
    /// One decoded text of this kind.
    Kind(TargetKind),
}

impl Place {
    /// The place of this name: `query`, `body`, `header`, `path`, `value`, or a kind of target.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "body" => Some(Self::Body),
            "header" => Some(Self::Header),
            "path" => Some(Self::Path),
            "value" => Some(Self::Value),
            _ => TargetKind::ALL.into_iter().find(|kind| kind.as_str() == name).map(Self::Kind),
        }
    }

    /// Adds the targets of a text that stands here.
    pub fn read(self, text: &[u8], targets: &mut Targets) {
        match self {
            Self::Query => extract::read_query(text.strip_prefix(b"?").unwrap_or(text), targets),
            Self::Path => match memchr::memchr(b'?', text) {
                Some(at) => {
                    extract::read_path(&text[..at], targets);
                    extract::read_query(&text[at + 1..], targets);
                }
                None => extract::read_path(text, targets),
            },
            Self::Body => body::read(None, text, false, targets),
            Self::Header => targets.push(TargetKind::Header, b"", text),
            Self::Value => targets.push(TargetKind::QueryValue, b"", text),
            Self::Kind(kind) => targets.push(kind, b"", text),
        }
    }
}

impl Target {
    /// Whether what stands here may be a secret: by its name, or because it is a cookie.
    pub fn is_secret(&self) -> bool {
        self.kind == TargetKind::Cookie || super::is_secret_name(&self.name)
    }
}
