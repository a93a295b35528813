//! Percent-encoding, as lenient as the applications behind the filter.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::escape::push_utf16;

/// Signs with a `%` before each that are read without it: fewer are a format or a share.
const MIN_STRAYS: usize = 4;

/// One round of percent-decoding. What is no escape stays as it is.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', text)?;
    if let Some(plain) = without_strays(text) {
        return Some(plain);
    }
    let wide = decode_wide(text);
    let text = wide.as_deref().unwrap_or(text);
    match Cow::from(percent_decode(text)) {
        Cow::Owned(decoded) => Some(decoded),
        Cow::Borrowed(_) => wide,
    }
}

/// `%S%E%L%E%C%T` as ASP reads it: a `%` that begins no escape is dropped.
fn without_strays(text: &[u8]) -> Option<Vec<u8>> {
    let is_stray = |at: usize| {
        text[at] == b'%'
            && text.get(at + 1).is_some_and(|sign| *sign != b'%')
            && matches!(text.get(at + 2), None | Some(b'%' | b' ' | b'+'))
    };
    let strays = memchr::memchr_iter(b'%', text).filter(|at| is_stray(*at)).count();
    let keeps = |(at, byte): (usize, &u8)| (!is_stray(at)).then_some(*byte);
    (strays >= MIN_STRAYS).then(|| text.iter().enumerate().filter_map(keeps).collect())
}

/// A name or value of a form, decoded once: `+` is a space here and nowhere else.
pub(crate) fn form_decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    decode(&spaced).unwrap_or(spaced)
}

/// Whether there is a `%` without two hex digits, `%uXXXX` aside.
pub(crate) fn is_malformed(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        let rest = &text[at + 1..];
        hex(rest, 2).is_none() && wide(rest).is_none()
    })
}

/// The number in the first `digits` bytes, where all are hex digits.
pub(crate) fn hex(text: &[u8], digits: usize) -> Option<u32> {
    text.get(..digits)?.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
}

/// The UTF-16 unit of `uXXXX`, IIS's own escape.
fn wide(rest: &[u8]) -> Option<u32> {
    match rest.first() {
        Some(b'u' | b'U') => hex(&rest[1..], 4),
        _ => None,
    }
}

fn decode_wide(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = memchr::memchr(b'%', rest) {
        decoded.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(unit) = wide(rest) {
            rest = push_utf16(unit, &rest[5..], &mut decoded, |rest| {
                Some((wide(rest.strip_prefix(b"%")?)?, rest.get(6..)?))
            });
            changed = true;
        } else {
            decoded.push(b'%');
        }
    }
    decoded.extend_from_slice(rest);
    changed.then_some(decoded)
}
