//! Texts that databases and scripts let one write as numbers: `0x61646d696e`, `CHAR(97,100)`, `3c73637269`.

use super::url::hex;

/// Shortest text behind `0x`: fewer bytes are colours and addresses.
const MIN_TEXT_BYTES: usize = 4;
/// Shortest value that is taken for a text in hex digits as a whole.
const MIN_HEX_DIGITS: usize = 16;
/// Functions that make characters of numbers, in the order tried.
const FUNCTIONS: [&[u8]; 4] = [b"fromcharcode", b"nchar", b"char", b"chr"];

/// Writes the texts out; those within a larger text in single quotes, as what they are to a database.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(whole) = whole(text) {
        return Some(whole);
    }
    let spelt = decode_hex(text);
    decode_codes(spelt.as_deref().unwrap_or(text)).or(spelt)
}

/// A value of nothing but hex digits, letters among them, that spell printable text.
fn whole(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let spells = text.len() >= MIN_HEX_DIGITS
        && text.len().is_multiple_of(2)
        && text.iter().all(u8::is_ascii_hexdigit)
        && text.iter().any(u8::is_ascii_alphabetic);
    if spells { spelt(text) } else { None }
}

/// `0x…` and `x'…'` of printable text.
fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut done = 0;
    for at in memchr::memchr2_iter(b'x', b'X', text) {
        let starts = match text.get(at + 1) {
            Some(b'\'') => at,
            _ if at > 0 && text[at - 1] == b'0' => at - 1,
            _ => continue,
        };
        if starts < done || starts.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric()) {
            continue;
        }
        let quoted = starts == at;
        let digits = &text[at + 1 + usize::from(quoted)..];
        let length = digits.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let ends = if quoted { digits.get(length) == Some(&b'\'') } else { true };
        if !ends || length < 2 * MIN_TEXT_BYTES {
            continue;
        }
        let Some(part) = spelt(&digits[..length]) else { continue };
        decoded.extend_from_slice(&text[done..starts]);
        push_quoted(&part, &mut decoded);
        done = at + 1 + length + 2 * usize::from(quoted);
    }
    finished(text, done, decoded)
}

/// `CHAR(97,100)`, `chr(97)||chr(100)` and the like of two codes or more.
fn decode_codes(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut done = 0;
    for open in memchr::memchr_iter(b'(', text) {
        if open < done {
            continue;
        }
        let Some(name) = function_before(text, done, open) else { continue };
        let mut codes = Vec::new();
        let Some(end) = read_calls(text, name, open, &mut codes) else { continue };
        if codes.len() < 2 {
            continue;
        }
        decoded.extend_from_slice(&text[done..=open]);
        push_quoted(&codes, &mut decoded);
        decoded.push(b')');
        done = end;
    }
    finished(text, done, decoded)
}

/// The name of a function that ends before this parenthesis.
fn function_before(text: &[u8], from: usize, open: usize) -> Option<&'static [u8]> {
    let head = text[from..open].trim_ascii_end();
    FUNCTIONS
        .into_iter()
        .find(|name| head.len().checked_sub(name.len()).is_some_and(|start| head[start..].eq_ignore_ascii_case(name)))
}

/// Reads the codes of a call and of those of the same function joined to it; returns where they end.
fn read_calls(text: &[u8], name: &[u8], open: usize, codes: &mut Vec<u8>) -> Option<usize> {
    let mut end = read_codes(text, open + 1, codes)?;
    loop {
        let rest = &text[end..];
        let after = rest.trim_ascii_start();
        let after = match after {
            [b'|', b'|', after @ ..] | [b'+' | b'.' | b'&', after @ ..] => after.trim_ascii_start(),
            _ => return Some(end),
        };
        let Some(call) = after.get(..name.len()).filter(|call| call.eq_ignore_ascii_case(name)) else {
            return Some(end);
        };
        let parenthesis = after[call.len()..].trim_ascii_start();
        let start = text.len() - parenthesis.len();
        let known = codes.len();
        match parenthesis.first().and_then(|_| (parenthesis[0] == b'(').then(|| read_codes(text, start + 1, codes))?) {
            Some(next) => end = next,
            None => {
                codes.truncate(known);
                return Some(end);
            }
        }
    }
}

/// Reads numbers of printable characters, with commas between, up to the parenthesis; returns what follows it.
fn read_codes(text: &[u8], start: usize, codes: &mut Vec<u8>) -> Option<usize> {
    let mut at = start;
    loop {
        at += spaces(&text[at..]);
        let (code, length) = number(&text[at..])?;
        codes.push(u8::try_from(code).ok().filter(is_printable)?);
        at += length;
        at += spaces(&text[at..]);
        match text.get(at)? {
            b',' => at += 1,
            b')' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// A decimal or hex number of at most three digits, and its length.
fn number(text: &[u8]) -> Option<(u32, usize)> {
    if matches!(text, [b'0', b'x' | b'X', ..]) {
        return Some((hex(&text[2..], 2)?, 4));
    }
    let length = text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let digits = text[..length].iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    matches!(length, 1..=3).then_some((digits, length))
}

/// What pairs of hex digits spell, where all of it is printable.
fn spelt(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::try_from(hex(pair, 2)?).ok().filter(is_printable)).collect()
}

fn is_printable(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E)
}

fn push_quoted(text: &[u8], decoded: &mut Vec<u8>) {
    decoded.push(b'\'');
    decoded.extend_from_slice(text);
    decoded.push(b'\'');
}

fn finished(text: &[u8], done: usize, mut decoded: Vec<u8>) -> Option<Vec<u8>> {
    (done > 0).then(|| {
        decoded.extend_from_slice(&text[done..]);
        decoded
    })
}
