//! Letter case, white space and runs of one character.

/// Equal bytes in a row kept at most: enough for `....//` and `-----`, too few to pad with.
const RUN_KEPT: usize = 4;

/// Lower-cases ASCII, folds white space and control characters to one space (one line feed where it held one: a line
/// break separates commands), drops it at both ends but for leading line feeds, cuts longer runs to [`RUN_KEPT`].
pub(super) fn fold(text: &[u8]) -> Vec<u8> {
    let mut levelled = text.to_ascii_lowercase();
    trim_end(&mut levelled);
    if is_folded(&levelled) { levelled } else { folded(&levelled) }
}

/// Whether there is nothing to fold in text in lower case that does not end in white space, as in most: told without a
/// branch for each byte, which takes a small part of the time of folding it.
fn is_folded(text: &[u8]) -> bool {
    let from = |at: usize| text.get(at..).unwrap_or_default();
    let is_other = |byte: u8| is_space(byte) & (byte != b' ') & (byte != b'\n');
    let others = text.iter().fold(false, |found, byte| found | is_other(*byte));
    let pairs = text.iter().zip(from(1)).fold(false, |found, (one, next)| found | (is_space(*one) & is_space(*next)));
    let in_a_row = text.iter().zip(from(1)).zip(from(2)).zip(from(3)).zip(from(RUN_KEPT));
    let runs = in_a_row.fold(false, |found, ((((a, b), c), d), e)| found | ((a == b) & (b == c) & (c == d) & (d == e)));
    let begins_with_space = text.first().is_some_and(|byte| is_space(*byte));
    !(others | pairs | runs | begins_with_space)
}

fn folded(text: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    let (mut last, mut run) = (0, 0);
    for byte in text {
        if is_space(*byte) {
            push_space(&mut folded, *byte);
            (last, run) = (0, 0);
            continue;
        }
        run = if *byte == last { run + 1 } else { 1 };
        last = *byte;
        if run <= RUN_KEPT {
            folded.push(*byte);
        }
    }
    folded
}

/// Appends white space to text whose white space is folded.
pub(super) fn push_space(folded: &mut Vec<u8>, byte: u8) {
    let breaks = matches!(byte, b'\n' | b'\r');
    match folded.last_mut() {
        Some(last @ b' ') if breaks => *last = b'\n',
        Some(b' ' | b'\n') => {}
        None if !breaks => {}
        _ => folded.push(if breaks { b'\n' } else { b' ' }),
    }
}

/// Drops white space at the end.
pub(super) fn trim_end(folded: &mut Vec<u8>) {
    while folded.last().is_some_and(|byte| is_space(*byte)) {
        folded.pop();
    }
}

/// White space and control characters, which some databases take for white space.
fn is_space(byte: u8) -> bool {
    matches!(byte, 1..=b' ' | 0x7F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_to_have_nothing_to_fold_has_nothing() {
        const BYTES: [u8; 5] = *b"aB \n\r";
        let mut clean = 0;
        for number in 0..BYTES.len().pow(7) {
            let digits = (0..7).scan(number, |rest, _| {
                let digit = *rest % BYTES.len();
                *rest /= BYTES.len();
                Some(BYTES[digit])
            });
            let text: Vec<u8> = digits.collect();
            let levelled = text.trim_ascii_end().to_ascii_lowercase();
            assert_eq!(fold(&text), folded(&levelled), "{text:?}");
            clean += usize::from(is_folded(&levelled));
        }
        assert!(clean > 1_000, "{clean}");
    }
}
