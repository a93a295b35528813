//! Bodies, unpacked and taken apart by what they claim to be and by what they look like.
//!
//! A body that is not what its content type says is a fault of its own and is inspected as what it looks like. Where the
//! charset or the coding of a body may be a lie, it is read both ways.

mod charset;
mod ebcdic;
mod graphql;
mod json;
mod multipart;
mod text;
mod unpack;
mod urlencoded;
mod xml;

pub use unpack::Unpacking;
pub(crate) use urlencoded::read as read_pairs;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

use self::charset::Charset;
use super::repeated::push_joined;
use super::targets::Targets;
use super::{Malformed, TargetKind};

/// Levels of a JSON body.
const MAX_JSON_DEPTH: usize = 64;
/// Multipart within multipart.
const MAX_PART_DEPTH: usize = 3;
/// Content types of one request that are heeded.
const MAX_CLAIMS: usize = 3;

/// What a request says of its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyHead {
    /// Its `Content-Type`s; there should be one at most.
    types: Vec<Vec<u8>>,
    /// Its content codings in the order they were applied, in lower case.
    codings: Vec<Vec<u8>>,
}

impl BodyHead {
    /// What these headers say.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = |name: HeaderName| headers.get_all(name).into_iter().map(http::HeaderValue::as_bytes);
        let mut types: Vec<Vec<u8>> = Vec::new();
        for value in values(CONTENT_TYPE) {
            if types.len() < MAX_CLAIMS && !types.iter().any(|known| known == value) {
                types.push(value.to_vec());
            }
        }
        let codings = values(CONTENT_ENCODING).flat_map(|value| value.split(|byte| *byte == b','));
        Self { types, codings: codings.map(|coding| coding.trim_ascii().to_ascii_lowercase()).collect() }
    }

    /// Whether the body was compressed for the way.
    pub fn is_encoded(&self) -> bool {
        !self.codings.is_empty()
    }
}

impl From<Option<&[u8]>> for BodyHead {
    fn from(content_type: Option<&[u8]>) -> Self {
        Self { types: content_type.map(<[u8]>::to_vec).into_iter().collect(), codings: Vec::new() }
    }
}

/// What a body is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// `name=value&…`
    Urlencoded,
    /// JSON, also several values one after another.
    Json,
    /// Parts between boundaries; the boundary, where the content type names one.
    Multipart(Option<Vec<u8>>),
    /// Elements, text and declarations.
    Xml,
    /// A query of GraphQL.
    GraphQl,
    /// All else: text, or the printable runs of binary data.
    Text,
}

impl BodyKind {
    /// The kind that a `Content-Type` claims; [`Self::Text`] for an unknown type or none.
    pub fn claimed(content_type: Option<&[u8]>) -> Self {
        let Some(content_type) = content_type else { return Self::Text };
        let media = content_type.split(|byte| matches!(byte, b';' | b',')).next().unwrap_or_default();
        let media = media.trim_ascii().to_ascii_lowercase();
        if media.starts_with(b"multipart/") {
            return Self::Multipart(multipart::boundary(content_type));
        }
        match media.as_slice() {
            b"application/x-www-form-urlencoded" => Self::Urlencoded,
            b"application/json"
            | b"text/json"
            | b"application/x-ndjson"
            | b"application/jsonl"
            | b"application/json-seq"
            | b"application/csp-report" => Self::Json,
            b"application/graphql" => Self::GraphQl,
            b"text/xml" | b"application/xml" | b"application/xml-dtd" => Self::Xml,
            media if media.ends_with(b"+json") => Self::Json,
            media if media.ends_with(b"+xml") => Self::Xml,
            _ => Self::Text,
        }
    }
}

/// Undoes the codings of a body, within these limits, and takes it apart. `truncated`: it is only the beginning of one,
/// so that an early end is no fault.
pub fn take_apart(head: &BodyHead, body: &[u8], truncated: bool, limits: Unpacking, targets: &mut Targets) {
    let unpacked = unpack::unpack(&head.codings, body, truncated, limits, targets);
    let claims =
        || if head.types.is_empty() { vec![None] } else { head.types.iter().map(|of| Some(of.as_slice())).collect() };
    for content_type in claims() {
        read(content_type, &unpacked.bytes, unpacked.cut, targets);
    }
    if unpacked.doubtful && *unpacked.bytes != *body {
        text::read(body, true, targets);
    }
}

