//! One line of `classify` and `prepare`: a text and where it stands, or a whole request.

use anyhow::{Context, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::raw_request::RawRequest;
use crate::inspection::Place;

/// What a line gives to inspect.
#[derive(Debug)]
pub(crate) enum Sample {
    /// A text that stands somewhere.
    Text {
        /// Where.
        place: Place,
        /// The text.
        text: String,
    },
    /// A whole request.
    Request(RawRequest),
}

impl Sample {
    /// Reads `raw`, `raw_b64`, or `text` with `where` (`value` by default) of a line's object.
    pub(crate) fn read(object: &Map<String, Value>) -> anyhow::Result<Self> {
        let text =
            |key: &str| object.get(key).map(|value| value.as_str().ok_or_else(|| anyhow!("{key}: expected a string")));
        if let Some(raw) = text("raw") {
            return Ok(Self::Request(RawRequest::parse(raw?.as_bytes())?));
        }
        if let Some(raw) = text("raw_b64") {
            let raw = STANDARD.decode(raw?).context("raw_b64: expected base64")?;
            return Ok(Self::Request(RawRequest::parse(&raw)?));
        }
        let place = text("where").transpose()?.unwrap_or("value");
        let Some(place) = Place::parse(place) else {
            bail!("where: expected query, body, header, path, value or a kind of target, found {place:?}");
        };
        let Some(text) = text("text") else { bail!("expected one of the keys text, raw and raw_b64") };
        Ok(Self::Text { place, text: text?.to_owned() })
    }
}

/// The object in a line. Where there is none, an object that says so under `error`.
pub(crate) fn object(line: &[u8]) -> Result<Map<String, Value>, Map<String, Value>> {
    serde_json::from_slice(line).map_err(|error| {
        Map::from_iter([("error".to_owned(), Value::String(format!("expected a JSON object: {error}")))])
    })
}
