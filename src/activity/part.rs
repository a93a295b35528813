//! Parts of a record that are texts of the client's, whatever their bytes and length.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ActivityRecord;
use crate::octets;

/// A part of a record, by the name of its field in stored documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordPart {
    /// The method.
    Method,
    /// Path and query.
    Url,
    /// Scheme and host.
    Origin,
    /// The request's headers.
    Headers,
    /// The answer's content type.
    #[serde(rename = "resContentType")]
    ContentType,
    /// The request's body.
    RequestBody,
    /// What was suspected.
    Findings,
}

impl RecordPart {
    /// Every part.
    pub const ALL: [Self; 7] =
        [Self::Method, Self::Url, Self::Origin, Self::Headers, Self::ContentType, Self::RequestBody, Self::Findings];

    /// The field's name, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Url => "url",
            Self::Origin => "origin",
            Self::Headers => "headers",
            Self::ContentType => "resContentType",
            Self::RequestBody => "requestBody",
            Self::Findings => "findings",
        }
    }

    /// The part of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }
}

impl ActivityRecord {
    /// The record as it is stored and shown: parts with [stand-ins](octets) are escaped and named in
    /// [`escaped`](Self::escaped).
    pub fn escape(mut self) -> Self {
        let parts = [
            (RecordPart::Url, octets::has_stand_ins(&self.url)),
            (RecordPart::Origin, octets::has_stand_ins(&self.origin)),
            (RecordPart::Headers, self.headers.iter().any(|(_, value)| octets::has_stand_ins(value))),
            (RecordPart::ContentType, self.content_type.as_deref().is_some_and(octets::has_stand_ins)),
            (RecordPart::RequestBody, self.request_body.as_ref().is_some_and(any_stand_ins)),
        ];
        for (part, _) in parts.into_iter().filter(|(_, held)| *held) {
            self.rewrite(part, octets::escape);
            self.escaped.push(part);
        }
        self
    }

    /// The record with [stand-ins](octets) in place of its escapes.
    pub fn unescape(mut self) -> Self {
        for part in std::mem::take(&mut self.escaped) {
            self.rewrite(part, octets::unescape);
        }
        self
    }

    /// The body with [stand-ins](octets) in place of its escapes.
    pub fn unescaped_body(&self) -> Option<Cow<'_, Value>> {
        let body = self.request_body.as_ref()?;
        if self.escaped.contains(&RecordPart::RequestBody) {
            return Some(Cow::Owned(changed(body.clone(), octets::unescape)));
        }
        Some(Cow::Borrowed(body))
    }

    fn rewrite(&mut self, part: RecordPart, change: fn(&str) -> String) {
        match part {
            RecordPart::Url => self.url = change(&self.url),
            RecordPart::Origin => self.origin = change(&self.origin),
            RecordPart::Headers => self.headers.iter_mut().for_each(|(_, value)| *value = change(value)),
            RecordPart::ContentType => self.content_type = self.content_type.as_deref().map(change),
            RecordPart::RequestBody => self.request_body = self.request_body.take().map(|body| changed(body, change)),
            // Tokens of HTTP, and notes of ours.
            RecordPart::Method | RecordPart::Findings => {}
        }
    }
}

fn any_stand_ins(value: &Value) -> bool {
    match value {
        Value::String(text) => octets::has_stand_ins(text),
        Value::Array(items) => items.iter().any(any_stand_ins),
        Value::Object(fields) => fields.iter().any(|(name, item)| octets::has_stand_ins(name) || any_stand_ins(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn changed(value: Value, change: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => items.into_iter().map(|item| changed(item, change)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, item)| (change(&name), changed(item, change)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_the_spool() {
        for part in RecordPart::ALL {
            assert_eq!(json!(part), part.as_str());
            assert_eq!(RecordPart::parse(part.as_str()), Some(part));
        }
    }

    #[test]
    fn only_what_needs_it_is_escaped_and_all_of_it_comes_back() {
        let odd = |raw: &[u8]| octets::text(raw).into_owned();
        let record = ActivityRecord {
            url: odd(b"/caf\xe9?a=\\"),
            headers: vec![("user-agent".into(), "a\\b".into()), ("x-odd".into(), odd(b"\xff\\"))],
            request_body: Some(json!({ "n\\": [1, { odd(b"k\xfe"): odd(b"\x80") }] })),
            ..ActivityRecord::sample(1)
        };
        let stored = record.clone().escape();
        assert_eq!(stored.escaped, [RecordPart::Url, RecordPart::Headers, RecordPart::RequestBody]);
        assert_eq!(stored.url, "/caf\\xe9?a=\\\\");
        assert_eq!(stored.headers[0].1, "a\\\\b");
        assert_eq!(stored.request_body, Some(json!({ "n\\\\": [1, { "k\\xfe": "\\x80" }] })));
        assert_eq!(stored.unescaped_body().as_deref(), record.request_body.as_ref());
        assert_eq!(stored.unescape(), record);
        let plain = ActivityRecord { url: "/a\\b".into(), ..ActivityRecord::sample(2) };
        assert_eq!(plain.clone().escape(), plain);
    }
}
