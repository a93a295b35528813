//! Is this request an attack? Knows no Pingora, no ONNX, no disk.

mod classifier;
pub mod encode;
mod finding;
mod target;

pub use classifier::{AttackClass, ClassifierError, PayloadClassifier, Score};
pub use encode::EncodedText;
pub use finding::{Finding, Findings, MAX_EXCERPT_BYTES, Malformed, Suspicion};
pub use target::{Target, TargetKind};
