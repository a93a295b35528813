//! The models: loaded, checked, warmed up. The only folder that names `ort`.
//!
//! A model is an ONNX file with a manifest beside it. [`ModelSet::load`] checks that the file is the one the manifest
//! speaks of and that it speaks the filter's language (labels, kinds, features), and reports every fault it finds.
//! Texts are judged on threads of the model's own behind a bounded queue; visits on the caller's thread.

mod behaviour;
pub mod bounds;
mod convolution;
mod fault;
mod gate;
mod library;
mod load;
pub mod manifest;
mod payload;
pub mod reading;
mod runtime;
mod screen;
mod session;
mod thresholds;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::behaviour::{BehaviourClassifier, Thresholds};
use crate::inspection::PayloadClassifier;
use crate::metrics::ModelMetrics;

pub use behaviour::OnnxBehaviourClassifier;
pub use fault::ModelFault;
pub use payload::OnnxPayloadClassifier;
pub use thresholds::{Sensitivity, TextThresholds};

/// Where the models are and what they may take.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the manifests and models.
    pub dir: PathBuf,
    /// The ONNX Runtime shared library; `None` looks below `tools/onnxruntime` of the working folder and of the
    /// folders above the program.
    pub runtime_library: Option<PathBuf>,
    /// File name of the text model's manifest.
    pub text: String,
    /// File name of the behaviour model's manifest.
    pub behaviour: String,
    /// Custom features a behaviour model may ask for beside the filter's own.
    pub custom_features: Vec<String>,
    /// Threads of the text model, each with a core's worth of work and a network of its own.
    pub threads: usize,
    /// Batches that may wait for those threads; past it texts are refused a score at once.
    pub queue: usize,
    /// How long one call may take (at most 256 windows of a request), the wait included.
    pub deadline: Duration,
}

impl Config {
    /// Most threads that pay.
    pub const MAX_THREADS: usize = 64;
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            dir: PathBuf::from("models"),
            runtime_library: None,
            text: "text.toml".to_owned(),
            behaviour: "behaviour.toml".to_owned(),
            custom_features: Vec::new(),
            threads: cores.min(Self::MAX_THREADS),
            queue: 1024,
            deadline: Duration::from_millis(500),
        }
    }
}

/// The models of one filter, ready to judge.
pub struct ModelSet {
    /// The model of texts.
    pub text: Arc<dyn PayloadClassifier>,
    /// Its version.
    pub text_version: String,
    /// Its thresholds.
    pub text_thresholds: TextThresholds,
    /// The model of visits; knows its own version.
    pub behaviour: Arc<dyn BehaviourClassifier>,
    /// Scores from which on a visit is abnormal.
    pub behaviour_thresholds: Thresholds,
}

impl ModelSet {
    /// Loads both models, checks them against their manifests and runs each once.
    ///
    /// # Errors
    /// Every fault found, of both models and of the runtime library.
    pub fn load(config: &Config, metrics: ModelMetrics) -> Result<Self, Vec<ModelFault>> {
        load::load(config, metrics)
    }
}
