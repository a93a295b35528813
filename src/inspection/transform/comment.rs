//! Comments that databases, scripts and browsers read as white space.

use super::whitespace::{push_space, trim_end};

/// Bytes of a comment at most that is dropped.
const MAX_COMMENT_BYTES: usize = 64;
/// Bytes of a comment up to the end of its line at most that is dropped.
const MAX_LINE_BYTES: usize = 32;

/// What is open, and where in the folded text it begins.
enum Opening {
    /// `/*`, `<!--`, kept until it proves plain.
    Comment(usize),
    /// `/*!50000`, whose content is executed: dropped, and so is its end.
    Executed,
}

/// Makes `/**/`, `/* plain words */`, `<!-- plain words -->`, `#word` and `--word` up to a line break, and both ends of
/// `/*!50000 … */` white space, in text whose white space is folded.
///
/// A comment with anything but words in it stays: elsewhere it is text like any other, and must not hide an attack.
pub(super) fn fold(text: &[u8]) -> Vec<u8> {
    if memchr::memchr3(b'*', b'!', b'\n', text).is_none() {
        return text.to_vec();
    }
    let mut folder = Folder { folded: Vec::with_capacity(text.len()), slashed: Vec::new(), tagged: Vec::new() };
    let mut rest = text;
    while !rest.is_empty() {
        rest = &rest[folder.take(rest)..];
    }
    trim_end(&mut folder.folded);
    folder.folded
}

struct Folder {
    folded: Vec<u8>,
    slashed: Vec<Opening>,
    tagged: Vec<usize>,
}

impl Folder {
    /// Takes one byte or mark; returns its length.
    fn take(&mut self, rest: &[u8]) -> usize {
        match rest {
            [b'/', b'*', b'!', after @ ..] => {
                self.slashed.push(Opening::Executed);
                push_space(&mut self.folded, b' ');
                3 + after.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count()
            }
            [b'/', b'*', ..] => {
                self.slashed.push(Opening::Comment(self.folded.len()));
                self.keep(&rest[..2])
            }
            [b'*', b'/', ..] => {
                self.close_slashed();
                2
            }
            [b'<', b'!', b'-', b'-', ..] => {
                self.tagged.push(self.folded.len());
                self.keep(&rest[..4])
            }
            [b'-', b'-', b'>', ..] => {
                match self.tagged.pop() {
                    Some(at) if self.is_plain(at + 4) => self.drop_from(at),
                    _ => _ = self.keep(b"-->"),
                }
                3
            }
            [b'\n', ..] => {
                self.end_line();
                1
            }
            [b' ', ..] => {
                push_space(&mut self.folded, b' ');
                1
            }
            _ => self.keep(&rest[..1]),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> usize {
        self.folded.extend_from_slice(bytes);
        bytes.len()
    }

    fn close_slashed(&mut self) {
        match self.slashed.pop() {
            Some(Opening::Executed) => push_space(&mut self.folded, b' '),
            Some(Opening::Comment(at)) if self.is_plain(at + 2) => self.drop_from(at),
            Some(Opening::Comment(_)) | None => _ = self.keep(b"*/"),
        }
    }

    /// Whether there are but words from here on. Where that is so, nothing else is open in it.
    fn is_plain(&self, from: usize) -> bool {
        self.folded.get(from..).is_some_and(|comment| {
            let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\n' | b'_' | b'-' | b'*');
            comment.len() <= MAX_COMMENT_BYTES && comment.iter().all(word)
        })
    }

    fn drop_from(&mut self, at: usize) {
        self.folded.truncate(at);
        push_space(&mut self.folded, b' ');
    }

    /// A line break, and the comments of one word before it dropped.
    fn end_line(&mut self) {
        push_space(&mut self.folded, b'\n');
        while let Some(start) = self.line_comment() {
            self.folded.truncate(start);
            push_space(&mut self.folded, b'\n');
        }
    }

    /// Where a `#word` or `--word` begins that the line break at the end of the text ends.
    fn line_comment(&self) -> Option<usize> {
        let line = self.folded.strip_suffix(b"\n")?;
        let word =
            line.iter().rev().take(MAX_LINE_BYTES).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
        let start = line.len() - word.count();
        match &line[..start] {
            [.., b'#'] => Some(start - 1),
            // The end of `<!--` begins no line's comment.
            [before @ .., b'-', b'-'] if !before.ends_with(b"<!") => Some(start - 2),
            _ => None,
        }
    }
}
