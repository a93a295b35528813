//! Character references of HTML: `&lt;`, `&#39;`, `&#x27;`, also without the semicolon, as browsers read them.

use htmlize::{Context, unescape_bytes_in};

/// Decodes every character reference.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'&', text)?;
    Some(unescape_bytes_in(text, Context::General).into_owned())
}
