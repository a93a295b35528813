//! One suspicion, and what it rests on.

use serde::{Deserialize, Serialize};

use super::{AttackClass, Target};

/// Bytes of evidence kept at most.
pub const MAX_EXCERPT_BYTES: usize = 64;

/// A body that is not what its content type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Malformed {
    /// Not JSON, or nested or sized past the limits.
    Json,
    /// Not multipart: no boundary, an unclosed part, or past the limits.
    Multipart,
    /// A `%` without two hex digits.
    PercentEncoding,
    /// Not XML: elements that do not close as they opened.
    Xml,
    /// A charset that is not known.
    Charset,
    /// A content coding that is not known, one too many, or compressed data that is broken.
    ContentEncoding,
    /// Compressed data that is larger than allowed, or grows more than allowed.
    Unpacked,
}

impl Malformed {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Json,
        Self::Multipart,
        Self::PercentEncoding,
        Self::Xml,
        Self::Charset,
        Self::ContentEncoding,
        Self::Unpacked,
    ];

    /// The kind's stable name, as logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Multipart => "multipart",
            Self::PercentEncoding => "percent-encoding",
            Self::Xml => "xml",
            Self::Charset => "charset",
            Self::ContentEncoding => "content-encoding",
            Self::Unpacked => "unpacked",
        }
    }
}

/// What is suspected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Suspicion {
    /// The model takes the text for an attack.
    Attack {
        /// The most probable class of attack.
        class: AttackClass,
        /// Probability of attack, 0 to 1.
        score: f32,
    },
    /// The text is not what it claims to be. It was inspected as plain text all the same.
    Malformed(Malformed),
}

/// One suspicion about one place of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Where.
    pub target: Target,
    /// What.
    pub suspicion: Suspicion,
    /// The text it rests on, decoded, at most [`MAX_EXCERPT_BYTES`], control characters replaced.
    /// Empty where the place may hold a secret.
    pub excerpt: String,
}

/// All suspicions about one request, in the order found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// The attack with the highest score: its class and score.
    pub fn worst(&self) -> Option<(AttackClass, f32)> {
        self.0
            .iter()
            .filter_map(|finding| match finding.suspicion {
                Suspicion::Attack { class, score } => Some((class, score)),
                Suspicion::Malformed(_) => None,
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}
