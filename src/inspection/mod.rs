//! Is this request an attack? Knows no Pingora, no ONNX, no disk.
//!
//! ```text
//! extract, body (targets) → reading (transform to a fixpoint, JSON within values, safe by form?)
//!                         → encode (windows in their context) → screen, gate → cache → classifier → finding
//! ```
//!
//! Everything works on copies; what is forwarded is what was sent. Bytes that cannot be taken apart are inspected as text.

pub mod body;
mod cache;
mod classifier;
mod config;
mod context;
pub mod encode;
mod excerpt;
mod extract;
mod finding;
mod inspector;
mod json;
mod parts;
mod place;
mod protocol;
mod reading;
mod repeated;
mod safe;
mod secret;
mod target;
mod targets;
pub mod transform;
mod why;

pub use body::{BodyHead, Unpacking};
pub use classifier::{AttackClass, ClassifierError, PayloadClassifier, Score};
pub use config::Config;
pub use context::{CONTEXT_LEVELS, CONTEXT_NAMES, Context, LEVEL_VALUES};
pub use encode::{EncodedText, WINDOW_BYTES, Window};
pub use extract::{RequestHead, read_head};
pub use finding::{Finding, Findings, MAX_EXCERPT_BYTES, Malformed, Suspicion};
pub use inspector::{Inspection, Inspector};
pub use place::Place;
pub use reading::{Reading, read};
pub(crate) use safe::COMMAND_SEPARATORS;
pub use secret::is_secret_name;
pub use target::{Target, TargetKind};
pub use targets::{Field, Targets};

#[cfg(test)]
mod tests;
