//! What an application may make of a value before it uses it, undone on a copy.
//!
//! [`decode`] runs a chain of transformations until nothing changes any more, in a bounded number of rounds;
//! [`fold`] then levels what carries no meaning (letter case, white space, long runs, plain comments).
//! Folding comes before any cut into windows, so padding costs the sender, not the filter.

mod base64;
mod comment;
mod escape;
mod html;
mod literal;
mod nul;
mod shell;
mod unicode;
mod url;
mod whitespace;

pub(crate) use self::base64::{MIN_PRINTABLE_RUN, Plain, inner_texts, plain_of, printable_runs};
pub(crate) use self::shell::plain_words;
pub(crate) use self::url::{form_decoded, hex, is_malformed};

/// Rounds of decoding at most, unless configured otherwise.
pub const DEFAULT_ROUNDS: usize = 6;

/// One decoding. `None` from [`Self::apply`] where it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation {
    /// `%27`, `%u0027`.
    Url,
    /// `&lt;`, `&#60;`, `&lt`.
    Html,
    /// Overlong UTF-8, full-width and other compatibility forms of ASCII.
    Unicode,
    /// `\u0027`, `\x27`, `\047`, `\00003c`.
    Escape,
    /// `0x61646d696e`, `CHAR(97,100)`, hex digits that spell text.
    Literal,
    /// `$IFS`, `${IFS}`.
    Shell,
    /// NUL bytes between letters.
    Nul,
    /// A whole value in base64.
    Base64,
}

impl Transformation {
    /// Every decoding, in the order of a round.
    pub const ALL: [Self; 8] =
        [Self::Url, Self::Html, Self::Unicode, Self::Escape, Self::Literal, Self::Shell, Self::Nul, Self::Base64];

    /// The text decoded once; `None` where nothing was to decode.
    pub fn apply(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Url => url::decode(text),
            Self::Html => html::decode(text),
            Self::Unicode => unicode::decode(text),
            Self::Escape => escape::decode(text),
            Self::Literal => literal::decode(text),
            Self::Shell => shell::decode(text),
            Self::Nul => nul::decode(text),
            Self::Base64 => base64::decode(text),
        }
    }
}

/// A text after the chain of decodings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The decoded bytes, letter case and white space untouched.
    pub text: Vec<u8>,
    /// Whether the last round changed nothing. False: there was more to decode than rounds.
    pub settled: bool,
    /// Rounds that changed something.
    pub rounds: usize,
}

/// Runs the chain until a round changes nothing, in `rounds` rounds at most.
///
/// The text never grows past twice its length and 64 bytes; a decoding that would exceed that ends the chain.
pub fn decode(text: &[u8], rounds: usize) -> Decoded {
    let cap = text.len().saturating_mul(2).saturating_add(64);
    let mut text = text.to_vec();
    for round in 0..rounds {
        let mut changed = false;
        for transformation in Transformation::ALL {
            let Some(next) = transformation.apply(&text) else { continue };
            if next.len() > cap {
                return Decoded { text, settled: false, rounds: round };
            }
            text = next;
            changed = true;
        }
        if !changed {
            return Decoded { text, settled: true, rounds: round };
        }
    }
    Decoded { text, settled: false, rounds }
}

/// Levels what carries no meaning. The result holds no NUL byte, no upper-case ASCII letter, and has one form:
/// folding it again changes nothing.
pub fn fold(text: &[u8]) -> Vec<u8> {
    let levelled = whitespace::fold(&nul::written_out(text));
    comment::fold(&levelled)
}

/// Decodes and folds.
pub fn normalise(text: &[u8], rounds: usize) -> Vec<u8> {
    fold(&decode(text, rounds).text)
}

#[cfg(test)]
mod tests;
