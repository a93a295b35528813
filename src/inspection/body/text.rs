//! Bodies of other types: what they look like, else text, else the printable runs of binary data.

use super::{json, urlencoded, xml};
use crate::inspection::TargetKind;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;
use crate::inspection::transform::{MIN_PRINTABLE_RUN, form_decoded, printable_runs};

/// Bytes of a hundred that may be neither printable nor UTF-8 in a text.
const MAX_ODD_PERCENT: usize = 15;

/// Bytes up to which short runs of binary data are read: messages of a protocol, not pictures.
const SMALL_BYTES: usize = 4 * 1_024;
/// Printable bytes in a row that are read in such a message.
const MIN_SMALL_RUN: usize = 5;

/// Adds a body of a type without fields. JSON, XML and forms sent under another type are taken apart all the same.
pub(super) fn read(body: &[u8], truncated: bool, targets: &mut Targets) {
    read_as(TargetKind::BodyText, b"", body, truncated, targets);
}

/// The same of a part with this name; `kind` is that of text without fields.
pub(super) fn read_as(kind: TargetKind, name: &[u8], body: &[u8], truncated: bool, targets: &mut Targets) {
    if kind == TargetKind::BodyText && json::is_json(body) {
        json::read(body, truncated, targets);
    } else if kind == TargetKind::BodyText && is_form(body) {
        urlencoded::read(body, urlencoded::BODY, truncated, targets);
    } else if !(xml::is_xml(body) && xml::read(body, truncated, targets)) {
        if xml::has_elements(body) {
            // A document without its first line, or a fragment of a page: which, only the application knows.
            xml::read(body, truncated, targets);
        }
        targets.push(kind, name, text_of(body));
    }
}

/// The body where it is text; of binary data the printable runs.
pub(super) fn text_of(body: &[u8]) -> Vec<u8> {
    if is_text(body) {
        return body.to_vec();
    }
    printable_runs(body, if body.len() <= SMALL_BYTES { MIN_SMALL_RUN } else { MIN_PRINTABLE_RUN })
}

/// Mostly printable. NUL bytes count as printable: UTF-16 has them, and they are dropped in decoding.
fn is_text(body: &[u8]) -> bool {
    let mut odd = 0;
    for chunk in body.utf8_chunks() {
        odd +=
            chunk.valid().bytes().filter(|byte| matches!(byte, 1..=8 | 14..=31 | 127)).count() + chunk.invalid().len();
    }
    // Data with many NUL bytes beside other odd ones is binary.
    odd * 100 <= body.len() * MAX_ODD_PERCENT
}

/// Starts as `name=`, with a plain name, and has no white space.
fn is_form(body: &[u8]) -> bool {
    let first = body.split(|byte| *byte == b'&').next().unwrap_or_default();
    let name = memchr::memchr(b'=', first).map(|at| form_decoded(&first[..at]));
    name.is_some_and(|name| !name.is_empty() && is_plain_name(&name))
        && !body.trim_ascii().iter().any(u8::is_ascii_whitespace)
}
