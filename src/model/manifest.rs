//! The manifest beside each model: `models/*.toml`.
//!
//! It says what the file must be (hash), how it is spoken to (inputs, outputs, labels or features) and where it comes
//! from (sources, seeds, metrics). What the filter relies on is checked; the rest is for people.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::ModelFault;
use super::bounds::Bounds;
use super::reading::{Kind, Reading};
use crate::behaviour;

/// Manifest of the model of texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextManifest {
    /// The model's file and version.
    pub model: ModelFile,
    /// Classes in the order of the model's outputs.
    pub labels: Vec<String>,
    /// Kinds of targets in the order of the model's second input.
    pub kinds: Vec<String>,
    /// Levels of the context in the order of the model's third input.
    pub context: Vec<String>,
    /// The screen in front of the model, if it has one.
    pub screen: Option<ScreenSection>,
    /// How a text is cut into windows.
    pub window: Window,
    /// From which probability of attack on a text is suspicious.
    pub thresholds: Thresholds,
    /// How the scores were made probabilities. For people.
    pub calibration: toml::Table,
    /// What the model was trained on.
    pub sources: Vec<Source>,
    /// How it was trained: seeds, epochs, splits. For people.
    pub training: toml::Table,
    /// What was measured. For people.
    pub metrics: toml::Table,
}

/// Manifest of the model of visits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourManifest {
    /// The model's file and version.
    pub model: ModelFile,
    /// What kind of model it is. Default: supervised.
    #[serde(default)]
    pub kind: Kind,
    /// Features in the order of the model's input: any of [`FEATURE_NAMES`](crate::behaviour::FEATURE_NAMES),
    /// [`BODIES`](crate::behaviour::BODIES) and of the configuration's custom ones.
    pub features: Vec<String>,
    /// Each feature's median in ordinary visits, to tell which spoke for a verdict; without it none is told.
    pub medians: Option<Vec<f32>>,
    /// How the output is read. Default: one probability of abnormal.
    #[serde(default)]
    pub reading: Reading,
    /// From which score on a visit is abnormal.
    pub threshold: f32,
    /// The same for a visit that is still open. Default: `threshold`.
    pub early_threshold: Option<f32>,
    /// What the model was trained on.
    pub sources: Vec<Source>,
    /// How it was trained. For people.
    pub training: toml::Table,
    /// What was measured. For people.
    pub metrics: toml::Table,
}

impl BehaviourManifest {
    /// From which scores on a visit is abnormal.
    pub fn thresholds(&self) -> behaviour::Thresholds {
        behaviour::Thresholds { closed: self.threshold, open: self.early_threshold.unwrap_or(self.threshold) }
    }
}

/// A model's file, and how it is spoken to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// File name of the ONNX model, beside the manifest.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// Version of the model.
    pub version: String,
    /// Inputs in order.
    pub inputs: Vec<Tensor>,
    /// The output.
    pub output: Tensor,
}

/// One input or output.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Its name in the model.
    pub name: String,
    /// `uint8`, `float32` or `int64`.
    pub dtype: String,
    /// Its axes: a number where fixed, a name where free.
    pub shape: Vec<Axis>,
}

/// One axis of a tensor.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Axis {
    /// Always this long.
    Fixed(i64),
    /// As long as the call has it.
    Free(String),
}

/// How a text is cut into windows, and to which lengths those are padded.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Bytes of a window at most.
    pub bytes: usize,
    /// Bytes from the start of one window to that of the next.
    pub step: usize,
    /// Lengths that windows are padded to with zeros: 32, 64, 128 and `bytes`.
    pub buckets: Vec<usize>,
}

/// Thresholds of the probability of attack, 0 to 1.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// A text is suspicious from here on.
    pub flag: f32,
    /// A text is refused from here on, at low sensitivity.
    pub low: ClassThresholds,
    /// The same at medium sensitivity.
    pub medium: ClassThresholds,
    /// The same at high sensitivity.
    pub high: ClassThresholds,
}

