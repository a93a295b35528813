//! Loads the models and gathers what is wrong with them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ort::environment::Environment;
use ort::session::Session;

use crate::behaviour::{BODIES, BehaviourClassifier, FEATURE_NAMES, SessionFeatures};
use crate::inspection::encode::{WINDOW_BYTES, WINDOW_STEP};
use crate::inspection::{AttackClass, CONTEXT_LEVELS, CONTEXT_NAMES, TargetKind};
use crate::metrics::ModelMetrics;

use super::behaviour::OnnxBehaviourClassifier;
use super::bounds::LENGTHS;
use super::manifest::{Axis, BehaviourManifest, ModelFile, Tensor, TextManifest, Window, model_bytes, read};
use super::payload::{CLASSES, OnnxPayloadClassifier};
use super::runtime::{Batch, OnnxRuntime, infer};
use super::screen::Screen;
use super::thresholds::TextThresholds;
use super::{Config, ModelFault, ModelSet, library, session};

/// The label of a text that is no attack.
const NORM: &str = "norm";

/// A manifest that names only what the filter knows, and its model's bytes.
struct Checked<M> {
    path: PathBuf,
    manifest: M,
    bytes: Vec<u8>,
}

struct CheckedText {
    checked: Checked<TextManifest>,
    screen: Option<Screen>,
    thresholds: TextThresholds,
}

pub(super) fn load(config: &Config, metrics: ModelMetrics) -> Result<ModelSet, Vec<ModelFault>> {
    let mut faults = Vec::new();
    let text = keep(checked_text(&config.dir.join(&config.text)), &mut faults);
    let behaviour = keep(checked_behaviour(&config.dir.join(&config.behaviour), &config.custom_features), &mut faults);
    let library = library::find(config.runtime_library.as_deref());
    let environment =
        keep(library.and_then(|file| library::environment(&file)).map_err(|fault| vec![fault]), &mut faults);
    let (Some(text), Some(behaviour), Some(environment)) = (text, behaviour, environment) else {
        return Err(faults);
    };
    let CheckedText { checked: text, screen, thresholds } = text;
    let sessions = keep(text_sessions(&environment, &text, config.threads), &mut faults);
    let classifier = keep(behaviour_classifier(&environment, &behaviour), &mut faults);
    let (Some(sessions), Some(classifier)) = (sessions, classifier) else { return Err(faults) };
    let runtime = OnnxRuntime::start(sessions, config.queue, metrics.clone())
        .map_err(|error| vec![ModelFault::of_file(&text.path, format!("no thread for the model: {error}"))])?;
    metrics.info.with_label_values(&["text", &text.manifest.model.version]).set(1);
    metrics.info.with_label_values(&["behaviour", &behaviour.manifest.model.version]).set(1);
    let buckets = text.manifest.window.buckets;
    Ok(ModelSet {
        text: Arc::new(OnnxPayloadClassifier::new(runtime, screen, buckets, config.deadline, metrics)),
        text_version: text.manifest.model.version,
        text_thresholds: thresholds,
        behaviour: Arc::new(classifier),
        behaviour_thresholds: behaviour.manifest.thresholds(),
    })
}

/// The value, or its faults among the others.
fn keep<T>(result: Result<T, Vec<ModelFault>>, faults: &mut Vec<ModelFault>) -> Option<T> {
    result.map_err(|found| faults.extend(found)).ok()
}

