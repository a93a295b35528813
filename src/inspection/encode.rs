//! Normalised text as a model takes it.

/// Bytes of a window at most.
pub const WINDOW_BYTES: usize = 256;

/// Bytes from the start of one window to that of the next.
pub const WINDOW_STEP: usize = 192;

/// One window of normalised text, as the model's input ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodedText(pub Vec<u8>);

impl EncodedText {
    /// K
    pub fn kind(&self) -> u8 {
        self.0[0]
    }
    /// B
    pub fn bytes(&self) -> &[u8] {
        &self.0[1..]
    }
    #[cfg(test)]
    pub(crate) fn for_tests(kind: u8, bytes: &[u8]) -> Self {
        let mut v = vec![kind];
        v.extend_from_slice(bytes);
        Self(v)
    }
}
