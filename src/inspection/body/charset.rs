//! Bodies in other alphabets than UTF-8: as their charset says, as their byte order mark says, as they look.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ebcdic;

/// Bytes looked at to tell UTF-16 by its zeros.
const SNIFFED_BYTES: usize = 256;
/// Bytes in which the encoding of an XML declaration stands.
const XML_HEAD_BYTES: usize = 256;

/// The texts that a body is in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The body in UTF-8, one for each way it may be read.
    pub(super) texts: Vec<Vec<u8>>,
    /// Whether the bytes as sent may be read as well.
    pub(super) as_sent: bool,
}

/// What a charset's name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Known(&'static Encoding),
    Utf7,
    Ebcdic,
}

impl Charset {
    /// The charset of this label; `None` where it is not known.
    pub(super) fn of(label: &[u8]) -> Option<Self> {
        let label = label.trim_ascii().to_ascii_lowercase();
        match label.as_slice() {
            b"utf-7" | b"utf7" | b"unicode-1-1-utf-7" | b"x-unicode-2-0-utf-7" => Some(Self::Utf7),
            b"ibm037" | b"cp037" | b"ibm-037" | b"ebcdic-cp-us" | b"ibm500" | b"cp500" | b"ibm1140" => {
                Some(Self::Ebcdic)
            }
            label => Encoding::for_label(label).map(Self::Known),
        }
    }

    /// The text in UTF-8; what cannot be read is replaced.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Known(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes(),
            Self::Utf7 => utf7(bytes),
            Self::Ebcdic => ebcdic::decode(bytes),
        }
    }

    /// Whether ASCII characters may stand for anything but themselves in it.
    pub(super) fn hides_ascii(self) -> bool {
        match self {
            Self::Known(encoding) => !encoding.is_ascii_compatible(),
            Self::Utf7 | Self::Ebcdic => true,
        }
    }
}

/// The ways to read a body that declares this charset, or none.
pub(super) fn spellings(declared: Option<Charset>, body: &[u8]) -> Spelling {
    if let Some((encoding, mark)) = Encoding::for_bom(body).or_else(|| Some((zeros(body)?, 0)))
        && encoding != UTF_8
    {
        return Spelling { texts: vec![Charset::Known(encoding).decode(&body[mark..])], as_sent: holds_ascii(body) };
    }
    match declared.or_else(|| of_xml(body)) {
        Some(Charset::Known(encoding)) if encoding == UTF_8 => Spelling { texts: Vec::new(), as_sent: true },
        Some(charset) if !charset.hides_ascii() && body.is_ascii() => Spelling { texts: Vec::new(), as_sent: true },
        Some(charset) => {
            // Of one byte a character, and no UTF-8: nobody reads it otherwise.
            let certain = matches!(charset, Charset::Known(encoding) if encoding.is_single_byte())
                && std::str::from_utf8(body).is_err();
            Spelling { texts: vec![charset.decode(body)], as_sent: !certain }
        }
        None => Spelling { texts: Vec::new(), as_sent: true },
    }
}

/// UTF-16 without a mark, by the zeros in every other byte of Western text.
fn zeros(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(SNIFFED_BYTES)];
    memchr::memchr(0, head)?;
    let count = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (count(0), count(1), head.len() / 2);
    match () {
        () if half < 2 => None,
        () if odd * 10 >= half * 7 && even * 10 <= half => Some(UTF_16LE),
        () if even * 10 >= half * 7 && odd * 10 <= half => Some(UTF_16BE),
        () => None,
    }
}

/// Whether bytes that should be UTF-16 hold a run of plain ASCII, which who ignores the mark would read.
fn holds_ascii(body: &[u8]) -> bool {
    const RUN: usize = 10;
    body.split(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E)).any(|run| run.len() >= RUN)
}

/// What the declaration at the head of an XML document says.
fn of_xml(body: &[u8]) -> Option<Charset> {
    let head = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let head = &head[..head.len().min(XML_HEAD_BYTES)];
    let head = &head[..memchr::memchr(b'>', head)?];
    let at = memchr::memmem::find(head, b"encoding")? + b"encoding".len();
    let value = head[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = value.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    Charset::of(value[1..].split(|byte| byte == quote).next()?)
}

/// UTF-7: `+ADw-` is `<`. What is no escape stays as it is.
fn utf7(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'+', rest) {
        decoded.extend_from_slice(&rest[..at]);
        let digits = rest[at + 1..].iter().take_while(|byte| sextet(**byte).is_some()).count();
        let after = &rest[at + 1 + digits..];
        if digits == 0 {
            decoded.push(b'+');
        } else {
            push_units(&rest[at + 1..at + 1 + digits], &mut decoded);
        }
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    decoded.extend_from_slice(rest);
    decoded
}

fn push_units(digits: &[u8], decoded: &mut Vec<u8>) {
    let (mut bits, mut held) = (0_u32, 0);
    let mut units = Vec::with_capacity(digits.len() / 2);
    for sextet in digits.iter().filter_map(|byte| sextet(*byte)) {
        bits = (bits << 6 | sextet) & 0x00FF_FFFF;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.extend(u16::try_from(bits >> held & 0xFFFF));
        }
    }
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    decoded.extend_from_slice(text.as_bytes());
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(label: &str, body: &[u8]) -> (Vec<String>, bool) {
        let spelling = spellings(Charset::of(label.as_bytes()), body);
        (spelling.texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect(), spelling.as_sent)
    }

    #[test]
    fn reads_what_is_declared_and_what_it_looks_like() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let little: Vec<u8> = "<a>é日".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "<a>é or 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read("utf-16le", &little), (texts(&["<a>é日"]), false));
        assert_eq!(read("", &[b"\xFE\xFF", big.as_slice()].concat()), (texts(&["<a>é or 1"]), false));
        assert_eq!(read("", &big), (texts(&["<a>é or 1"]), false));
        assert_eq!(read("utf-7", b"+ADw-script+AD4 a+-b 1+"), (texts(&["<script> a+b 1+"]), true));
        assert_eq!(read("ibm037", &[0x4C, 0xA2, 0x83, 0x6E, 0x7D]), (texts(&["<sc>'"]), true));
        assert_eq!(read("windows-1251", b"\xEF\xF0\xE8 '"), (texts(&["при '"]), false));
        assert_eq!(read("shift_jis", b"\x83\x5C"), (texts(&["ソ"]), true));
        assert_eq!(read("iso-8859-1", b"plain"), (texts(&[]), true));
        assert_eq!(read("utf-8", "é".as_bytes()), (texts(&[]), true));
        assert_eq!(
            read("", b"<?xml version='1.0' encoding='utf-7'?>+ADw-a"),
            (texts(&["<?xml version='1.0' encoding='utf-7'?><a"]), true)
        );
        assert!(read("", b"\xFF\xFEa=' or 1=1 -- ").1, "who ignores the mark reads the attack");
        assert!(Charset::of(b"klingon").is_none());
    }
}
