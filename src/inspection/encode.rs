//! Normalised text as a model takes it: overlapping windows of bytes.
//!
//! A window is at most [`WINDOW_BYTES`] bytes and begins [`WINDOW_STEP`] bytes after the one before; the last ends with
//! the text. So everything of up to 64 bytes stands whole in some window, wherever it is hidden.
//! A model takes the bytes as ids: 1 to 255 is the byte itself, 0 is padding (normalised text has no NUL byte),
//! padded at the end to the shortest of the model's lengths that holds the window. Beside them it takes the kind of place
//! and the [context](super::Context).

use super::TargetKind;
use super::context::{Context, Position};

/// Bytes of a window at most.
pub const WINDOW_BYTES: usize = 256;

/// Bytes from the start of one window to that of the next.
pub const WINDOW_STEP: usize = 192;

/// One window of normalised text where it stands, with the kind of its place and what the whole value is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window<'a> {
    kind: TargetKind,
    context: Context,
    bytes: &'a [u8],
}

impl<'a> Window<'a> {
    /// The kind of place as the model's id: its index in [`TargetKind::ALL`].
    pub const fn kind(&self) -> u8 {
        self.kind as u8
    }

    /// What the whole value is like.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// The bytes, 1 to [`WINDOW_BYTES`] of them, none of them 0.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The same on its own.
    pub fn to_owned(self) -> EncodedText {
        EncodedText { kind: self.kind, context: self.context, bytes: self.bytes.into() }
    }

    /// The windows of a normalised text.
    pub(crate) fn all(kind: TargetKind, context: Context, text: &'a [u8]) -> impl Iterator<Item = Self> {
        let last = text.len().saturating_sub(WINDOW_BYTES);
        let starts = (0..last).step_by(WINDOW_STEP).chain((!text.is_empty()).then_some(last));
        starts.map(move |start| {
            let position = match (start, start == last) {
                (0, true) => Position::Whole,
                (0, false) => Position::Beginning,
                (_, false) => Position::Within,
                (_, true) => Position::End,
            };
            let bytes = &text[start..text.len().min(start + WINDOW_BYTES)];
            Self { kind, context: context.at(position), bytes }
        })
    }
}

/// A [`Window`] on its own, as it goes to the model's threads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodedText {
    kind: TargetKind,
    context: Context,
    bytes: Box<[u8]>,
}

impl EncodedText {
    /// The kind of place as the model's id: its index in [`TargetKind::ALL`].
    pub const fn kind(&self) -> u8 {
        self.kind as u8
    }

    /// What the whole value is like.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// The bytes, 1 to [`WINDOW_BYTES`] of them, none of them 0.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The window that this is.
    pub fn window(&self) -> Window<'_> {
        Window { kind: self.kind, context: self.context, bytes: &self.bytes }
    }

    /// Another text of the same length in the same place.
    pub(super) fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), ..self.clone() }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(kind: u8, bytes: &[u8]) -> Self {
        Self { kind: TargetKind::ALL[usize::from(kind)], context: Context::of(bytes, 0), bytes: bytes.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(kind: TargetKind, text: &[u8]) -> Vec<Window<'_>> {
        Window::all(kind, Context::default(), text).collect()
    }

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
        let positions: Vec<u8> = windows.iter().map(|window| window.context().levels()[7]).collect();
        assert_eq!(positions, [1, 2, 2, 2, 3]);
    }

    #[test]
    fn kinds_are_numbered_in_their_listed_order() {
        for (index, kind) in TargetKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(windows(kind, b"x")[0].kind()), index);
        }
    }
}
