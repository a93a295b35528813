//! The evidence of a finding.

use super::{MAX_EXCERPT_BYTES, Target, is_secret_name};

/// Bytes kept before the first telling one.
const BEFORE: usize = 16;

/// Bytes before an excerpt in which the name of a secret would stand.
const NAMED_BEFORE: usize = 48;

/// Where the part begins that shows why a window was suspected, as far as its bytes tell: shortly before the first sign.
pub(super) fn telling_start(window: &[u8]) -> usize {
    let telling = |byte: &u8| matches!(byte, b'\'' | b'"' | b'<' | b'>' | b';' | b'|' | b'`' | b'$' | b'(' | b'\\');
    window.iter().position(telling).unwrap_or(0).saturating_sub(BEFORE)
}

/// The part of a window from here on, or from as early as fits; control characters replaced. Empty where the place may
/// hold a secret, or the part or what stands before it names one.
pub(super) fn excerpt_at(target: &Target, window: &[u8], start: usize) -> String {
    if target.is_secret() {
        return String::new();
    }
    // A short window is kept from as early as fits.
    let start = start.min(window.len().saturating_sub(MAX_EXCERPT_BYTES));
    let before = String::from_utf8_lossy(&window[start.saturating_sub(NAMED_BEFORE)..start]).into_owned();
    let part = &window[start..window.len().min(start + MAX_EXCERPT_BYTES)];
    let mut text = String::with_capacity(MAX_EXCERPT_BYTES);
    for character in String::from_utf8_lossy(part).chars() {
        let shown = if character.is_control() { ' ' } else { character };
        if text.len() + shown.len_utf8() > MAX_EXCERPT_BYTES {
            break;
        }
        text.push(shown);
    }
    if names_secret(&(before + &text)) { String::new() } else { text }
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
        let target = Target { kind: TargetKind::BodyText, name: name.to_owned() };
        excerpt_at(&target, text.as_bytes(), telling_start(text.as_bytes()))
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
