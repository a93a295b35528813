//! Values that are base64 as a whole, and base64 within values.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shortest value of which any text is believed: below that words happen to be base64 of printable text.
const MIN_ENCODED_BYTES: usize = 16;
/// Shortest value of which a text with signs in it is believed, without padding and with it: of 4.9 million words of the
/// training's ordinary texts at most four are such by chance.
const MIN_UNPADDED_BYTES: usize = 10;
const MIN_PADDED_BYTES: usize = 8;
/// Shortest value that may be base64 of binary data.
const MIN_BINARY_BYTES: usize = 64;
/// Below this length all decoded bytes must be printable, above it nine in ten.
const SHORT_BYTES: usize = 20;
/// Runs of base64 within one value that are read.
const MAX_INNER: usize = 16;
/// Printable bytes in a row that are looked at within binary data.
pub(crate) const MIN_PRINTABLE_RUN: usize = 16;

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

/// What a base64 value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Text.
    Text(Vec<u8>),
    /// Binary data: its printable runs, each on a line.
    Binary(Vec<u8>),
}

/// The text in a base64 value, or the printable runs of the binary data in it.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    plain_of(text).map(|plain| match plain {
        Plain::Text(text) | Plain::Binary(text) => text,
    })
}

/// What a base64 value holds; `None` where it is not base64 or may be something else as well.
pub(crate) fn plain_of(text: &[u8]) -> Option<Plain> {
    let (prefix, encoded) = split_data_url(text.trim_ascii());
    if encoded.len() < MIN_ENCODED_BYTES {
        return short_text(encoded).map(|text| Plain::Text([prefix, &text].concat()));
    }
    let decoded = decoded(encoded)?;
    if is_text(&decoded) {
        return Some(Plain::Text([prefix, &decoded].concat()));
    }
    (encoded.len() >= MIN_BINARY_BYTES && encoded.chunks(32).all(is_mixed))
        .then(|| Plain::Binary([prefix, &printable_runs(&decoded, MIN_PRINTABLE_RUN)].concat()))
}

/// What a short value holds: printable text with signs in it, written in letters of both cases.
fn short_text(encoded: &[u8]) -> Option<Vec<u8>> {
    let least = if encoded.ends_with(b"=") { MIN_PADDED_BYTES } else { MIN_UNPADDED_BYTES };
    // Names begin with a capital letter, `camelCase` has one within.
    let capitals = encoded.iter().skip(1).filter(|byte| byte.is_ascii_uppercase()).count();
    if encoded.len() < least || capitals < 2 || !has_both_cases(encoded) {
        return None;
    }
    let is_sign = |byte: &u8| byte.is_ascii_punctuation() && !b"._-,".contains(byte);
    decoded(encoded).filter(|decoded| is_text(decoded) && decoded.iter().any(is_sign))
}

/// The texts that stand in base64 within a larger one: in a path, a call, a list. At most [`MAX_INNER`] of them.
pub(crate) fn inner_texts(text: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    // Padding need not be there to decode.
    for run in text.split(|byte| !is_digit(*byte)).filter(|run| run.len() >= MIN_ENCODED_BYTES) {
        if texts.len() == MAX_INNER {
            break;
        }
        match inner_text(run) {
            Some(text) => texts.push(text),
            None => texts.extend(run.split(|byte| *byte == b'/').filter_map(inner_text)),
        }
    }
    texts.truncate(MAX_INNER);
    texts
}

fn inner_text(run: &[u8]) -> Option<Vec<u8>> {
    // Words and paths of one letter case are no base64 of text.
    if run.len() < MIN_ENCODED_BYTES || !has_both_cases(run) {
        return None;
    }
    decoded(run).filter(|decoded| is_text(decoded))
}

/// The printable runs of binary data of this many bytes or more, each on a line.
pub(crate) fn printable_runs(data: &[u8], shortest: usize) -> Vec<u8> {
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
    data.split(|byte| !printable(byte)).filter(|run| run.len() >= shortest).collect::<Vec<_>>().join(&b'\n')
}

fn split_data_url(text: &[u8]) -> (&[u8], &[u8]) {
    const MARK: &[u8] = b";base64,";
    if !text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:")) {
        return (&[], text);
    }
    let head = &text[..text.len().min(128)];
    head.windows(MARK.len())
        .position(|part| part.eq_ignore_ascii_case(MARK))
        .map_or((&[], text), |at| text.split_at(at + MARK.len()))
}

/// Line breaks are dropped, as MIME has them.
fn decoded(encoded: &[u8]) -> Option<Vec<u8>> {
    let breaks = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if !encoded.iter().all(|byte| is_digit(*byte) || *byte == b'=' || breaks(byte)) {
        return None;
    }
    let joined: Vec<u8> = encoded.iter().copied().filter(|byte| !breaks(byte)).collect();
    PLAIN.decode(&joined).or_else(|_| URL.decode(&joined)).ok()
}

/// A digit of base64, in either alphabet.
fn is_digit(byte: u8) -> bool {
    DIGITS[usize::from(byte)]
}

const DIGITS: [bool; 256] = {
    let mut digits = [false; 256];
    let mut byte = u8::MIN;
    loop {
        digits[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        if byte == u8::MAX {
            break digits;
        }
        byte += 1;
    }
};

fn is_text(decoded: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
    let mut good = 0;
    for chunk in decoded.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| printable(byte) || !byte.is_ascii()).count();
    }
    if decoded.len() < SHORT_BYTES { decoded.iter().all(printable) } else { good * 10 >= decoded.len() * 9 }
}

fn has_both_cases(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase)
}

/// Upper case, lower case and digits within a few bytes: no path and no prose is so mixed all along.
fn is_mixed(chunk: &[u8]) -> bool {
    chunk.len() < 32 || (has_both_cases(chunk) && chunk.iter().any(u8::is_ascii_digit))
}
