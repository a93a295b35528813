//! What is done about suspicions: findings, mode and exclusions in, verdict out. Pure: no clock, no I/O.

mod mode;
mod verdict;

pub use mode::{FailureMode, Mode};
pub use verdict::{Reason, Verdict};
