//! A reader of JSON for inspection: in order, duplicate keys included, without recursion, as far as the text goes.
//!
//! A map-building parser keeps one of two equal keys; an application may read the other.

/// A key or a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf<'a> {
    /// The dotted way to it; arrays add nothing to it.
    pub(crate) path: &'a str,
    /// Its text, unescaped.
    pub(crate) text: &'a [u8],
    /// Whether it is a key.
    pub(crate) is_key: bool,
    /// Whether it stands in an array, with nothing between.
    pub(crate) in_array: bool,
}

/// Why a text is not JSON, and the offset from which it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends within a value.
    End(usize),
    /// It breaks the grammar.
    Syntax(usize),
    /// It is nested past the limit.
    Depth(usize),
}

/// Tells `sink` every key and string of the text: one value, or several with white space between them.
pub(crate) fn walk(text: &[u8], max_depth: usize, sink: &mut dyn FnMut(Leaf<'_>)) -> Result<(), Fault> {
    let at = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    Walker { text, at, path: String::new(), open: Vec::new(), max_depth, sink }.run()
}

/// An object or array not closed yet.
struct Open {
    is_object: bool,
    /// Length of the path outside of it.
    path: usize,
}

struct Walker<'a, 's> {
    text: &'a [u8],
    at: usize,
    path: String,
    open: Vec<Open>,
    max_depth: usize,
    sink: &'s mut dyn FnMut(Leaf<'_>),
}

impl Walker<'_, '_> {
    fn run(mut self) -> Result<(), Fault> {
        self.skip_space();
        while self.at < self.text.len() {
            self.value()?;
            self.skip_space();
        }
        if self.open.is_empty() { Ok(()) } else { Err(Fault::End(self.at)) }
    }

    /// One value and what closes after it; opens a container at most.
    fn value(&mut self) -> Result<(), Fault> {
        match self.peek()? {
            b'{' => return self.enter(true),
            b'[' => return self.enter(false),
            b'"' => {
                let text = self.string()?;
                let in_array = self.open.last().is_some_and(|open| !open.is_object);
                (self.sink)(Leaf { path: &self.path, text: &text, is_key: false, in_array });
            }
            _ => self.word()?,
        }
        self.close()
    }

    fn enter(&mut self, is_object: bool) -> Result<(), Fault> {
        if self.open.len() >= self.max_depth {
            return Err(Fault::Depth(self.at));
        }
        self.at += 1;
        self.open.push(Open { is_object, path: self.path.len() });
        self.skip_space();
        match self.peek()? {
            b'}' if is_object => self.leave(),
            b']' if !is_object => self.leave(),
            _ if is_object => self.key(),
            _ => Ok(()),
        }
    }

    fn leave(&mut self) -> Result<(), Fault> {
        self.at += 1;
        if let Some(open) = self.open.pop() {
            self.path.truncate(open.path);
        }
        self.close()
    }

    /// After a value: the comma before the next, or the ends of containers.
    fn close(&mut self) -> Result<(), Fault> {
        while let Some(open) = self.open.last() {
            let (is_object, path) = (open.is_object, open.path);
            self.skip_space();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.path.truncate(path);
                    self.skip_space();
                    return if is_object { self.key() } else { self.peek().map(drop) };
                }
                b'}' if is_object => self.at += 1,
                b']' if !is_object => self.at += 1,
                _ => return Err(Fault::Syntax(self.at)),
            }
            self.path.truncate(path);
            self.open.pop();
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek()? != b'"' {
            return Err(Fault::Syntax(self.at));
        }
        let key = self.string()?;
        (self.sink)(Leaf { path: &self.path, text: &key, is_key: true, in_array: false });
        if !self.path.is_empty() {
            self.path.push('.');
        }
        // A name is shown, not inspected: a bounded part of it does.
        self.path.push_str(&String::from_utf8_lossy(&key[..key.len().min(128)]));
        self.skip_space();
        if self.peek()? != b':' {
            return Err(Fault::Syntax(self.at));
        }
        self.at += 1;
        self.skip_space();
        self.peek().map(drop)
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count();
        let word = &rest[..length];
        let known = matches!(word, b"true" | b"false" | b"null");
        if !known && !is_number(word) {
            let whole = length < rest.len();
            return Err(if whole { Fault::Syntax(self.at) } else { Fault::End(self.at) });
        }
        self.at += length;
        Ok(())
    }

    /// A string, unescaped. Line breaks and other control characters in it are put up with.
    fn string(&mut self) -> Result<Vec<u8>, Fault> {
        let start = self.at;
        let mut text = Vec::new();
        let mut at = start + 1;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let stop = memchr::memchr2(b'"', b'\\', rest).ok_or(Fault::End(start))?;
            text.extend_from_slice(&rest[..stop]);
            at += stop + 1;
            if rest[stop] == b'"' {
                self.at = at;
                return Ok(text);
            }
            at += unescape(&self.text[at..], &mut text).ok_or(Fault::Syntax(start))?;
        }
    }

    fn peek(&self) -> Result<u8, Fault> {
        self.text.get(self.at).copied().ok_or(Fault::End(self.at))
    }

    fn skip_space(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }
}

