//! Normalised text as a model takes it: overlapping windows of bytes.
//!
//! A window is at most [`WINDOW_BYTES`] bytes and begins [`WINDOW_STEP`] bytes after the one before; the last ends with
//! the text. So everything of up to 64 bytes stands whole in some window, wherever it is hidden.
//! A model takes the bytes as ids: 1 to 255 is the byte itself, 0 is padding (normalised text has no NUL byte),
//! padded at the end to the shortest of the model's lengths that holds the window. Beside them it takes the kind of place.

use super::TargetKind;

/// Bytes of a window at most.
pub const WINDOW_BYTES: usize = 256;

/// Bytes from the start of one window to that of the next.
pub const WINDOW_STEP: usize = 192;

/// One window of normalised text, with the kind of place it stood in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodedText {
    kind: TargetKind,
    bytes: Box<[u8]>,
}

impl EncodedText {
    /// The kind of place as the model's id: its index in [`TargetKind::ALL`].
    pub const fn kind(&self) -> u8 {
        self.kind as u8
    }

    /// The bytes, 1 to [`WINDOW_BYTES`] of them, none of them 0.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Another text of the same length in the same place.
    pub(super) fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), ..self.clone() }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(kind: u8, bytes: &[u8]) -> Self {
        Self { kind: TargetKind::ALL[usize::from(kind)], bytes: bytes.into() }
    }
}

/// The windows of normalised text.
pub(crate) fn windows(kind: TargetKind, text: &[u8]) -> Vec<EncodedText> {
    let mut windows = Vec::with_capacity(1 + text.len() / WINDOW_STEP);
    let mut start = 0;
    while start + WINDOW_BYTES < text.len() {
        windows.push(window(kind, &text[start..start + WINDOW_BYTES]));
        start += WINDOW_STEP;
    }
    if !text.is_empty() {
        windows.push(window(kind, &text[text.len().saturating_sub(WINDOW_BYTES)..]));
    }
    windows
}

fn window(kind: TargetKind, bytes: &[u8]) -> EncodedText {
    EncodedText { kind, bytes: bytes.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &[u8]) -> Vec<usize> {
        windows(TargetKind::QueryValue, text).iter().map(|window| window.bytes().len()).collect()
    }

    #[test]
    fn windows_overlap_and_the_last_ends_with_the_text() {
        assert_eq!(lengths(b""), [0; 0]);
        assert_eq!(lengths(&[b'a'; 256]), [256]);
        assert_eq!(lengths(&[b'a'; 257]), [256, 256]);
        let text: Vec<u8> = (0..1000_u32).map(|at| 1 + u8::try_from(at % 250).unwrap()).collect();
        let windows = windows(TargetKind::Path, &text);
        assert_eq!(windows[1].bytes(), &text[192..448]);
        assert_eq!(windows.last().unwrap().bytes(), &text[744..]);
    }

    #[test]
    fn kinds_are_numbered_in_their_listed_order() {
        for (index, kind) in TargetKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(window(kind, b"x").kind()), index);
        }
    }
}
