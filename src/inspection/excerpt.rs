//! The evidence of a finding.

use super::{MAX_EXCERPT_BYTES, Target, is_secret_name};

/// Bytes kept before the first telling one.
const BEFORE: usize = 16;

/// The part of a window that shows why it was suspected: from shortly before its first telling byte, control characters
/// replaced. Empty where the place may hold a secret, or the part names one.
pub(super) fn excerpt(target: &Target, window: &[u8]) -> String {
    if target.is_secret() {
        return String::new();
    }
    let telling = |byte: &u8| matches!(byte, b'\'' | b'"' | b'<' | b'>' | b';' | b'|' | b'`' | b'$' | b'(' | b'\\');
    let first = window.iter().position(telling).unwrap_or(0);
    // A short window is kept from as early as fits.
    let start = first.saturating_sub(BEFORE).min(window.len().saturating_sub(MAX_EXCERPT_BYTES));
    let part = &window[start..window.len().min(start + MAX_EXCERPT_BYTES)];
    let mut text = String::with_capacity(MAX_EXCERPT_BYTES);
    for character in String::from_utf8_lossy(part).chars() {
        let shown = if character.is_control() { ' ' } else { character };
        if text.len() + shown.len_utf8() > MAX_EXCERPT_BYTES {
            break;
        }
        text.push(shown);
    }
    if names_secret(&text) { String::new() } else { text }
}

/// Whether a name that a secret follows stands in the text, as in `"password": "…"` or `token=…`.
fn names_secret(text: &str) -> bool {
    text.match_indices(['=', ':']).any(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| !c.is_alphanumeric());
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).map_or(0, |at| at + 1);
        before.get(start..).is_some_and(is_secret_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::TargetKind;

    fn of(name: &str, text: &str) -> String {
        excerpt(&Target { kind: TargetKind::BodyText, name: name.to_owned() }, text.as_bytes())
    }

    #[test]
    fn shows_the_telling_part_within_the_limit() {
        let text = format!("{}<script>\nalert(1){}", "a ".repeat(50), "b ".repeat(90));
        let shown = of("q", &text);
        assert!(shown.starts_with("a a a a a a a a <script> alert(1)"), "{shown}");
        assert_eq!(shown.len(), MAX_EXCERPT_BYTES);
        assert!(of("q", &"'日本語".repeat(40)).len() <= MAX_EXCERPT_BYTES);
        assert_eq!(of("q", "1' or 1=1"), "1' or 1=1");
    }

    #[test]
    fn shows_no_secret() {
        assert_eq!(of("pwdA", "x' or 1=1"), "");
        assert_eq!(of("", r#"{"password" : "hunter2'"#), "");
        assert_eq!(of("", "日本 api_key=abc<"), "");
    }
}