/// Takes apart a body that is not compressed.
pub fn read(content_type: Option<&[u8]>, body: &[u8], truncated: bool, targets: &mut Targets) {
    Reader { truncated, depth: 0, name: b"", kind: TargetKind::BodyText }.read(content_type, body, targets);
}

/// How a body or a part of one is read.
#[derive(Clone, Copy)]
struct Reader<'a> {
    truncated: bool,
    /// Multiparts around it.
    depth: usize,
    /// The name of the part; empty for a whole body.
    name: &'a [u8],
    /// The kind of text that has no names in it.
    kind: TargetKind,
}

impl Reader<'_> {
    fn read(self, content_type: Option<&[u8]>, body: &[u8], targets: &mut Targets) {
        if body.is_empty() {
            return;
        }
        let kind = BodyKind::claimed(content_type);
        let label = content_type.and_then(multipart::charset);
        let charset = label.as_deref().and_then(Charset::of);
        if label.is_some() && charset.is_none() {
            targets.push_malformed(TargetKind::BodyText, b"charset", Malformed::Charset);
        }
        let spelling = charset::spellings(charset, body);
        for text in &spelling.texts {
            self.read_as(&kind, text, targets);
        }
        if spelling.as_sent {
            self.read_as(&kind, body, targets);
        }
        // Fields that were percent-encoded in an alphabet other than ASCII.
        if let (BodyKind::Urlencoded, Some(charset)) = (&kind, charset.filter(|charset| charset.hides_ascii())) {
            urlencoded::read_spelt(body, charset, targets);
        }
    }

    fn read_as(self, kind: &BodyKind, body: &[u8], targets: &mut Targets) {
        let whole = match kind {
            BodyKind::Urlencoded if json::is_json(body) => json::read(body, self.truncated, targets),
            BodyKind::Urlencoded => {
                urlencoded::read(body, urlencoded::BODY, self.truncated, targets);
                true
            }
            BodyKind::Json => json::read(body, self.truncated, targets),
            BodyKind::Multipart(boundary) => {
                boundary.as_ref().is_some_and(|boundary| self.read_parts(boundary, body, targets))
            }
            BodyKind::Xml => xml::read(body, self.truncated, targets),
            BodyKind::GraphQl => {
                graphql::read(body, targets);
                true
            }
            BodyKind::Text => {
                self.read_text(body, targets);
                true
            }
        };
        if !whole {
            let fault = match kind {
                BodyKind::Multipart(_) => Malformed::Multipart,
                BodyKind::Xml => Malformed::Xml,
                _ => Malformed::Json,
            };
            targets.push_malformed(TargetKind::BodyText, b"", fault);
            self.read_text(body, targets);
        }
        // A form is read as multipart by who goes by its first line.
        if !matches!(kind, BodyKind::Multipart(_) | BodyKind::Text) && body.starts_with(b"--") {
            self.read_text(body, targets);
        }
    }

    fn read_parts(self, boundary: &[u8], body: &[u8], targets: &mut Targets) -> bool {
        let before = targets.fields().len();
        let whole = self.depth < MAX_PART_DEPTH && multipart::read(boundary, body, self, targets);
        let is_value = |index: &usize| targets.fields()[*index].target.kind == TargetKind::BodyValue;
        push_joined((before..targets.fields().len()).filter(is_value).collect(), targets);
        whole
    }

    /// A text of no type, or of one that it is not: as what it looks like.
    fn read_text(self, body: &[u8], targets: &mut Targets) {
        let boundary = if self.depth < MAX_PART_DEPTH { multipart::looks_multipart(body) } else { None };
        let taken = boundary.is_some_and(|boundary| multipart::read(&boundary, body, self, targets));
        if !taken {
            text::read_as(self.kind, self.name, body, self.truncated, targets);
        }
    }
}

#[cfg(test)]
mod tests;
