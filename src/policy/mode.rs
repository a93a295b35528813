//! How far the filter may go.

/// What is done about suspicions; ordered from lax to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Nothing is inspected; requests are forwarded and logged.
    Off,
    /// Requests are inspected and flagged, never refused.
    Detect,
    /// Attacks are refused.
    Block,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Off, Self::Detect, Self::Block];

    /// The mode's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Detect => "detect",
            Self::Block => "block",
        }
    }

    /// The mode of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// What is done with a request when a part the filter depends on fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureMode {
    /// The request goes on.
    Open,
    /// The request is refused.
    Closed,
}

/// What happens to a request whose body is larger than its route allows; ordered from lax to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyLimitAction {
    /// It goes on uninspected.
    Pass,
    /// As much as the limit allows is inspected, the rest goes on.
    InspectPrefix,
    /// It is refused with 413.
    Refuse,
}

impl BodyLimitAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Pass, Self::InspectPrefix, Self::Refuse];

    /// The action's name, as in the config and as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::InspectPrefix => "inspect_prefix",
            Self::Refuse => "refuse",
        }
    }
}
