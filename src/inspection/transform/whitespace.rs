//! White space, control characters and long runs: what pads a text without saying anything.

/// Repetitions of one byte that are kept.
const KEPT: usize = 8;

/// NUL disappears, as it does in the middle of a word to many parsers; other control characters and runs of white
/// space become one space; white space at the ends goes.
pub(super) fn fold(text: &[u8]) -> Option<Vec<u8>> {
    let tidy = |pair: &[u8]| !(pair[0] == b' ' && pair[1] == b' ');
    let clean = text.iter().all(|byte| *byte == b' ' || !(byte.is_ascii_control() || byte.is_ascii_whitespace()));
    if clean && text.windows(2).all(tidy) && !text.starts_with(b" ") && !text.ends_with(b" ") {
        return None;
    }
    let mut folded = Vec::with_capacity(text.len());
    for byte in text.iter().filter(|byte| **byte != 0) {
        if byte.is_ascii_control() || *byte == b' ' {
            if folded.last().is_some_and(|last| *last != b' ') {
                folded.push(b' ');
            }
        } else {
            folded.push(*byte);
        }
    }
    if folded.last() == Some(&b' ') {
        folded.pop();
    }
    Some(folded)
}

/// Shortens runs of one byte.
pub(super) fn fold_runs(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() <= KEPT || !text.windows(KEPT + 1).any(|run| run.iter().all(|byte| *byte == run[0])) {
        return None;
    }
    let mut folded: Vec<u8> = Vec::with_capacity(text.len());
    let mut repeated = 0;
    for byte in text {
        repeated = if folded.last() == Some(byte) { repeated + 1 } else { 1 };
        if repeated <= KEPT {
            folded.push(*byte);
        }
    }
    Some(folded)
}
