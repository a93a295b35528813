//! Letter case, white space and runs of one character.

/// Equal bytes in a row kept at most: enough for `....//` and `-----`, too few to pad with.
const RUN_KEPT: usize = 4;

/// Lower-cases ASCII, folds white space and control characters to one space (one line feed where it held one: a line break separates commands),
/// drops it at both ends but for leading line feeds, cuts longer runs to [`RUN_KEPT`].
pub(super) fn fold(text: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    let (mut last, mut run) = (0, 0);
    for byte in text {
        let byte = LEVELLED[usize::from(*byte)];
        if is_space(byte) {
            push_space(&mut folded, byte);
            (last, run) = (0, 0);
            continue;
        }
        run = if byte == last { run + 1 } else { 1 };
        last = byte;
        if run <= RUN_KEPT {
            folded.push(byte);
        }
    }
    trim_end(&mut folded);
    folded
}

/// Each byte in lower case.
const LEVELLED: [u8; 256] = {
    let mut levelled = [0; 256];
    let mut byte = u8::MIN;
    loop {
        levelled[byte as usize] = byte.to_ascii_lowercase();
        if byte == u8::MAX {
            break levelled;
        }
        byte += 1;
    }
};

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
