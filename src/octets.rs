//! Bytes as text without loss: what requests carry need not be UTF-8.
//!
//! Within the filter a byte that is no part of UTF-8 stands in a text as one character of its own, a *stand-in*
//! ([`text`], [`bytes()`]), so that whatever reads texts goes on working and nothing is lost. What is stored or shown has
//! no stand-ins: there `\xHH` stands for such a byte and `\\` for a backslash ([`escape`], [`unescape`]).

use std::borrow::Cow;
use std::fmt::Write;

/// The stand-in of a byte is this plus the byte: a private character that no text means anything by. A text that has
/// one all the same is taken for bytes that are not UTF-8, so that both ways stay exact.
const STAND_INS: u32 = 0x10_fe00;

/// The text of these bytes, with stand-ins for those that are not UTF-8.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !has_stand_ins(text)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_stand_in(character) {
                text.extend(character.encode_utf8(&mut [0; 4]).bytes().filter_map(stand_in));
            } else {
                text.push(character);
            }
        }
        text.extend(chunk.invalid().iter().copied().filter_map(stand_in));
    }
    Cow::Owned(text)
}

/// The bytes of a text that [`text`] made.
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !has_stand_ins(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte_of(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// Whether a text has stand-ins.
pub fn has_stand_ins(text: &str) -> bool {
    // The first byte that all stand-ins share is rare, and searched for quickly.
    memchr::memchr(0xf4, text.as_bytes()).is_some() && text.chars().any(is_stand_in)
}

/// The text as it is stored: `\xHH` for stand-ins, `\\` for backslashes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match byte_of(character) {
            // Writing to a string cannot fail.
            Some(byte) => _ = write!(escaped, "\\x{byte:02x}"),
            None if character == '\\' => escaped.push_str("\\\\"),
            None => escaped.push(character),
        }
    }
    escaped
}

/// The text that [`escape`] was given. A backslash before anything else, as where a text was cut, stands for itself.
pub fn unescape(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let byte =
            after.strip_prefix('x').and_then(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok()).and_then(stand_in);
        rest = match byte {
            Some(character) => {
                text.push(character);
                &after[3..]
            }
            None => {
                text.push('\\');
                after.strip_prefix('\\').unwrap_or(after)
            }
        };
    }
    text.push_str(rest);
    text
}

/// A text for people: escaped where it has stand-ins, else as it is.
pub fn shown(text: String) -> String {
    if has_stand_ins(&text) { escape(&text) } else { text }
}

/// The stand-in of a byte; `None` for ASCII, which is UTF-8 wherever it stands.
fn stand_in(byte: u8) -> Option<char> {
    if byte.is_ascii() { None } else { char::from_u32(STAND_INS + u32::from(byte)) }
}

fn is_stand_in(character: char) -> bool {
    byte_of(character).is_some()
}

fn byte_of(character: char) -> Option<u8> {
    let byte = u32::from(character).checked_sub(STAND_INS)?;
    u8::try_from(byte).ok().filter(|byte| !byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_text_and_every_other_byte_comes_back() {
        assert!(matches!(text("a \u{e9}\\😀".as_bytes()), Cow::Borrowed("a \u{e9}\\😀")));
        for raw in [&b"caf\xe9"[..], b"\xff\xfe\x80", b"\xf0\x9f\x98", b"\\x41\xc0\xaf", "\u{10feff}".as_bytes(), b""] {
            let held = text(raw);
            assert_eq!(bytes(&held), raw);
            assert_eq!(text(&bytes(&held)), held);
            assert_eq!(bytes(&unescape(&escape(&held))), raw);
        }
        assert_eq!(escape(&text(b"/caf\xe9\\n")), "/caf\\xe9\\\\n");
        assert_eq!(shown("a\\b".to_owned()), "a\\b");
        assert_eq!(shown(text(b"a\\b\xff").into_owned()), "a\\\\b\\xff");
    }

    #[test]
    fn an_escape_that_was_cut_stands_for_itself() {
        for cut in ["a\\", "a\\x", "a\\xe", "a\\xzz", "a\\x41", "a\\xé"] {
            assert_eq!(unescape(cut), cut);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(raw in prop::collection::vec(any::<u8>(), 0..64)) {
            let held = text(&raw);
            prop_assert_eq!(bytes(&held).into_owned(), raw.clone());
            let stored = escape(&held);
            prop_assert!(!has_stand_ins(&stored));
            prop_assert_eq!(bytes(&unescape(&stored)).into_owned(), raw);
        }
    }
}
