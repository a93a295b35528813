//! Other spellings of ASCII: overlong UTF-8, compatibility forms, best-fit slashes.

use unicode_normalization::char::decompose_compatible;

/// Characters of a compatibility form at most, `(20)` of U+2487 being among the longest.
const MAX_FORM: usize = 4;

/// Spells overlong sequences, full-width letters, ligatures and the like in ASCII and drops characters without a width;
/// other scripts stay as they are.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let shortened = shorten(text);
    let mut decoded = Vec::with_capacity(shortened.len());
    for chunk in shortened.utf8_chunks() {
        for character in chunk.valid().chars().filter(|character| !is_invisible(*character)) {
            push_ascii_form(character, &mut decoded);
        }
        // A lone 0xA0 is Latin-1's no-break space, white space to MySQL.
        decoded.extend(chunk.invalid().iter().map(|byte| if *byte == 0xA0 { b' ' } else { *byte }));
    }
    (decoded != text).then_some(decoded)
}

fn push_ascii_form(character: char, decoded: &mut Vec<u8>) {
    if character.is_ascii() {
        decoded.push(character as u8);
        return;
    }
    let mut form = [0; MAX_FORM];
    let mut length = 0;
    let mut fits = true;
    decompose_compatible(best_fit(character), |part| {
        fits &= part.is_ascii() && length < MAX_FORM;
        if fits {
            form[length] = part as u8;
            length += 1;
        }
    });
    if fits {
        decoded.extend_from_slice(&form[..length]);
    } else {
        decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// What Windows code pages make of a character that Unicode keeps apart from its ASCII look-alike.
fn best_fit(character: char) -> char {
    match character {
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2216}' | '\u{EFC8}' | '\u{F025}' => '\\',
        '\u{2032}' | '\u{02B9}' | '\u{02BC}' => '\'',
        '\u{0085}' | '\u{2028}' | '\u{2029}' => '\n',
        '\u{1680}' => ' ',
        '\u{0130}' | '\u{0131}' => 'i',
        other => other,
    }
}

/// Characters without a width: marks of direction, joiners, soft hyphens, byte order marks.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Replaces overlong sequences of up to six bytes by the ASCII byte they stand for.
fn shorten(text: &[u8]) -> Vec<u8> {
    let mut shortened = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(byte) = rest.first() {
        match overlong(rest) {
            Some((ascii, length)) => {
                shortened.push(ascii);
                rest = &rest[length..];
            }
            None => {
                shortened.push(*byte);
                rest = &rest[1..];
            }
        }
    }
    shortened
}

/// The ASCII byte that the text begins with in overlong form, and the length of that form.
fn overlong(text: &[u8]) -> Option<(u8, usize)> {
    let lead = *text.first()?;
    let length = match lead {
        0xC0 | 0xC1 => return two_bytes(lead, *text.get(1)?),
        0xE0 => 3,
        0xF0 => 4,
        0xF8 => 5,
        0xFC => 6,
        _ => return None,
    };
    let tail = text.get(1..length)?;
    let code = tail
        .iter()
        .try_fold(0_u32, |code, byte| (byte & 0xC0 == 0x80).then(|| (code << 6) | u32::from(byte & 0x3F)))?;
    u8::try_from(code).ok().filter(u8::is_ascii).map(|ascii| (ascii, length))
}

/// Two-byte forms, as decoders that do not check the second byte read them: `C0 2F`, `C1 1C` and `C1 AF`
/// are slashes as well.
fn two_bytes(lead: u8, second: u8) -> Option<(u8, usize)> {
    let code = ((lead & 1) << 6) | (second & 0x3F);
    match second {
        0xAF if lead == 0xC1 => Some((b'/', 2)),
        0x80..=0xBF => Some((code, 2)),
        0x20..=0x7E if lead == 0xC0 => Some((second, 2)),
        0x00..=0x1F if lead == 0xC1 => Some((code, 2)),
        _ => None,
    }
}
