//! Secrets in any text: card numbers, JSON Web Tokens, assignments to secret-looking names.

use std::borrow::Cow;
use std::ops::Range;

use super::{REDACTED, is_secret_name};

/// Digits of a card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// How far before `=` or `:` a name is looked for, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The text without its secrets.
pub(super) fn scrub(text: &str) -> Cow<'_, str> {
    let mut secrets = cards(text);
    secrets.extend(tokens(text));
    secrets.extend(assignments(text));
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    secrets.sort_by_key(|secret| (secret.start, std::cmp::Reverse(secret.end)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for secret in secrets {
        if secret.start < done {
            // Overlaps one that was taken out: take the longer end with it.
            done = done.max(secret.end);
            continue;
        }
        out.push_str(&text[done..secret.start]);
        out.push_str(REDACTED);
        done = secret.end;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Runs of 13 to 19 digits, single spaces and dashes between them, that pass the Luhn check.
fn cards(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let starts_group = bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit());
        match starts_group.then(|| card_at(bytes, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Where the longest card number that begins here ends. A number ends where its group of digits does.
fn card_at(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits = Vec::with_capacity(*CARD_DIGITS.end());
    let mut end = None;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii_digit() {
            digits.push(byte - b'0');
            if digits.len() > *CARD_DIGITS.end() {
                break;
            }
            let group_ends = !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            if group_ends && CARD_DIGITS.contains(&digits.len()) && passes_luhn(&digits) {
                end = Some(at + 1);
            }
        } else if !matches!(byte, b' ' | b'-') || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            break;
        }
        at += 1;
    }
    end
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| {
            let weighted = if place % 2 == 1 { digit * 2 } else { digit };
            u32::from(if weighted > 9 { weighted - 9 } else { weighted })
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|&digit| digit != 0)
}

/// JSON Web Tokens: `eyJ…`, a dot and more.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut found = Vec::new();
    let mut read = 0;
    for (start, _) in text.match_indices("eyJ") {
        if start < read {
            continue;
        }
        let length = text.as_bytes()[start..].iter().take_while(|&&byte| is_token(byte)).count();
        read = start + length;
        if text[start..read].contains('.') {
            found.push(start..read);
        }
    }
    found
}

/// Values of `name=value`, `"name": "value"`, `<name>value` whose name looks secret.
fn assignments(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    for mark in memchr::memchr3_iter(b'=', b':', b'>', bytes) {
        if found.last().is_some_and(|value| mark < value.end) {
            continue;
        }
        let Some(name) = name_before(bytes, mark) else { continue };
        if !text.get(name).is_some_and(is_secret_name) {
            continue;
        }
        let value = value_after(bytes, mark + 1);
        if !value.is_empty() && text.get(value.clone()) != Some(REDACTED) {
            found.push(value);
        }
    }
    found
}

/// The name that ends before `mark`, quotes and spaces between them skipped.
fn name_before(bytes: &[u8], mark: usize) -> Option<Range<usize>> {
    let skipped = |byte: &&u8| matches!(**byte, b' ' | b'"' | b'\'' | b'\\' | b'\t' | b']' | b':');
    let is_name =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'_' | b'.' | b'[' | b'%' | b'$');
    let before = &bytes[mark.saturating_sub(MAX_NAME_BYTES)..mark];
    let gap = before.iter().rev().take_while(skipped).count();
    let end = mark - gap;
    let length = before[..before.len() - gap].iter().rev().take_while(is_name).count();
    (length > 0).then_some(end - length..end)
}

/// The value that begins after a mark: up to the closing quote, or up to what ends an unquoted value.
fn value_after(bytes: &[u8], mut start: usize) -> Range<usize> {
    while bytes.get(start).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\\' | b'=')) {
        start += 1;
    }
    let rest = bytes.get(start..).unwrap_or_default();
    match rest.first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let begin = start + 1;
            let mut end = begin;
            while end < bytes.len() && bytes[end] != quote {
                end += if bytes[end] == b'\\' && bytes.get(end + 1).is_some_and(u8::is_ascii) { 2 } else { 1 };
            }
            begin..end.min(bytes.len())
        }
        // A list or object is a secret up to its first closing bracket.
        Some(open @ (b'[' | b'{')) => {
            let close = if *open == b'[' { b']' } else { b'}' };
            start..memchr::memchr(close, rest).map_or(bytes.len(), |at| start + at + 1)
        }
        _ => {
            let ends = |byte: &u8| {
                matches!(byte, b' ' | b'&' | b';' | b',' | b'<' | b'>' | b'"' | b'\'' | b'}' | b')' | b'\n' | b'\r')
            };
            start..start + rest.iter().position(ends).unwrap_or(rest.len())
        }
    }
}
