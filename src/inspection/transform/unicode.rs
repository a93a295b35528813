//! Escapes of JavaScript, CSS and JSON, overlong UTF-8, full-width and other compatibility forms.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::url::hex;

/// Decodes `\u0027`, `\u{27}`, `\x27`.
pub(super) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', text)?;
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match (*first == b'\\').then(|| escape(after)).flatten() {
            Some((sign, length)) => {
                decoded.extend(sign.encode_utf8(&mut [0; 4]).bytes());
                rest = &after[length..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    Some(decoded)
}

/// The sign that an escape stands for, and the bytes it takes behind the backslash.
fn escape(after: &[u8]) -> Option<(char, usize)> {
    let (letter, digits) = after.split_first()?;
    let (code, length) = match letter {
        b'u' if digits.first() == Some(&b'{') => {
            let end = digits.iter().take(8).position(|byte| *byte == b'}')?;
            (hex(&digits[1..end], end.checked_sub(1).filter(|count| *count > 0)?)?, end + 2)
        }
        b'u' => (hex(digits, 4)?, 5),
        b'x' => (hex(digits, 2)?, 3),
        _ => return None,
    };
    char::from_u32(code).map(|sign| (sign, length))
}

/// Folds overlong UTF-8 (`0xC0 0xAF` is a slash to careless decoders) and compatibility forms (`＜` is `<`).
pub(super) fn fold(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let shortened = shorten(text);
    let folded = shortened.utf8_chunks().fold(Vec::with_capacity(shortened.len()), |mut folded, chunk| {
        match is_nfkc_quick(chunk.valid().chars()) {
            IsNormalized::Yes => folded.extend(chunk.valid().bytes()),
            _ => folded.extend(chunk.valid().nfkc().collect::<String>().bytes()),
        }
        folded.extend(chunk.invalid());
        folded
    });
    Some(folded)
}

/// Two- and three-byte forms of ASCII signs into those signs.
fn shorten(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, 0xc0 | 0xc1 | 0xe0)) {
        return Cow::Borrowed(text);
    }
    let mut short = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [lead @ (0xc0 | 0xc1), tail, after @ ..] if tail & 0xc0 == 0x80 => {
                short.push((lead & 1) << 6 | tail & 0x3f);
                after
            }
            [0xe0, middle @ (0x80 | 0x81), tail, after @ ..] if tail & 0xc0 == 0x80 => {
                short.push((middle & 1) << 6 | tail & 0x3f);
                after
            }
            [byte, after @ ..] => {
                short.push(*byte);
                after
            }
            [] => return Cow::Owned(short),
        };
    }
}
