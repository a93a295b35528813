//! One loaded network.

use std::path::Path;

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{Outlet, TensorElementType, ValueType};

use super::ModelFault;
use super::manifest::{Axis, ModelFile, Tensor};

/// Loads a network. One thread only: the threads are ours, so that a call never waits for another's.
pub(super) fn open(environment: &Environment, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_memory(bytes)
}

/// What a network's inputs and output differ in from its manifest.
pub(super) fn differences(path: &Path, model: &ModelFile, session: &Session) -> Vec<ModelFault> {
    let mut faults = Vec::new();
    compare(path, "model.inputs", &model.inputs, session.inputs(), &mut faults);
    compare(path, "model.output", std::slice::from_ref(&model.output), session.outputs(), &mut faults);
    faults
}

/// What a network's inputs, and the one output that is read, differ in from its manifest; others are passed over:
/// scikit-learn's classifiers put out a label beside the probabilities.
pub(super) fn differences_in_use(path: &Path, model: &ModelFile, session: &Session) -> Vec<ModelFault> {
    let mut faults = Vec::new();
    compare(path, "model.inputs", &model.inputs, session.inputs(), &mut faults);
    let claimed = describe_claim(&model.output);
    let found: Vec<String> = session.outputs().iter().map(describe).collect();
    if !found.contains(&claimed) {
        let problem = format!("is {claimed}, but the model has {}", found.join(", "));
        faults.push(ModelFault::of_key(path, "model.output", problem));
    }
    faults
}

fn compare(path: &Path, key: &str, claimed: &[Tensor], found: &[Outlet], faults: &mut Vec<ModelFault>) {
    let claimed: Vec<String> = claimed.iter().map(describe_claim).collect();
    let found: Vec<String> = found.iter().map(describe).collect();
    if claimed != found {
        let problem = format!("is {}, but the model has {}", claimed.join(", "), found.join(", "));
        faults.push(ModelFault::of_key(path, key, problem));
    }
}

/// `name: dtype[axes]`, free axes as `?`.
pub(super) fn describe_claim(tensor: &Tensor) -> String {
    let axes = tensor.shape.iter().map(|axis| match axis {
        Axis::Fixed(length) => length.to_string(),
        Axis::Free(_) => "?".to_owned(),
    });
    format!("{}: {}[{}]", tensor.name, tensor.dtype, axes.collect::<Vec<_>>().join(","))
}

fn describe(outlet: &Outlet) -> String {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return format!("{}: no tensor", outlet.name());
    };
    let dtype = match ty {
        TensorElementType::Uint8 => "uint8".to_owned(),
        TensorElementType::Float32 => "float32".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    let axes = shape.iter().map(|length| if *length < 0 { "?".to_owned() } else { length.to_string() });
    format!("{}: {dtype}[{}]", outlet.name(), axes.collect::<Vec<_>>().join(","))
}
