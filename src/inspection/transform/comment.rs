//! Comments that databases and scripts read as white space.

use super::whitespace::{push_space, trim_end};

/// Bytes of a comment at most that is dropped.
const MAX_COMMENT_BYTES: usize = 64;

/// Makes `/**/`, `/* plain words */` and the opening of `/*!50000` a space, in text whose white space is folded.
///
/// A comment with anything but words in it stays: outside of SQL it is text like any other, and must not hide an attack.
pub(super) fn fold(text: &[u8]) -> Vec<u8> {
    let mut folded: Vec<u8> = Vec::with_capacity(text.len());
    let mut openings: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some(byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(b"/*!") {
            let digits = after.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            push_space(&mut folded, b' ');
            rest = &after[digits..];
        } else if rest.starts_with(b"/*") {
            openings.push(folded.len());
            folded.extend_from_slice(b"/*");
            rest = &rest[2..];
        } else if rest.starts_with(b"*/") {
            close(&mut folded, &mut openings);
            rest = &rest[2..];
        } else {
            match byte {
                b' ' | b'\n' => push_space(&mut folded, *byte),
                byte => folded.push(*byte),
            }
            rest = &rest[1..];
        }
    }
    trim_end(&mut folded);
    folded
}

/// Ends the last comment opened: dropped where it is plain, kept as it stands otherwise.
fn close(folded: &mut Vec<u8>, openings: &mut Vec<usize>) {
    let plain = |comment: &[u8]| {
        comment.len() <= MAX_COMMENT_BYTES
            && comment
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\n' | b'_' | b'-' | b'*'))
    };
    match openings.pop() {
        Some(at) if plain(&folded[at + 2..]) => {
            folded.truncate(at);
            push_space(folded, b' ');
        }
        _ => folded.extend_from_slice(b"*/"),
    }
}
