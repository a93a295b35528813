//! Normalised text as a model takes it.

/// One window of normalised text, as the model's input ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodedText(pub Vec<u8>);
