//! How shells let a command be written without looking like one.

/// Bytes of `${IFS…}` after its name at most: `%??`, `:0:1`.
const MAX_EXPANSION_BYTES: usize = 16;
/// Bytes kept before and behind a word that was written in pieces.
const AROUND: (usize, usize) = (96, 160);
/// Places of one text that are looked at so.
const MAX_PLACES: usize = 16;

/// Writes `$IFS`, `$IFS$9` and `${IFS}` as the space they stand for.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut done = 0;
    for at in memchr::memchr_iter(b'$', text) {
        if at < done {
            continue;
        }
        let Some(length) = separator(&text[at + 1..]) else { continue };
        decoded.extend_from_slice(&text[done..at]);
        decoded.push(b' ');
        done = at + 1 + length;
    }
    (done > 0).then(|| {
        decoded.extend_from_slice(&text[done..]);
        decoded
    })
}

/// Length of `IFS`, `IFS$9` or `{IFS…}` that the text begins with.
fn separator(rest: &[u8]) -> Option<usize> {
    let named = |text: &[u8]| text.get(..3).is_some_and(|name| name.eq_ignore_ascii_case(b"ifs"));
    if let Some(inner) = rest.strip_prefix(b"{") {
        let after = inner.get(3..).filter(|_| named(inner))?;
        let end = memchr::memchr(b'}', &after[..after.len().min(MAX_EXPANSION_BYTES)])?;
        return matches!(after[0], b'}' | b'%' | b'#' | b':' | b'/' | b'^' | b',' | b'-' | b'@').then_some(5 + end);
    }
    let after = rest.get(3..).filter(|_| named(rest))?;
    match after {
        [b'$', b'0'..=b'9' | b'@' | b'*', ..] => Some(5),
        [byte, ..] if byte.is_ascii_alphanumeric() || *byte == b'_' => None,
        _ => Some(3),
    }
}

/// What stands around words written in pieces, with the pieces put together: `c'a't`, `c\at`, `w^hoami`, `c$@at`,
/// `'al'+'ert'`. Of folded text; at most [`MAX_PLACES`] parts, each a copy: quotes may as well be what they look like.
pub(crate) fn plain_words(folded: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut done = 0;
    for at in memchr::memchr3_iter(b'\'', b'"', b'\\', folded).chain(memchr::memchr3_iter(b'^', b'`', b'$', folded)) {
        // The second kind of signs starts from the beginning again: its places may have been taken already.
        let taken =
            at < done && parts.iter().any(|(start, end, _): &(usize, usize, Vec<u8>)| (*start..*end).contains(&at));
        if taken || joint(folded, at).is_none() {
            continue;
        }
        let start = at.saturating_sub(AROUND.0);
        let end = folded.len().min(at + AROUND.1);
        done = done.max(end);
        parts.push((start, end, joined(folded, start, end)));
        if parts.len() == MAX_PLACES {
            break;
        }
    }
    parts.into_iter().map(|(_, _, part)| part).collect()
}

fn joined(folded: &[u8], start: usize, end: usize) -> Vec<u8> {
    let mut whole = Vec::with_capacity(end - start);
    let mut at = start;
    while at < end {
        match joint(folded, at) {
            Some(length) => at += length,
            None => {
                whole.push(folded[at]);
                at += 1;
            }
        }
    }
    whole
}

/// Length of what holds two pieces of a word apart here and means nothing; `None` where nothing does.
fn joint(text: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|before| text[before]);
    let after = |length: usize| text.get(at + length).copied();
    let in_word = |length: usize| before.is_some_and(is_piece) && after(length).is_some_and(is_piece);
    match text[at] {
        quote @ (b'\'' | b'"') => concatenation(text, at, quote)
            .or_else(|| (after(1) == Some(quote) && in_word(2)).then_some(2))
            .or_else(|| is_paired(text, at, quote).then_some(1)),
        b'\\' => is_short_piece(text, at).then_some(1),
        b'^' | b'`' => (is_letter(before) && is_letter(after(1))).then_some(1),
        b'$' => (matches!(after(1), Some(b'@' | b'*' | b'1'..=b'9')) && in_word(2)).then_some(2),
        _ => None,
    }
}