fn checked_text(path: &Path) -> Result<CheckedText, Vec<ModelFault>> {
    let manifest: TextManifest = read(path).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let classes: Vec<&str> = std::iter::once(NORM).chain(AttackClass::ALL.iter().map(|class| class.as_str())).collect();
    expect_list(path, "labels", &manifest.labels, &classes, &mut faults);
    expect_list(path, "context", &manifest.context, &CONTEXT_NAMES, &mut faults);
    expect_list(path, "kinds", &manifest.kinds, &TargetKind::ALL.map(TargetKind::as_str), &mut faults);
    let free = |name: &str| Axis::Free(name.to_owned());
    let inputs = [
        tensor("bytes", "uint8", vec![free("batch"), free("length")]),
        tensor("kind", "uint8", vec![free("batch")]),
        tensor("context", "uint8", vec![free("batch"), fixed(CONTEXT_LEVELS)]),
    ];
    let output = tensor("probabilities", "float32", vec![free("batch"), fixed(CLASSES)]);
    expect_tensors(path, &manifest.model, &inputs, &output, &mut faults);
    faults.extend(window_fault(path, &manifest.window));
    let thresholds = keep(TextThresholds::check(path, &manifest.thresholds), &mut faults);
    let screen = manifest.screen.as_ref().map(|section| Screen::load(path, section)).transpose();
    let screen = keep(screen.map_err(|fault| vec![fault]), &mut faults);
    let bytes = keep(model_bytes(path, &manifest.model).map_err(|fault| vec![fault]), &mut faults);
    match (bytes, screen, thresholds) {
        (Some(bytes), Some(screen), Some(thresholds)) if faults.is_empty() => {
            Ok(CheckedText { checked: Checked { path: path.to_owned(), manifest, bytes }, screen, thresholds })
        }
        _ => Err(faults),
    }
}

fn checked_behaviour(path: &Path, custom: &[String]) -> Result<Checked<BehaviourManifest>, Vec<ModelFault>> {
    let manifest: BehaviourManifest = read(path).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    features_faults(path, &manifest, custom, &mut faults);
    let inputs = [tensor("features", "float32", vec![Axis::Free("batch".to_owned()), fixed(manifest.features.len())])];
    expect_inputs(path, &manifest.model, &inputs, &mut faults);
    faults.extend(manifest.reading.faults(path, manifest.kind, &manifest.model.output));
    for (key, threshold) in [("threshold", Some(manifest.threshold)), ("early_threshold", manifest.early_threshold)] {
        if let Some(threshold) = threshold.filter(|threshold| !(*threshold > 0.0 && *threshold <= 1.0)) {
            let problem = format!("is {threshold}; allowed is a probability above 0 and up to 1");
            faults.push(ModelFault::of_key(path, key, problem));
        }
    }
    let bytes = keep(model_bytes(path, &manifest.model).map_err(|fault| vec![fault]), &mut faults);
    match bytes {
        Some(bytes) if faults.is_empty() => Ok(Checked { path: path.to_owned(), manifest, bytes }),
        _ => Err(faults),
    }
}

/// Every feature must be one the scorer counts, and stand once; medians, where there are any, one for each.
fn features_faults(path: &Path, manifest: &BehaviourManifest, custom: &[String], faults: &mut Vec<ModelFault>) {
    let features = &manifest.features;
    let known = |name: &String| FEATURE_NAMES.contains(&name.as_str()) || name == BODIES || custom.contains(name);
    for name in features.iter().filter(|name| !known(name)) {
        let own = if custom.is_empty() { "none".to_owned() } else { custom.join(", ") };
        let problem = format!(
            "names {name:?}, which this filter does not count; allowed are {}, {BODIES} and the configuration's [[feature]]s: {own}",
            FEATURE_NAMES.join(", ")
        );
        faults.push(ModelFault::of_key(path, "features", problem));
    }
    let twice = features.iter().enumerate().find(|(at, name)| features[..*at].contains(name));
    if let Some((_, name)) = twice {
        faults.push(ModelFault::of_key(path, "features", format!("names {name:?} twice")));
    }
    if features.is_empty() {
        faults.push(ModelFault::of_key(path, "features", "is empty; a model judges by at least one"));
    }
    if let Some(medians) = &manifest.medians
        && (medians.len() != features.len() || !medians.iter().all(|median| median.is_finite()))
    {
        let problem = format!("has {} numbers; expected one finite one for each feature", medians.len());
        faults.push(ModelFault::of_key(path, "medians", problem));
    }
}

fn tensor(name: &str, dtype: &str, shape: Vec<Axis>) -> Tensor {
    Tensor { name: name.to_owned(), dtype: dtype.to_owned(), shape }
}

fn fixed(length: usize) -> Axis {
    Axis::Fixed(i64::try_from(length).unwrap_or(i64::MAX))
}

