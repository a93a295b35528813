//! Decoding and folding, repeated to a fixpoint: what an application might make of a text.
//!
//! The same code serves training and serving: training pipes its texts through `portcullis prepare`. The original
//! is never changed; this works on a copy.

mod base64;
mod comment;
mod html;
mod unicode;
mod url;
mod whitespace;

pub use base64::decoded_base64;

/// Rounds at most. Four suffice for what was seen in the wild; one more finds the fixpoint.
pub const MAX_ROUNDS: usize = 5;

/// One decoding or folding: what it makes of a text, or `None` where there is nothing to do.
type Transformation = fn(&[u8]) -> Option<Vec<u8>>;

/// In this order. None of them makes a text longer than [`MAX_GROWTH`] times itself.
const CHAIN: [Transformation; 7] = [
    url::decode,
    html::decode,
    unicode::unescape,
    unicode::fold,
    comment::fold,
    whitespace::fold,
    whitespace::fold_runs,
];

/// Bytes out for each byte in, at most: a full-width sign folds into fewer bytes, but some signs of Unicode (`﷽`)
/// fold into many.
pub const MAX_GROWTH: usize = 12;

/// The text as a model takes it: decoded, folded, lower case, without NUL.
pub fn normalise(text: &[u8]) -> Vec<u8> {
    let most = text.len().saturating_mul(MAX_GROWTH);
    let mut text = text.to_ascii_lowercase();
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for transformation in CHAIN {
            if let Some(next) = transformation(&text) {
                changed |= next != text;
                text = next;
            }
        }
        if !changed {
            break;
        }
        text.make_ascii_lowercase();
        text.truncate(most);
    }
    text
}

#[cfg(test)]
mod tests;
