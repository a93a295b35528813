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
    let mut done = 0;
    while let Some((start, mark)) = next_mark(text, done, folder.tagged.is_empty()) {
        folder.copy(&text[done..start]);
        done = start + folder.take(mark, &text[start..]);
    }
    folder.copy(&text[done..]);
    trim_end(&mut folder.folded);
    folder.folded
}

/// What begins or ends a comment.
#[derive(Clone, Copy)]
enum Mark {
    Slashed,
    SlashedEnd,
    Tagged,
    TaggedEnd,
    Line,
}

/// The next mark and where it begins; ends of tagged comments only where there is one to end.
fn next_mark(text: &[u8], from: usize, untagged: bool) -> Option<(usize, Mark)> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        let found = match untagged {
            true => memchr::memchr3(b'*', b'!', b'\n', rest)?,
            false => rest.iter().position(|byte| matches!(byte, b'*' | b'!' | b'\n' | b'>'))?,
        };
        let sign = at + found;
        let before = &text[from..sign];
        let mark = match text[sign] {
            b'\n' => Some((sign, Mark::Line)),
            b'*' if before.ends_with(b"/") => Some((sign - 1, Mark::Slashed)),
            b'*' if text.get(sign + 1) == Some(&b'/') => Some((sign, Mark::SlashedEnd)),
            b'!' if before.ends_with(b"<") && text[sign..].starts_with(b"!--") => Some((sign - 1, Mark::Tagged)),
            b'>' if before.ends_with(b"--") => Some((sign - 2, Mark::TaggedEnd)),
            _ => None,
        };
        if mark.is_some() {
            return mark;
        }
        at = sign + 1;
    }
}

struct Folder {
    folded: Vec<u8>,
    slashed: Vec<Opening>,
    tagged: Vec<usize>,
}

impl Folder {
    /// Copies text without marks; its white space is folded, and only its first may meet some that is there.
    fn copy(&mut self, text: &[u8]) {
        match text.split_first() {
            Some((b' ', after)) => {
                push_space(&mut self.folded, b' ');
                self.folded.extend_from_slice(after);
            }
            _ => self.folded.extend_from_slice(text),
        }
    }

    /// Takes the mark that the text begins with; returns its length.
    fn take(&mut self, mark: Mark, rest: &[u8]) -> usize {
        match mark {
            Mark::Slashed => match rest.strip_prefix(b"/*!") {
                Some(after) => {
                    self.slashed.push(Opening::Executed);
                    push_space(&mut self.folded, b' ');
                    3 + after.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count()
                }
                None => {
                    self.slashed.push(Opening::Comment(self.folded.len()));
                    self.keep(b"/*")
                }
            },
            Mark::SlashedEnd => {
                self.close_slashed();
                2
            }
            Mark::Tagged => {
                self.tagged.push(self.folded.len());
                self.keep(b"<!--")
            }
            Mark::TaggedEnd => {
                match self.tagged.pop() {
                    Some(at) if self.is_plain(at + 4) => self.drop_from(at),
                    _ => _ = self.keep(b"-->"),
                }
                3
            }
            Mark::Line => {
                self.end_line();
                1
            }
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