fn expect_list(path: &Path, key: &str, found: &[String], allowed: &[&str], faults: &mut Vec<ModelFault>) {
    if found != allowed {
        faults.push(ModelFault::of_key(path, key, format!("is {found:?}; this filter needs {allowed:?}")));
    }
}

fn expect_inputs(path: &Path, model: &ModelFile, inputs: &[Tensor], faults: &mut Vec<ModelFault>) {
    let show = |tensors: &[Tensor]| tensors.iter().map(session::describe_claim).collect::<Vec<_>>().join(", ");
    if show(&model.inputs) != show(inputs) {
        let problem = format!("is {}; this filter needs {}", show(&model.inputs), show(inputs));
        faults.push(ModelFault::of_key(path, "model.inputs", problem));
    }
}

fn expect_tensors(path: &Path, model: &ModelFile, inputs: &[Tensor], output: &Tensor, faults: &mut Vec<ModelFault>) {
    expect_inputs(path, model, inputs, faults);
    let (found, needed) = (session::describe_claim(&model.output), session::describe_claim(output));
    if found != needed {
        faults.push(ModelFault::of_key(path, "model.output", format!("is {found}; this filter needs {needed}")));
    }
}

fn window_fault(path: &Path, window: &Window) -> Option<ModelFault> {
    if window.bytes == WINDOW_BYTES && window.step == WINDOW_STEP && window.buckets == LENGTHS {
        return None;
    }
    let problem = format!(
        "is {window:?}; this filter needs bytes = {WINDOW_BYTES}, step = {WINDOW_STEP} and buckets = {LENGTHS:?}"
    );
    Some(ModelFault::of_key(path, "window", problem))
}

/// A warmed-up network for each thread.
fn text_sessions(
    environment: &Environment,
    text: &Checked<TextManifest>,
    threads: usize,
) -> Result<Vec<Session>, Vec<ModelFault>> {
    let mut sessions = Vec::new();
    for _ in 0..threads.clamp(1, Config::MAX_THREADS) {
        let mut session = opened(environment, &text.path, &text.manifest.model, &text.bytes)?;
        for length in &text.manifest.window.buckets {
            let batch =
                Batch { bytes: vec![0; *length], kinds: vec![0], contexts: vec![0; CONTEXT_LEVELS], length: *length };
            infer(&mut session, &batch).map_err(|error| vec![not_running(&text.path, &error)])?;
        }
        sessions.push(session);
    }
    Ok(sessions)
}

fn behaviour_classifier(
    environment: &Environment,
    behaviour: &Checked<BehaviourManifest>,
) -> Result<OnnxBehaviourClassifier, Vec<ModelFault>> {
    let model = &behaviour.manifest.model;
    let session = started(environment, &behaviour.path, model, &behaviour.bytes)?;
    let differences = session::differences_in_use(&behaviour.path, model, &session);
    if !differences.is_empty() {
        return Err(differences);
    }
    let classifier = OnnxBehaviourClassifier::new(session, &behaviour.manifest);
    let custom = behaviour.manifest.features.iter().filter(|name| !FEATURE_NAMES.contains(&name.as_str()));
    let custom = custom.map(|name| (name.clone(), 0.0)).collect();
    classifier
        .abnormality(&SessionFeatures { requests: 1, custom, ..SessionFeatures::default() })
        .map_err(|error| vec![not_running(&behaviour.path, &error)])?;
    Ok(classifier)
}

fn opened(environment: &Environment, path: &Path, model: &ModelFile, bytes: &[u8]) -> Result<Session, Vec<ModelFault>> {
    let session = started(environment, path, model, bytes)?;
    let differences = session::differences(path, model, &session);
    if differences.is_empty() { Ok(session) } else { Err(differences) }
}

fn started(
    environment: &Environment,
    path: &Path,
    model: &ModelFile,
    bytes: &[u8],
) -> Result<Session, Vec<ModelFault>> {
    session::open(environment, bytes).map_err(|error| {
        let problem = format!("{} is no model that ONNX Runtime loads: {error}", model.file);
        vec![ModelFault::of_key(path, "model.file", problem)]
    })
}

fn not_running(path: &Path, error: &dyn std::fmt::Display) -> ModelFault {
    ModelFault::of_key(path, "model.file", format!("fails on its first run: {error}"))
}
