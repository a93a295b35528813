//! How inspection works.

use super::{Unpacking, transform};

/// Settings of inspection.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Probability of attack, 0 to 1, from which a text makes a finding. Default 0.5.
    pub flag_threshold: f32,
    /// Rounds of decoding at most. Default 4.
    pub rounds: usize,
    /// How far compressed bodies are unpacked.
    pub unpacking: Unpacking,
    /// Values of a head or a body that are inspected each for itself; those past it are joined. Default 2,048.
    pub max_fields: usize,
    /// Windows of a head or a body past which the request is counted as large; all are read. Default 8,192, some 1.5 MiB.
    pub large_from_windows: usize,
    /// Verdicts kept, 0 for none; each takes about 60 bytes. Default 65,536.
    pub cache_capacity: usize,
    /// Windows handed to the model at once. Default 128.
    pub batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flag_threshold: 0.5,
            rounds: transform::DEFAULT_ROUNDS,
            unpacking: Unpacking::default(),
            max_fields: 2_048,
            large_from_windows: 8_192,
            cache_capacity: 65_536,
            batch: 128,
        }
    }
}
