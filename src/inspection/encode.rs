//! Normalised text as a model takes it: overlapping windows of bytes.

use super::TargetKind;

/// Bytes of a window at most.
pub const WINDOW_BYTES: usize = 256;

/// Bytes from the start of one window to that of the next; windows overlap by 64, so that what is cut in one stands
/// whole in the next.
pub const WINDOW_STEP: usize = 192;

/// One window of normalised text: its bytes (1 to [`WINDOW_BYTES`], none of them 0, which is the model's padding) and
/// the kind of place it stood in, as the place's position in [`TargetKind::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodedText {
    kind: u8,
    bytes: Box<[u8]>,
}

impl EncodedText {
    /// The kind of place, as its position in [`TargetKind::ALL`].
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// The window's text.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[cfg(test)]
    pub(crate) fn for_tests(kind: u8, bytes: &[u8]) -> Self {
        Self { kind, bytes: bytes.into() }
    }
}

/// The windows of a normalised text; none of an empty one. Every byte stands in at least one of them.
pub fn windows(kind: TargetKind, text: &[u8]) -> impl Iterator<Item = EncodedText> {
    let position = TargetKind::ALL.iter().position(|listed| *listed == kind).unwrap_or(0);
    // There are fewer kinds than 256.
    let kind = u8::try_from(position).unwrap_or(0);
    let beyond_first = text.len().saturating_sub(WINDOW_BYTES).div_ceil(WINDOW_STEP);
    let count = if text.is_empty() { 0 } else { 1 + beyond_first };
    (0..count).map(move |index| {
        let start = index * WINDOW_STEP;
        let end = text.len().min(start + WINDOW_BYTES);
        EncodedText { kind, bytes: text[start..end].into() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_byte_and_overlap() {
        for (length, expected) in [(0, 0), (1, 1), (256, 1), (257, 2), (448, 2), (449, 3), (10_000, 52)] {
            let text: Vec<u8> = (0..length).map(|index| u8::try_from(index % 250 + 1).unwrap()).collect();
            let cut: Vec<_> = windows(TargetKind::QueryValue, &text).collect();
            assert_eq!(cut.len(), expected, "{length}");
            for (index, window) in cut.iter().enumerate() {
                assert_eq!(window.bytes(), &text[index * 192..length.min(index * 192 + 256)]);
            }
            assert!(cut.last().is_none_or(|last| text.ends_with(last.bytes())));
        }
    }
}
