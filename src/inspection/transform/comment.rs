//! Comments that only break words apart: `un/**/ion`, `/*!50000select*/`.

/// Words of a comment this long are thrown away with it; a longer one is text, and HTML knows no such comments.
const SHORT: usize = 32;

/// Replaces the marks of a comment by a space, and its words too where it is short and has nothing but words.
pub(super) fn fold(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(text, b"/*")?;
    let mut folded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = memchr::memmem::find(rest, b"/*") {
        let (before, comment) = rest.split_at(start);
        let inside = &comment[2..];
        let Some(end) = memchr::memmem::find(inside, b"*/") else { break };
        folded.extend(before);
        folded.push(b' ');
        if !is_filler(&inside[..end]) {
            folded.extend(version_stripped(&inside[..end]));
            folded.push(b' ');
        }
        rest = &inside[end + 2..];
    }
    folded.extend(rest);
    Some(folded)
}

fn is_filler(comment: &[u8]) -> bool {
    comment.len() <= SHORT
        && comment.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-' | b'\n' | b'\t'))
}

/// MySQL runs what stands in `/*!50000 … */`.
fn version_stripped(comment: &[u8]) -> &[u8] {
    match comment.strip_prefix(b"!") {
        Some(run) => &run[run.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count()..],
        None => comment,
    }
}
