//! From values as they stood in the request to what the model reads.

use super::targets::Field;
use super::transform::{Decoded, Plain, decode, fold, inner_texts, plain_of, plain_words};
use super::{Context, Target, Window, json, safe};

/// JSON within JSON, tokens within cookies: levels that are taken apart.
const MAX_NESTING: usize = 4;
/// Levels of a JSON value within a value.
const MAX_JSON_DEPTH: usize = 32;
/// Leaves of a JSON value within a value that are read one by one.
const MAX_LEAVES: usize = 1_024;

/// A normalised text and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where it stood.
    pub target: Target,
    /// The normalised text.
    pub text: Vec<u8>,
    /// What the value was like.
    pub context: Context,
    /// Whether it is safe by its form and never shown to the model.
    pub safe: bool,
}

impl Reading {
    /// What the model reads of it: nothing where it is safe.
    pub fn windows(&self) -> impl Iterator<Item = Window<'_>> {
        let text: &[u8] = if self.safe { b"" } else { &self.text };
        Window::all(self.target.kind, self.context, text)
    }
}

/// Normalises each value. Values that hold JSON or signed tokens become the texts within; base64 in a value and words
/// written in pieces are read once more by themselves.
pub fn read(fields: &[Field], rounds: usize) -> Vec<Reading> {
    let mut readings = Vec::with_capacity(fields.len());
    for field in fields {
        read_value(&field.target, &field.value, rounds, 0, &mut readings);
    }
    readings
}

fn read_value(target: &Target, value: &[u8], rounds: usize, nesting: usize, readings: &mut Vec<Reading>) {
    let Decoded { text: decoded, rounds: decodings, .. } = decode(value, rounds);
    if nesting < MAX_NESTING {
        if let Some(leaves) = json_leaves(&decoded).or_else(|| token_parts(&decoded)) {
            for leaf in leaves {
                let kind = if leaf.is_key { target.kind.of_names() } else { target.kind };
                let target = Target { kind, name: joined(&target.name, &leaf.path) };
                read_value(&target, &leaf.text, rounds, nesting + 1, readings);
            }
            return;
        }
        for text in inner_texts(&decoded) {
            read_value(target, &text, rounds, nesting + 1, readings);
        }
    }
    let context = Context::of(&decoded, decodings);
    let text = fold(&decoded);
    let words = plain_words(&text);
    push(target, context, text, readings);
    for text in words {
        push(target, context, fold(&text), readings);
    }
}

fn push(target: &Target, context: Context, text: Vec<u8>, readings: &mut Vec<Reading>) {
    let safe = safe::is_safe(target.kind, &text);
    readings.push(Reading { target: target.clone(), text, context, safe });
}

/// A text within a value.
struct Inner {
    /// The dotted way to it.
    path: String,
    text: Vec<u8>,
    /// Whether it is a key of JSON.
    is_key: bool,
}

/// The keys and strings of a value that is one JSON object or array.
fn json_leaves(text: &[u8]) -> Option<Vec<Inner>> {
    let text = text.trim_ascii();
    if !matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) {
        return None;
    }
    let mut leaves = Vec::new();
    let mut fits = true;
    let walked = json::walk(text, MAX_JSON_DEPTH, &mut |leaf| {
        fits &= leaves.len() < MAX_LEAVES;
        if fits && !(leaf.is_key && safe::is_plain_name(leaf.text)) {
            leaves.push(Inner { path: leaf.path.to_owned(), text: leaf.text.to_vec(), is_key: leaf.is_key });
        }
    });
    (walked.is_ok() && fits).then_some(leaves)
}

/// The parts of a signed token (`header.payload.signature`), where the first is JSON.
fn token_parts(text: &[u8]) -> Option<Vec<Inner>> {
    if !text.starts_with(b"eyJ") || memchr::memchr(b'.', text).is_none() {
        return None;
    }
    let plain = |part: &[u8]| match plain_of(part) {
        Some(Plain::Text(text)) => text,
        _ => part.to_vec(),
    };
    let part = |part: &[u8]| Inner { path: String::new(), text: plain(part), is_key: false };
    Some(text.split(|byte| *byte == b'.').map(part).collect())
}

fn joined(outer: &str, inner: &str) -> String {
    match (outer.is_empty(), inner.is_empty()) {
        (_, true) => outer.to_owned(),
        (true, _) => inner.to_owned(),
        _ => format!("{outer}.{inner}").chars().take(128).collect(),
    }
}