/// Whether a backslash stands in a word with a short piece beside it, as in `c\at`; `C:\Users\anna` has none.
fn is_short_piece(text: &[u8], at: usize) -> bool {
    const LONGEST: usize = 3;
    let letters = |byte: &&u8| byte.is_ascii_alphanumeric();
    let before = text[..at].iter().rev().take(LONGEST + 1).take_while(letters).count();
    let after = text[at + 1..].iter().take(LONGEST + 1).take_while(letters).count();
    before > 0 && after > 0 && before.min(after) <= LONGEST
}

fn is_letter(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Length of `'+'`, `"."`, `'||'`, from the quote that ends a piece to the one that begins the next.
fn concatenation(text: &[u8], at: usize, quote: u8) -> Option<usize> {
    let rest = &text[at + 1..];
    let spaces = |rest: &[u8]| rest.iter().take(2).take_while(|byte| **byte == b' ').count();
    let led = spaces(rest);
    let operator = match &rest[led..] {
        [b'|', b'|', ..] => 2,
        [b'+' | b'.' | b'&', ..] => 1,
        _ => return None,
    };
    let end = led + operator + spaces(&rest[led + operator..]);
    let next = rest.get(end + 1).copied();
    (rest.get(end) == Some(&quote) && at > 0 && is_piece(text[at - 1]) && next.is_some_and(is_piece)).then_some(end + 2)
}

/// Whether this quote and another of the same word hold a part of it: one of the two has letters on both sides.
fn is_paired(text: &[u8], at: usize, quote: u8) -> bool {
    const LONGEST: usize = 16;
    let ends = |byte: &u8| matches!(byte, b' ' | b'\n' | b'=' | b',' | b'(' | b')' | b'<' | b'>');
    let inner = |from: usize, step: isize| {
        let mut at = from;
        for _ in 0..LONGEST {
            at = at.checked_add_signed(step)?;
            let byte = text.get(at)?;
            if *byte == quote {
                return Some(at);
            }
            if ends(byte) {
                return None;
            }
        }
        None
    };
    let between = |at: usize| at > 0 && is_piece(text[at - 1]) && text.get(at + 1).is_some_and(|byte| is_piece(*byte));
    [inner(at, 1), inner(at, -1)].into_iter().flatten().any(|other| between(at) || between(other))
}

/// What words, paths and options are made of.
fn is_piece(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        plain_words(text.as_bytes()).iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
    }

    #[test]
    fn separators_become_spaces() {
        for (text, expected) in [
            ("cat$IFS/etc/passwd", "cat /etc/passwd"),
            ("cat${IFS}/etc", "cat /etc"),
            ("cat$IFS$9a${IFS%??}b${IFS:0:1}c", "cat a b c"),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(expected.as_bytes()), "{text}");
        }
        for text in ["$IFSX", "${ifsx}", "$", "${IFS", "a $1 b", ""] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn words_in_pieces_are_put_together() {
        for (text, expected) in [
            (";c'a't /e't'c/pa\"ss\"wd", ";cat /etc/passwd"),
            ("c\\a\\t /etc", "cat /etc"),
            ("w^h^o^ami", "whoami"),
            ("w''ho\"\"ami", "whoami"),
            ("c$@at /et$*c", "cat /etc"),
            ("'al'+'ert'(1)", "'alert'(1)"),
            ("'ad'||'min' or 1", "'admin' or 1"),
            ("i`ex x", "iex x"),
            ("/bin/c'at' x", "/bin/cat x"),
        ] {
            assert_eq!(words(text), [expected], "{text}");
        }
    }

    #[test]
    fn ordinary_text_has_none() {
        for text in [
            "it's",
            "don't you say \"no\"",
            "a = 'b'",
            "href=\"x\" class='y z'",
            "$5 and $7.50",
            "f(\"a\", 'b')",
            "x ^ y",
            r"c:\users\anna\file.txt",
            "..\\../etc",
            "'",
            "\"\"",
            "''''",
            "a\\",
            "",
        ] {
            assert_eq!(words(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn long_texts_give_the_surroundings_only() {
        let text = format!("{} c'a't {}", "ab ".repeat(400), "cd ".repeat(400));
        let found = words(&text);
        assert_eq!(found.len(), 1);
        assert!(found[0].len() <= AROUND.0 + AROUND.1 && found[0].contains(" cat "), "{found:?}");
        assert_eq!(words(&"c'a't ".repeat(4_000)).len(), MAX_PLACES);
    }
}
