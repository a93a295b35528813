//! Texts that cannot be an attack by their form alone, and so never reach the model.

use super::TargetKind;

/// Characters a text must have to make a finding: shorter ones are false alarms far more often than attacks.
const MIN_CHARACTERS: usize = 4;

/// What separates the commands of a shell.
pub(crate) const COMMAND_SEPARATORS: [u8; 5] = *b";|&`\n";

/// Extensions of files that are only shown or styled, and of pages in a path.
const MEDIA: [&str; 20] = [
    "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "avif", "css", "js", "mjs", "woff", "woff2", "ttf", "mp3",
    "mp4", "webm", "pdf", "html", "htm",
];

/// The name by which a script reaches what all its objects share: the one plain word that is an attack as a name.
const PROTOTYPE: &[u8] = b"__proto__";

/// The address at which clouds hand credentials to whatever runs there: the one address that is an attack as a value.
const METADATA: &[u8] = b"169.254.169.254";

/// Whether normalised text is safe by construction: under four characters and neither a command nor the end of a quoted
/// value, or one plain token; of a path, plain tokens between single slashes.
pub(crate) fn is_safe(kind: TargetKind, text: &[u8]) -> bool {
    // `$ne` as a name is an operator of a database, and no shorter name is.
    let is_operator =
        matches!(kind, TargetKind::QueryName | TargetKind::BodyName | TargetKind::Cookie) && text.starts_with(b"$");
    if !is_operator && !is_short_command(text) && !is_short_quote(text) && characters(text) < MIN_CHARACTERS {
        return true;
    }
    match kind {
        TargetKind::Path => {
            let inner = text.strip_prefix(b"/").unwrap_or(text);
            let inner = inner.strip_suffix(b"/").unwrap_or(inner);
            inner.is_empty() || inner.split(|byte| *byte == b'/').all(is_plain_token)
        }
        _ => is_plain_token(text) || is_inert_link(text),
    }
}

/// The shortest command there is, `id` or `ls` beside what separates it from another: `|id`, `ls;`.
fn is_short_command(text: &[u8]) -> bool {
    match text {
        [separator, name @ ..] | [name @ .., separator] if COMMAND_SEPARATORS.contains(separator) => {
            name.len() == 2 && name.iter().all(u8::is_ascii_lowercase)
        }
        _ => false,
    }
}

/// What ends or spans the quoted value of a query with hardly a character: `'='`, `'-'`; `'--`, `'/*`, `'#`.
fn is_short_quote(text: &[u8]) -> bool {
    match text {
        [b'\'', operator, b'\''] => b"=-+*/%&|^<>".contains(operator),
        [b'\'', comment @ ..] => matches!(comment, b"--" | b"/*" | b"#"),
        _ => false,
    }
}

/// `javascript:;`, `javascript:void(0)` and their like: links that do nothing, which pages report with every click.
fn is_inert_link(text: &[u8]) -> bool {
    let Some(script) = text.strip_prefix(b"javascript:") else { return false };
    let script = script.trim_ascii().strip_suffix(b";").unwrap_or(script.trim_ascii());
    matches!(script.trim_ascii(), b"" | b"void(0)" | b"void 0" | b"void(null)" | b"undefined" | b"//")
}

/// Characters of a text, as far as it matters: a long text has enough of them.
fn characters(text: &[u8]) -> usize {
    if text.len() >= 4 * MIN_CHARACTERS {
        return MIN_CHARACTERS;
    }
    text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// Whether this is a name of a field with nothing to it.
pub(crate) fn is_plain_name(name: &[u8]) -> bool {
    name.len() <= 64 && (name.is_empty() || is_plain_token(name))
}

/// One token of letters, digits, `_`, `~`, `-`. Dots only in numbers and before the extension of a media file: class
/// names and dotfiles are worth a look. No `--` and no `~` or `-` at the ends: comments, options, backup files.
fn is_plain_token(token: &[u8]) -> bool {
    let Some((stem, extension)) = split_extension(token) else { return is_number(token) };
    let dashes = |at: usize| stem[at] == b'-' && stem.get(at + 1) == Some(&b'-');
    !stem.is_empty()
        && token != PROTOTYPE
        && extension.is_none_or(|extension| MEDIA.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(extension)))
        && stem.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'-'))
        && !matches!(stem.first(), Some(b'~' | b'-'))
        && !matches!(stem.last(), Some(b'~' | b'-'))
        && !(0..stem.len()).any(dashes)
        || is_number(token)
}

/// The part before the only dot and that after it; `None` where there are more dots.
fn split_extension(token: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let Some(at) = memchr::memchr(b'.', token) else { return Some((token, None)) };
    let (stem, extension) = (&token[..at], &token[at + 1..]);
    memchr::memchr(b'.', extension).is_none().then_some((stem, Some(extension)))
}

/// Numbers, versions, IPv4 addresses but [`METADATA`]: digits with single dots between them, an optional sign.
fn is_number(token: &[u8]) -> bool {
    let digits = token.strip_prefix(b"-").unwrap_or(token);
    token != METADATA
        && digits.split(|byte| *byte == b'.').all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_tokens_are_safe() {
        for text in [
            "hello",
            "a-b_c",
            "12345",
            "-1.5",
            "10.0.0.1",
            "logo.png",
            "asdfg",
            "33333",
            "日本語",
            "q&a",
            "&7;",
            "deadbeef-0000-4000",
            "javascript:;",
            "javascript: void(0);",
        ] {
            assert!(is_safe(TargetKind::QueryValue, text.as_bytes()), "{text}");
        }
        for path in ["/", "/index.html", "/static/css/app.css", "/blog/2024/post-1/"] {
            assert!(is_safe(TargetKind::Path, path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn what_may_carry_an_attack_is_not() {
        for text in [
            "java.lang.runtime",
            ".htaccess",
            "admin'--",
            "1--x",
            "a..b",
            "user[$ne]",
            "web.config",
            "a b c d",
            "--help",
            "日本語テ",
            "id_rsa~",
            "javascript:alert(1)",
            "javascript:void(0);alert(1)",
            "__proto__",
            "|id",
            "ls;",
            "'--",
            "'='",
            "169.254.169.254",
        ] {
            assert!(!is_safe(TargetKind::QueryValue, text.as_bytes()), "{text}");
        }
        assert!(!is_safe(TargetKind::BodyName, b"$ne"));
        assert!(!is_plain_name(b"__proto__"));
        for path in ["/a//b", "/../etc", "/.git/config", "/a;b=c", "/wp-config.php.bak"] {
            assert!(!is_safe(TargetKind::Path, path.as_bytes()), "{path}");
        }
    }
}