fn is_number(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"-").unwrap_or(word);
    word.first().is_some_and(u8::is_ascii_digit)
        && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// Decodes what follows a backslash; returns its length, `None` where it is no escape.
/// At the end of the text the escape counts as whole, so that the missing quote is what is noticed.
fn unescape(rest: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let Some(escape) = rest.first() else { return Some(0) };
    let byte = match escape {
        b'"' | b'\\' | b'/' => *escape,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unescape_utf16(rest, text),
        _ => return None,
    };
    text.push(byte);
    Some(1)
}

fn unescape_utf16(rest: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    if rest.len() < 5 {
        return rest[1..].iter().all(u8::is_ascii_hexdigit).then_some(rest.len());
    }
    let unit = |at: usize| {
        let digits = rest.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
    };
    let first = unit(1)?;
    let second = if rest.get(5..7) == Some(b"\\u") { unit(7) } else { None };
    let (code, length) = match second {
        Some(low) if (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&low) => {
            (0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00), 11)
        }
        _ => (first, 5),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> (Vec<String>, Result<(), Fault>) {
        let mut leaves = Vec::new();
        let result = walk(text.as_bytes(), 4, &mut |leaf| {
            let mark = if leaf.is_key { "#" } else { "=" };
            leaves.push(format!("{}{mark}{}", leaf.path, String::from_utf8_lossy(leaf.text)));
        });
        (leaves, result)
    }

    #[test]
    fn reads_keys_and_strings_in_order() {
        let (found, result) =
            leaves(r#" {"a":"1","a":{"$gt":["x",-1.5e3,{"c":"\u0027\ud83d\ude00\n"}],"e":{}},"n":[null,true,[]]} "#);
        assert_eq!(result, Ok(()));
        assert_eq!(found, ["#a", "a=1", "#a", "a#$gt", "a.$gt=x", "a.$gt#c", "a.$gt.c='😀\n", "a#e", "#n"]);
        assert_eq!(leaves("\"a\"\n[\"b\"]"), (vec!["=a".to_owned(), "=b".to_owned()], Ok(())));
        for harmless in ["", "null", "[]", "{}", "12", "\u{feff}[]", "[[1],[2]]"] {
            assert_eq!(leaves(harmless), (vec![], Ok(())), "{harmless}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, fault) in [
            ("{\"a\":\"b", Fault::End(5)),
            ("[1,", Fault::End(3)),
            ("[\"\\u00", Fault::End(1)),
            ("[\"\\", Fault::End(1)),
            ("tr", Fault::End(0)),
            ("{a:1}", Fault::Syntax(1)),
            ("[1 2]", Fault::Syntax(3)),
            ("[1}", Fault::Syntax(2)),
            ("[\"\\q\"]", Fault::Syntax(1)),
            ("]", Fault::Syntax(0)),
            ("[[[[[1]]]]]", Fault::Depth(4)),
        ] {
            assert_eq!(leaves(text).1, Err(fault), "{text}");
        }
    }
}
