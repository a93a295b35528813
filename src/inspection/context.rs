//! What the whole value is like that a window was cut from.
//!
//! The same words are an attack in a short field and daily bread in an article. A window of 256 bytes shows neither how
//! long the value is nor that it is prose, so the model is told beside it, in eight coarse levels.

/// Levels that a model is given beside a window.
pub const CONTEXT_LEVELS: usize = 8;
/// Values of one level: 0 to 15.
pub const LEVEL_VALUES: usize = 16;

/// Names of the levels in their order, as a manifest lists them.
pub const CONTEXT_NAMES: [&str; CONTEXT_LEVELS] =
    ["length", "words", "letters", "spaces", "lines", "markup", "symbols", "position"];

/// The levels of one window, each 0 to 15.
///
/// | level | of the decoded value, before letter case and white space are levelled |
/// | --- | --- |
/// | length | whole binary logarithm of its bytes |
/// | words | of one more than its words of two letters or more |
/// | letters | share of ASCII letters and of bytes past ASCII, 15 for all |
/// | spaces | share of white space, 15 for a quarter or more |
/// | lines | logarithm of one more than its line feeds |
/// | markup | logarithm of one more than its `<` |
/// | symbols | share of ASCII punctuation but `.`, `,`, `-` and `_`, 15 for a half or more |
/// | position | of the window: 0 all of it, 1 its beginning, 2 within, 3 its end; and 4 for each round of decoding, up to 12 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Context([u8; CONTEXT_LEVELS]);

/// Where a window stands in its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Whole,
    Beginning,
    Within,
    End,
}

impl Context {
    /// The context of a decoded value that took so many rounds of decoding.
    pub(crate) fn of(value: &[u8], rounds: usize) -> Self {
        let counts = Counts::of(value);
        let length = value.len().max(1);
        Self([
            logarithm(length),
            logarithm(1 + counts.words),
            share(counts.letters, length, 1),
            share(counts.spaces, length, 4),
            logarithm(1 + counts.lines),
            logarithm(1 + counts.markup),
            share(counts.symbols, length, 2),
            level(rounds.min(3) * 4),
        ])
    }

    /// The same for a window that stands there.
    pub(crate) const fn at(mut self, position: Position) -> Self {
        self.0[CONTEXT_LEVELS - 1] = (self.0[CONTEXT_LEVELS - 1] & 12) | position as u8;
        self
    }

    /// The levels in the order of [`CONTEXT_NAMES`].
    pub const fn levels(&self) -> &[u8; CONTEXT_LEVELS] {
        &self.0
    }
}

#[derive(Default)]
struct Counts {
    words: usize,
    letters: usize,
    spaces: usize,
    lines: usize,
    markup: usize,
    symbols: usize,
}

impl Counts {
    fn of(value: &[u8]) -> Self {
        Self {
            words: words(value),
            letters: count(value, is_letter),
            spaces: count(value, |byte| byte.is_ascii_whitespace()),
            lines: count(value, |byte| byte == b'\n'),
            markup: count(value, |byte| byte == b'<'),
            symbols: count(value, |byte| {
                byte.is_ascii_punctuation() & (byte != b'.') & (byte != b',') & (byte != b'-') & (byte != b'_')
            }),
        }
    }
}

/// Bytes whose count fits one byte: so many are counted in vectors of bytes.
const COUNTED: usize = 255;

/// The bytes that are so. One pass for each question, without a branch in it, takes a quarter of the time of one for all.
fn count(value: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let of = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(is(*byte))).sum::<u8>();
    value.chunks(COUNTED).map(|bytes| usize::from(of(bytes))).sum()
}

/// Runs of two letters or more: of each the second.
fn words(value: &[u8]) -> usize {
    let (Some(second), Some(third)) = (value.get(1..), value.get(2..)) else { return 0 };
    let [first, second, third] = [value, second, third].map(|bytes| bytes.chunks(COUNTED));
    let of = |((first, second), third): ((&[u8], &[u8]), &[u8])| {
        let ends = first
            .iter()
            .zip(second)
            .zip(third)
            .map(|((first, second), third)| u8::from(!is_letter(*first) & is_letter(*second) & is_letter(*third)));
        usize::from(ends.sum::<u8>())
    };
    let begins = value.first_chunk().is_some_and(|[first, second]| is_letter(*first) & is_letter(*second));
    usize::from(begins) + first.zip(second).zip(third).map(of).sum::<usize>()
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() | !byte.is_ascii()
}

fn logarithm(number: usize) -> u8 {
    level(usize::try_from(number.ilog2()).unwrap_or(usize::MAX))
}

/// The share of `count` in `length` in fifteenths, `times` as fine.
fn share(count: usize, length: usize, times: usize) -> u8 {
    level(count.saturating_mul(15 * times) / length)
}

fn level(number: usize) -> u8 {
    u8::try_from(number.min(LEVEL_VALUES - 1)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_the_whole_value() {
        assert_eq!(Context::of(b"", 0).levels(), &[0; CONTEXT_LEVELS]);
        assert_eq!(Context::of(b"1' or 1=1--", 1).levels(), &[3, 1, 2, 10, 0, 0, 5, 4]);
        let article = "<p>It's raining cats and dogs.</p>\n".repeat(100);
        assert_eq!(Context::of(article.as_bytes(), 0).levels(), &[11, 8, 9, 8, 6, 7, 5, 0]);
        assert_eq!(Context::of(&[0xff; 1 << 20], 9).levels(), &[15, 1, 15, 0, 0, 0, 0, 12]);
    }

    #[test]
    fn counts_words_wherever_they_stand() {
        for (value, expected) in
            [("", 0), ("a", 0), ("ab", 1), ("a b", 0), (" ab", 1), ("ab cd e fgh ", 3), ("\u{e4}", 1)]
        {
            assert_eq!(words(value.as_bytes()), expected, "{value}");
        }
        // Across the pieces that are counted at once, too.
        for before in 0..3 * COUNTED {
            let value = [vec![b'.'; before], b"abc de".to_vec()].concat();
            assert_eq!((words(&value), count(&value, is_letter)), (2, 5), "{before}");
        }
    }

    #[test]
    fn knows_where_the_window_stands() {
        let context = Context::of(b"x", 2);
        for (position, level) in
            [(Position::Whole, 8), (Position::Beginning, 9), (Position::Within, 10), (Position::End, 11)]
        {
            assert_eq!(context.at(position).levels()[7], level);
        }
    }
}
