//! What becomes of a request. Says nothing of HTTP: `proxy/respond` chooses the status.

use serde::{Deserialize, Serialize};

use super::Mode;
use crate::inspection::AttackClass;

/// Why a request was refused, or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The client is banned.
    Banned,
    /// The text classifier took a part of it for an attack.
    Attack(AttackClass),
    /// A part of it is not what it claims to be, and the route does not put up with that.
    Malformed,
    /// Its body is larger than the route allows.
    BodyTooLarge,
    /// It could not be inspected.
    Uninspected,
}

impl Reason {
    /// Every stable name.
    pub const NAMES: [&str; 5] = ["banned", "attack", "malformed", "body-too-large", "uninspected"];

    /// The reason's stable name, as logged and as a metric label; attacks share one name, their class stands beside.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Attack(_) => "attack",
            Self::Malformed => "malformed",
            Self::BodyTooLarge => "body-too-large",
            Self::Uninspected => "uninspected",
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// It goes on, nothing was suspected.
    Allow,
    /// It goes on, though this was suspected.
    Flag(Reason),
    /// It is not forwarded.
    Refuse(Reason),
}

impl Verdict {
    /// Every stable name.
    pub const NAMES: [&str; 3] = ["allow", "flag", "refuse"];

    /// The verdict's stable name, as logged and as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Flag(_) => "flag",
            Self::Refuse(_) => "refuse",
        }
    }

    /// Why, where there is a why.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Allow => None,
            Self::Flag(reason) | Self::Refuse(reason) => Some(reason),
        }
    }

    /// Whether the request is not forwarded.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Refuse(_))
    }

    /// The graver of two verdicts; of equally grave ones an attack goes before any other reason, else the first.
    pub fn graver(self, other: Self) -> Self {
        if other.gravity() > self.gravity() { other } else { self }
    }

    /// What becomes of this verdict in a mode: detect refuses nothing, off says nothing.
    pub const fn under(self, mode: Mode) -> Self {
        match (mode, self) {
            (Mode::Off, _) => Self::Allow,
            (Mode::Detect, Self::Refuse(reason)) => Self::Flag(reason),
            (Mode::Detect | Mode::Block, verdict) => verdict,
        }
    }

    fn gravity(self) -> (u8, bool) {
        let step = match self {
            Self::Allow => 0,
            Self::Flag(_) => 1,
            Self::Refuse(_) => 2,
        };
        (step, matches!(self.reason(), Some(Reason::Attack(_))))
    }
}
