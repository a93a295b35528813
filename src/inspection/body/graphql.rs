//! GraphQL: the query as text, its string literals as values.

use crate::inspection::TargetKind;
use crate::inspection::targets::Targets;

/// Literals of a query that are read one by one; the query as a whole holds the others.
const MAX_LITERALS: usize = 256;

/// Adds a query and its literals.
pub(super) fn read(query: &[u8], targets: &mut Targets) {
    targets.push(TargetKind::BodyText, b"query", query);
    read_literals(query, targets);
}

/// Adds the string literals of a query, unescaped.
pub(super) fn read_literals(query: &[u8], targets: &mut Targets) {
    let mut rest = query;
    for _ in 0..MAX_LITERALS {
        let Some(start) = memchr::memchr2(b'"', b'#', rest) else { return };
        if rest[start] == b'#' {
            // A comment; it stands in the query as text.
            let Some(end) = memchr::memchr(b'\n', &rest[start..]) else { return };
            rest = &rest[start + end..];
            continue;
        }
        let inner = &rest[start + 1..];
        let (literal, after) = match inner.strip_prefix(b"\"\"") {
            Some(block) => split_block(block),
            None => split_string(inner),
        };
        targets.push(TargetKind::BodyValue, name_before(&rest[..start]), literal);
        rest = after;
    }
}

/// Whether a text begins as a query does.
pub(super) fn is_query(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let words: [&[u8]; 4] = [b"query", b"mutation", b"subscription", b"fragment"];
    let opens = memchr::memchr(b'{', text);
    opens == Some(0)
        || opens.is_some()
            && words.iter().any(|word| {
                text.strip_prefix(*word).and_then(|rest| rest.first()).is_some_and(|byte| !byte.is_ascii_alphanumeric())
            })
}

fn split_block(block: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = memchr::memmem::find(block, b"\"\"\"");
    (block[..end.unwrap_or(block.len())].to_vec(), end.map_or(&[], |end| &block[end + 3..]))
}

/// Up to the closing quote; `\"`, `\\`, `\n` undone, numbered escapes left to decoding.
fn split_string(inner: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut literal = Vec::new();
    let mut bytes = inner.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return (literal, &inner[at + 1..]),
            b'\\' => match bytes.next() {
                Some((_, b'n' | b'r' | b't')) => literal.push(b'\n'),
                Some((_, escaped @ (b'"' | b'\\' | b'/'))) => literal.push(*escaped),
                Some((_, other)) => literal.extend([b'\\', *other]),
                None => literal.push(b'\\'),
            },
            byte => literal.push(*byte),
        }
    }
    (literal, &[])
}

/// The argument that a literal is given to: `name: "…"`.
fn name_before(text: &[u8]) -> &[u8] {
    let Some(text) = text.trim_ascii_end().strip_suffix(b":") else { return b"" };
    let text = text.trim_ascii_end();
    let length = text.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    &text[text.len() - length..]
}
