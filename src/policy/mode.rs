//! How far the filter may go.

/// What is done about suspicions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
