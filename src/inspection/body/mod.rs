//! Bodies, taken apart by what they claim to be and by what they look like.
//!
//! A body that is not what its content type says is a fault of its own and is inspected as what it looks like.

mod json;
mod multipart;
mod text;
mod urlencoded;

pub(crate) use urlencoded::read as read_pairs;

use super::targets::Targets;
use super::{Malformed, TargetKind};

/// Levels of a JSON body.
const MAX_JSON_DEPTH: usize = 64;

/// What a body is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// `name=value&…`
    Urlencoded,
    /// JSON, also several values one after another.
    Json,
    /// Parts between boundaries; the boundary, where the content type names one.
    Multipart(Option<Vec<u8>>),
    /// All else: text, or the printable runs of binary data.
    Text,
}

impl BodyKind {
    /// The kind that a `Content-Type` claims; [`Self::Text`] for an unknown type or none.
    pub fn claimed(content_type: Option<&[u8]>) -> Self {
        let Some(content_type) = content_type else { return Self::Text };
        let media = content_type.split(|byte| matches!(byte, b';' | b',')).next().unwrap_or_default();
        let media = media.trim_ascii().to_ascii_lowercase();
        if media == b"application/x-www-form-urlencoded" {
            Self::Urlencoded
        } else if media.starts_with(b"multipart/") {
            Self::Multipart(multipart::boundary(content_type))
        } else if matches!(
            media.as_slice(),
            b"application/json" | b"text/json" | b"application/x-ndjson" | b"application/csp-report"
        ) || media.ends_with(b"+json")
        {
            Self::Json
        } else {
            Self::Text
        }
    }
}

/// Takes a body apart. `truncated`: it is only the beginning of one, so that an early end is no fault.
pub fn read(content_type: Option<&[u8]>, body: &[u8], truncated: bool, targets: &mut Targets) {
    if body.is_empty() {
        return;
    }
    match BodyKind::claimed(content_type) {
        BodyKind::Urlencoded if json::is_json(body) => _ = json::read(body, truncated, targets),
        BodyKind::Urlencoded => urlencoded::read(body, urlencoded::BODY, truncated, targets),
        BodyKind::Json => {
            if !json::read(body, truncated, targets) {
                targets.push_malformed(TargetKind::BodyText, b"", Malformed::Json);
                text::read(body, truncated, targets);
            }
        }
        BodyKind::Multipart(boundary) => {
            let whole = boundary.is_some_and(|boundary| multipart::read(&boundary, body, truncated, targets));
            if !whole {
                targets.push_malformed(TargetKind::BodyText, b"", Malformed::Multipart);
                text::read(body, truncated, targets);
            }
        }
        BodyKind::Text => text::read(body, truncated, targets),
    }
}

#[cfg(test)]
mod tests;
