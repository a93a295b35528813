//! A closed visit as numbers.

use serde::{Deserialize, Serialize};

use crate::session::Session;

/// The features, in the order the model takes them; training and the manifest check use this list.
pub const FEATURE_NAMES: [&str; 5] = ["numOfLoginAttempts", "numOfPostReqs", "numOfReqs", "sesCodes4xx", "sesDuration"];

/// The predecessor's five numbers of a visit, with its names and units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionFeatures {
    /// Login attempts.
    pub login_attempts: u32,
    /// POST requests.
    pub post_requests: u32,
    /// Requests.
    pub requests: u32,
    /// Answers of 400 to 499.
    pub codes_4xx: u32,
    /// Milliseconds between the first and the last answer; 0 for one request.
    pub duration_ms: u64,
}

impl SessionFeatures {
    /// The features in the order of [`FEATURE_NAMES`].
    pub fn values(&self) -> [f64; FEATURE_NAMES.len()] {
        // Past 2^53 ms (285,000 years) a duration loses its last digits.
        #[allow(clippy::cast_precision_loss)]
        let duration = self.duration_ms as f64;
        [
            f64::from(self.login_attempts),
            f64::from(self.post_requests),
            f64::from(self.requests),
            f64::from(self.codes_4xx),
            duration,
        ]
    }
}

impl From<&Session> for SessionFeatures {
    fn from(session: &Session) -> Self {
        Self {
            login_attempts: session.logins,
            post_requests: session.posts,
            requests: session.requests,
            codes_4xx: session.codes_4xx,
            duration_ms: session.duration_ms(),
        }
    }
}
