//! The seam to a model of texts.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::encode::{EncodedText, Window};

/// Classes of attack, after `norm`: the predecessor's four in its order, then the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AttackClass {
    /// SQL injection.
    Sqli,
    /// Cross-site scripting.
    Xss,
    /// Path traversal and inclusion of files.
    PathTraversal,
    /// Injection of operating-system commands.
    Cmdi,
    /// Injection of operators or code into NoSQL queries.
    Nosqli,
    /// Server-side template injection.
    Ssti,
    /// Injection of code of the application's language: PHP, Java (JNDI, OGNL), Python, Node; serialised objects.
    CodeInjection,
    /// XML external entities.
    Xxe,
    /// LDAP injection.
    Ldapi,
    /// Server-side request forgery.
    Ssrf,
    /// Injection of header lines by carriage return and line feed.
    Crlf,
}

impl AttackClass {
    /// Every class, in the order of the model's outputs.
    pub const ALL: [Self; 11] = [
        Self::Sqli,
        Self::Xss,
        Self::PathTraversal,
        Self::Cmdi,
        Self::Nosqli,
        Self::Ssti,
        Self::CodeInjection,
        Self::Xxe,
        Self::Ldapi,
        Self::Ssrf,
        Self::Crlf,
    ];

    /// The class's label, as in data sets, documents and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqli => "sqli",
            Self::Xss => "xss",
            Self::PathTraversal => "path-traversal",
            Self::Cmdi => "cmdi",
            Self::Nosqli => "nosqli",
            Self::Ssti => "ssti",
            Self::CodeInjection => "code-injection",
            Self::Xxe => "xxe",
            Self::Ldapi => "ldapi",
            Self::Ssrf => "ssrf",
            Self::Crlf => "crlf",
        }
    }

    /// The class of this label.
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == label)
    }
}

/// What a model says of one text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Probability of attack, 0 to 1.
    pub attack: f32,
    /// The most probable class of attack, whatever `attack` is.
    pub class: AttackClass,
}

/// Why a model gave no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ClassifierError {
    /// The queue in front of the model is full.
    #[error("the text model is saturated: its queue is full")]
    Saturated,
    /// No answer within the deadline.
    #[error("the text model did not answer within its deadline")]
    Deadline,
    /// The model failed on this input.
    #[error("the text model failed on an input")]
    Failed,
}

impl ClassifierError {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Saturated, Self::Deadline, Self::Failed];

    /// The kind's stable name, as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Deadline => "deadline",
            Self::Failed => "failed",
        }
    }
}

/// A model of texts. Waits for the model's own threads, never on a lock or a store.
#[async_trait]
pub trait PayloadClassifier: Send + Sync {
    /// The probability of attack of a window that need not be classified: clearly none, at the cost of a few
    /// microseconds on the caller's thread. `None` where only [`Self::classify`] can tell; a model without a screen
    /// always says so.
    fn screen(&self, window: &Window<'_>) -> Option<f32> {
        let _ = window;
        None
    }

    /// Scores each text, in order.
    ///
    /// # Errors
    /// When the model is saturated, late or fails; then no text has a score.
    async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError>;
}
