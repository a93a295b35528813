//! Percent-encoding, `%27` and the `%u0027` of old browsers and IIS.

/// Decodes every well-formed code; a `%` that begins none stays.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', text)?;
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            if let Some(byte) = hex(after, 2).and_then(|code| u8::try_from(code).ok()) {
                decoded.push(byte);
                rest = &after[2..];
                continue;
            }
            if let Some(sign) = after.strip_prefix(b"u").and_then(|digits| hex(digits, 4)).and_then(char::from_u32) {
                decoded.extend(sign.encode_utf8(&mut [0; 4]).bytes());
                rest = &after[5..];
                continue;
            }
        }
        decoded.push(*first);
        rest = after;
    }
    Some(decoded)
}

/// The number of the first `digits` hex digits.
pub(super) fn hex(text: &[u8], digits: usize) -> Option<u32> {
    let digits = text.get(..digits)?;
    digits.iter().try_fold(0_u32, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
