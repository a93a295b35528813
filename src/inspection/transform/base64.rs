//! Texts that are base64 as a whole.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Letters from which on a text may be base64: shorter ones are words by accident.
const SHORTEST: usize = 16;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What the text decodes to, where it is base64 (either alphabet, padded or not) and decodes to text.
///
/// The text has to come as it was sent, before its case is folded.
pub fn decoded_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.len() < SHORTEST || text.len() % 4 == 1 && !text.ends_with(b"=") {
        return None;
    }
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    is_text(&decoded).then_some(decoded)
}

/// At most one byte in ten is no text.
fn is_text(bytes: &[u8]) -> bool {
    let odd = |byte: &&u8| (byte.is_ascii_control() && !byte.is_ascii_whitespace()) || **byte >= 0x80;
    !bytes.is_empty() && bytes.iter().filter(odd).count() * 10 <= bytes.len()
}
