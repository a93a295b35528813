//! NUL bytes: ignored by some readers, the end of the text to others.

use std::borrow::Cow;

/// Drops NUL bytes (`<scr\0ipt>`, UTF-16), but keeps one where it would end a file name early: before a dot or the end.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(0, text)?;
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != 0 {
            decoded.push(byte);
            continue;
        }
        while bytes.next_if_eq(&0).is_some() {}
        if matches!(bytes.peek(), None | Some(b'.')) {
            decoded.push(0);
        }
    }
    (decoded != text).then_some(decoded)
}

/// NUL bytes written as `%00`, for the model's id 0 is padding.
pub(super) fn written_out(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut written = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => written.extend_from_slice(b"%00"),
            byte => written.push(*byte),
        }
    }
    Cow::Owned(written)
}