/// A threshold for each class, by its label.
pub type ClassThresholds = BTreeMap<String, f32>;

/// The screen in front of the network: weights of byte n-grams, and how its logit is used.
///
/// The file holds whole numbers of `scale`, one signed byte each: of the kinds of targets, of the levels of the context
/// (sixteen each), then of the hashed n-grams (`2^bits`).
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ScreenSection {
    /// File name of the weights, beside the manifest.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// Lengths of the n-grams, in bytes.
    pub orders: Vec<usize>,
    /// Binary logarithm of the number of their weights.
    pub bits: u32,
    /// Places of the stretch of a window whose n-grams count in full: the most suspicious one.
    pub span: usize,
    /// How much every n-gram of the window counts beside it.
    pub rest: f32,
    /// The least that those may add to the logit: what speaks against an attack is bounded.
    pub rest_floor: f32,
    /// Words of attacks, in lower case: of a window that has one the network is asked in any case.
    pub signs: Vec<String>,
    /// Bytes up to which a window that holds a sign that ends a command passes whatever its sum: it has too
    /// few n-grams to tell `; ls` by.
    pub brief: usize,
    /// What a weight of one is worth.
    pub scale: f32,
    /// Added to the sum.
    pub bias: f32,
    /// Logit from which on the network is asked, of windows of up to 32 bytes, 64, 128 and more.
    pub pass_from: Bounds,
    /// Highest probability of attack of what stays below.
    pub pass_cap: f32,
    /// Of a window that passed: what the network's logit counts in the sum of both.
    pub network: f32,
    /// What the screen's logit counts in it.
    pub weight: f32,
    /// Added to it.
    pub shift: f32,
    /// The gate behind the screen, if it has one.
    pub gate: Option<GateSection>,
}

/// The gate between screen and network: small convolutions over what the screen lets through.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct GateSection {
    /// File name of the weights (float32, lowest byte first), beside the manifest.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// Bytes the first convolution sees and its width; neighbours of which the highest is kept; places the second sees
    /// and its width; width of the dense layer.
    pub shape: Vec<usize>,
    /// For each of the gate's networks the logit that the mean of those so far must reach for the next, and in the end the
    /// network, to be asked, by length as those of the screen.
    pub pass_from: Vec<Bounds>,
}

/// One source of training data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Rows taken from it.
    pub rows: u64,
}

/// Reads a manifest; unknown and missing keys are faults.
pub(super) fn read<M: DeserializeOwned>(path: &Path) -> Result<M, ModelFault> {
    let text = fs::read_to_string(path).map_err(|error| {
        let hint = "the manifest of a model; model.dir and its file name are set in the config";
        ModelFault::of_file(path, format!("cannot be read ({error}): {hint}"))
    })?;
    toml::from_str(&text).map_err(|error| ModelFault::of_file(path, format!("is no valid manifest: {error}")))
}

/// Reads the model that a manifest names and checks its hash.
pub(super) fn model_bytes(manifest: &Path, model: &ModelFile) -> Result<Vec<u8>, ModelFault> {
    file_bytes(manifest, "model", &model.file, &model.sha256)
}

/// Reads a file that a section of a manifest names and checks its hash.
pub(super) fn file_bytes(manifest: &Path, section: &str, name: &str, sha256: &str) -> Result<Vec<u8>, ModelFault> {
    let fault = |key: &str, problem: String| ModelFault::of_key(manifest, format!("{section}.{key}"), problem);
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(fault("file", format!("is {name:?}; allowed is the name of a file beside the manifest")));
    }
    let file: PathBuf = manifest.with_file_name(name);
    let bytes =
        fs::read(&file).map_err(|error| fault("file", format!("{} cannot be read: {error}", file.display())))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != sha256 {
        let problem = format!(
            "is {sha256}, but {} has {found}: the file is damaged or another version; restore it or train anew",
            file.display()
        );
        return Err(fault("sha256", problem));
    }
    Ok(bytes)
}
