//! Settings that differ by path.

use percent_encoding::percent_decode;

use super::{BodyLimitAction, Mode};

/// What holds for a part of the site, by path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Prefix of the decoded path, such as `/wiki/`; the longest one that matches wins.
    pub path: String,
    /// Mode there; the global one where `None`.
    pub mode: Option<Mode>,
    /// Body limit there, in bytes; the global one where `None`.
    pub body_limit: Option<u64>,
    /// What happens past it; the global action where `None`.
    pub over_limit: Option<BodyLimitAction>,
}

/// What holds for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Mode.
    pub mode: Mode,
    /// Bytes of a body that are read and inspected at most.
    pub body_limit: u64,
    /// What happens to a larger body.
    pub over_limit: BodyLimitAction,
}

impl Route {
    pub(super) fn terms(&self, default: &Terms) -> Terms {
        Terms {
            mode: self.mode.unwrap_or(default.mode),
            body_limit: self.body_limit.unwrap_or(default.body_limit),
            over_limit: self.over_limit.unwrap_or(default.over_limit),
        }
    }
}

impl Terms {
    /// The stricter of each.
    pub(super) fn stricter(self, other: Self) -> Self {
        Self {
            mode: self.mode.max(other.mode),
            body_limit: self.body_limit.min(other.body_limit),
            over_limit: self.over_limit.max(other.over_limit),
        }
    }
}

/// The path as most applications read it; `None` when they would not agree.
///
/// Paths that say one thing to the filter and another to the application (`/static/../login`, `/static/%2e%2e/login`,
/// `/static;/x`, `/a\b`) match no route on their own: who chose the words must not choose the rules.
pub(super) fn plain_path(raw: &[u8]) -> Option<String> {
    let decoded: Vec<u8> = percent_decode(raw).collect();
    let path = String::from_utf8(decoded).ok()?;
    let odd = |c: char| matches!(c, '\\' | ';' | '%') || c.is_control();
    let plain = path.starts_with('/')
        && !path.contains(odd)
        && !path.contains("//")
        && !path.split('/').any(|segment| segment == "." || segment == "..")
        && !raw.windows(3).any(|code| code.eq_ignore_ascii_case(b"%2f"));
    plain.then_some(path)
}
