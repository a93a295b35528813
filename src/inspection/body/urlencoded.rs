//! Query strings and URL-encoded forms: names and values.

use super::charset::Charset;
use crate::inspection::repeated::push_joined;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;
use crate::inspection::transform::{form_decoded, is_malformed};
use crate::inspection::{Malformed, TargetKind};

/// Kinds of the names and the values of a form.
pub(crate) type Kinds = (TargetKind, TargetKind);

/// Kinds of a form in a body.
pub(crate) const BODY: Kinds = (TargetKind::BodyName, TargetKind::BodyValue);

/// Adds the names and values of a form.
///
/// A pair whose name is no plain name is added whole as well: in `1' or 1=1` the sign of equality divides nothing.
pub(crate) fn read(form: &[u8], kinds: Kinds, truncated: bool, targets: &mut Targets) {
    let mut named = Vec::new();
    let mut pairs = form.split(|byte| *byte == b'&').peekable();
    while let Some(pair) = pairs.next() {
        let cut = truncated && pairs.peek().is_none();
        named.extend(read_pair(pair, kinds, cut, targets));
    }
    push_joined(named, targets);
}

/// Adds names and values that are percent-encoded in this charset.
pub(super) fn read_spelt(form: &[u8], charset: Charset, targets: &mut Targets) {
    for pair in form.split(|byte| *byte == b'&') {
        let mut parts = pair.splitn(2, |byte| *byte == b'=').map(|part| charset.decode(&form_decoded(part)));
        let name = parts.next().unwrap_or_default();
        if !is_plain_name(&name) {
            targets.push(TargetKind::BodyName, &name, name.as_slice());
        }
        targets.push(TargetKind::BodyValue, &name, parts.next().unwrap_or_default());
    }
}

/// Adds one pair; returns the index of the value where its name is one that frameworks have.
fn read_pair(pair: &[u8], (name_kind, value_kind): Kinds, cut: bool, targets: &mut Targets) -> Option<usize> {
    // An escape broken off at the end of a truncated form is the cut's fault.
    let checked = if cut { before_last_escape(pair) } else { pair };
    let (raw_name, raw_value) = match memchr::memchr(b'=', pair) {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (&b""[..], pair),
    };
    let name = form_decoded(raw_name);
    if is_malformed(checked) {
        targets.push_malformed(value_kind, &name, Malformed::PercentEncoding);
    }
    if !is_plain_name(&name) {
        targets.push(name_kind, &name, name.as_slice());
        if !name.iter().all(is_usual) {
            targets.push(value_kind, &name, form_decoded(pair));
        }
    }
    let index = targets.fields().len();
    targets.push(value_kind, &name, form_decoded(raw_value));
    let is_named = !name.is_empty() && name.iter().all(is_usual);
    (is_named && targets.fields().len() > index).then_some(index)
}

/// The text up to its last `%`, where that is near enough to the end for its escape to be broken off.
fn before_last_escape(text: &[u8]) -> &[u8] {
    const LONGEST: usize = "%uXXXX".len();
    let at = memchr::memrchr(b'%', text).filter(|at| text.len() - at < LONGEST);
    at.map_or(text, |at| &text[..at])
}

/// Characters of names that frameworks give a meaning: `user[name]`, `a.b`, `$top`, `ns:x`.
fn is_usual(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'$' | b':' | b'@')
}
