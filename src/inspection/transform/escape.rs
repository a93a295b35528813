//! Backslash escapes of JSON, JavaScript, C and the shell.

use super::url::hex;

/// Decodes backslash escapes, and dots and slashes written as numbers.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let unescaped = decode_backslashes(text);
    decode_numbers(unescaped.as_deref().unwrap_or(text)).or(unescaped)
}

/// Decodes `\uXXXX`, `\u{X}`, `\xHH`, `\OOO` and `\HHHH` of CSS where they are printable ASCII, and drops a backslash
/// with the line break after it. Other backslashes are paths and stay.
fn decode_backslashes(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    let mut decoded = Vec::new();
    let mut changed = false;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        decoded.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match escape(rest, &mut decoded) {
            Some(after) => {
                rest = after;
                changed = true;
            }
            None => decoded.push(b'\\'),
        }
    }
    changed.then(|| {
        decoded.extend_from_slice(rest);
        decoded
    })
}

/// Decodes `0x2e`, `0x2f` and `0x5c` where no further hex digit follows.
fn decode_numbers(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut done = 0;
    for at in memchr::memmem::find_iter(text, b"0x") {
        let sign = hex(&text[at + 2..], 2).and_then(|code| u8::try_from(code).ok());
        let ends = !text.get(at + 4).is_some_and(u8::is_ascii_hexdigit) || text[at + 4..].starts_with(b"0x");
        if let Some(sign) = sign.filter(|sign| ends && matches!(sign, b'.' | b'/' | b'\\')) {
            decoded.extend_from_slice(&text[done..at]);
            decoded.push(sign);
            done = at + 4;
        }
    }
    (done > 0).then(|| {
        decoded.extend_from_slice(&text[done..]);
        decoded
    })
}

/// Appends the character of a UTF-16 unit; `next` reads the other half of a surrogate pair. Returns what follows.
pub(super) fn push_utf16<'a>(
    unit: u32,
    rest: &'a [u8],
    decoded: &mut Vec<u8>,
    next: impl Fn(&'a [u8]) -> Option<(u32, &'a [u8])>,
) -> &'a [u8] {
    let (code, rest) = match next(rest) {
        Some((low, after)) if (0xD800..0xDC00).contains(&unit) && (0xDC00..0xE000).contains(&low) => {
            (0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), after)
        }
        _ => (unit, rest),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

/// Decodes one escape after its backslash and returns what follows it.
fn escape<'a>(rest: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    match *rest.first()? {
        b'u' | b'U' if rest.get(1) == Some(&b'{') => {
            let digits = rest[2..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
            let code = hex(&rest[2..], digits).filter(|_| digits > 0 && rest.get(2 + digits) == Some(&b'}'))?;
            Some(push_utf16(code, &rest[3 + digits..], decoded, |_| None))
        }
        b'u' | b'U' => {
            let unit = hex(&rest[1..], 4)?;
            Some(push_utf16(unit, &rest[5..], decoded, |rest| Some((hex(rest.strip_prefix(b"\\u")?, 4)?, &rest[6..]))))
        }
        b'x' | b'X' => ascii(hex(&rest[1..], 2)?, &rest[3..], decoded),
        b'\n' => Some(&rest[1..]),
        b'\r' if rest.get(1) == Some(&b'\n') => Some(&rest[2..]),
        b'0'..=b'7' => style(rest, decoded).or_else(|| octal(rest, decoded)),
        _ => None,
    }
}

/// An escape of CSS: leading zeros to four digits or more, or two digits that cannot be octal; one space may end it.
fn style<'a>(rest: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    let digits = rest.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (after, spaced) = match &rest[digits..] {
        [b' ' | b'\t' | b'\n', after @ ..] => (after, true),
        after => (after, false),
    };
    let is_style = match digits {
        4..=6 => rest.starts_with(b"00"),
        2 => matches!(rest[1], b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F') || (spaced && rest[0] >= b'6'),
        _ => false,
    };
    if is_style { ascii(hex(rest, digits)?, after, decoded) } else { None }
}

/// An octal escape: three digits, or two that spell a sign and are followed by no digit.
fn octal<'a>(rest: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    let short = rest[0] >= b'4';
    let length = if short { 2 } else { 3 };
    if short && rest.get(2).is_some_and(u8::is_ascii_digit) || matches!(rest[0], b'2' | b'3') {
        return None;
    }
    let digits = rest.get(..length)?;
    let code = digits.iter().try_fold(0, |sum, byte| Some(sum * 8 + char::from(*byte).to_digit(8)?))?;
    ascii(code, &rest[length..], decoded)
}

/// Bytes past ASCII stay written out: alone they are parts of paths and of other alphabets.
fn ascii<'a>(code: u32, rest: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    let byte = u8::try_from(code).ok().filter(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E))?;
    decoded.push(byte);
    Some(rest)
}
