//! Entities of HTML, named and numbered, with and without their semicolon.

use std::borrow::Cow;

use htmlize::Context;

/// One round of unescaping, as a browser does it in text.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'&', text)?;
    match htmlize::unescape_bytes_in(text, Context::General) {
        Cow::Owned(decoded) if decoded != text => Some(decoded),
        _ => None,
    }
}
