//! Loading and running tiny models, and manifests wrong in each way.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;
use crate::behaviour::SessionFeatures;
use crate::inspection::{AttackClass, EncodedText, Score};
use crate::metrics::Metrics;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/model");

/// The runtime library of the tests: `ORT_DYLIB_PATH`, or what `make tools` fetched.
fn library() -> Option<PathBuf> {
    std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from)
}

fn config(dir: &Path) -> Config {
    Config {
        dir: dir.to_owned(),
        runtime_library: library(),
        threads: 2,
        deadline: Duration::from_secs(20),
        ..Config::default()
    }
}

fn load(dir: &Path) -> Result<ModelSet, Vec<ModelFault>> {
    ModelSet::load(&config(dir), Metrics::new().unwrap().model)
}

/// A copy of the fixtures with a piece of one manifest replaced.
fn altered(file: &str, from: &str, to: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["text.toml", "text.onnx", "behaviour.toml", "behaviour.onnx"] {
        fs::copy(Path::new(FIXTURES).join(name), dir.path().join(name)).unwrap();
    }
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    dir
}

fn faults(dir: &Path) -> String {
    let faults = load(dir).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn scores_texts_in_their_order_and_visits() {
    let models = load(Path::new(FIXTURES)).unwrap();
    let long = format!("{}'", "a".repeat(200));
    let texts = ["plain", "it's", &long, "", "also plain"].map(|text| EncodedText::for_tests(2, text.as_bytes()));
    let scores = models.text.classify(vec![texts; 20].concat()).await.unwrap();
    assert_eq!(scores.len(), 100);
    let suspicious: Vec<bool> = scores[..5].iter().map(|score: &Score| score.attack > 0.5).collect();
    assert_eq!(suspicious, [false, true, true, false, false]);
    assert_eq!(scores[1].class, AttackClass::Sqli);
    assert!(scores.chunks(5).all(|again| again == &scores[..5]));

    let refused = SessionFeatures { codes_4xx: 3, ..SessionFeatures::default() };
    assert!(models.behaviour.abnormality(&refused).unwrap() > models.behaviour_thresholds.closed);
    assert!(models.behaviour.abnormality(&SessionFeatures::default()).unwrap() < models.behaviour_thresholds.closed);
    assert_eq!((models.text_version.as_str(), models.behaviour.version()), ("test-1", "test-1"));
    assert!((models.text_thresholds.refuse(Sensitivity::High, AttackClass::Cmdi) - 0.7).abs() < 1e-6);
}

#[tokio::test]
async fn no_text_needs_no_model() {
    let models = load(Path::new(FIXTURES)).unwrap();
    assert_eq!(models.text.classify(Vec::new()).await, Ok(Vec::new()));
}

#[test]
fn every_fault_of_both_models_is_reported_at_once() {
    let dir = altered("text.toml", "\"xss\", \"path", "\"path");
    let behaviour = dir.path().join("behaviour.toml");
    let text = fs::read_to_string(&behaviour).unwrap();
    fs::write(&behaviour, text.replace("threshold = 0.5", "threshold = 1.5").replace("sha256 = \"", "sha256 = \"0"))
        .unwrap();
    let found = faults(dir.path());
    assert_eq!(found.lines().count(), 3, "{found}");
    assert!(
        found.contains("text.toml: labels: is [\"norm\", \"sqli\", \"path-traversal\", \"cmdi\", \"nosqli\""),
        "{found}"
    );
    assert!(found.contains("behaviour.toml: threshold: is 1.5; allowed is a probability"), "{found}");
    assert!(found.contains("behaviour.toml: model.sha256: is 0"), "{found}");
}

#[test]
fn wrong_manifests_are_named_with_what_is_allowed() {
    let cases = [
        ("text.toml", "[window]", "colour = 1\n[window]", "unknown field `colour`"),
        ("text.toml", "flag = 0.5\n", "", "missing field `flag`"),
        ("text.toml", "flag = 0.5", "flag = 0.0", "thresholds.flag: is 0; allowed is a probability"),
        ("text.toml", "sqli = 0.9,", "sqli = nan,", "thresholds.medium.sqli: is NaN"),
        ("text.toml", "\"path\", ", "", "text.toml: kinds: is"),
        ("text.toml", "\"lines\", ", "", "text.toml: context: is"),
        ("text.toml", ", crlf = 0.99 }", " }", "thresholds.low.crlf: is missing"),
        ("text.toml", "crlf = 0.99", "crlf = 0.99, smurf = 0.99", "thresholds.low.smurf: is no class"),
        ("text.toml", "step = 192", "step = 128", "text.toml: window: is"),
        (
            "text.toml",
            "128, 256]",
            "100, 256]",
            "this filter needs bytes = 256, step = 192 and buckets = [32, 64, 128, 256]",
        ),
        (
            "text.toml",
            "name = \"kind\"",
            "name = \"place\"",
            "text.toml: model.inputs: is bytes: uint8[?,?], place: uint8[?], context: uint8[?,8]",
        ),
        (
            "text.toml",
            "shape = [\"batch\", 12]",
            "shape = [\"batch\", 6]",
            "model.output: is probabilities: float32[?,6]",
        ),
        ("text.toml", "file = \"text.onnx\"", "file = \"../text.onnx\"", "model.file: is \"../text.onnx\"; allowed"),
        ("text.toml", "file = \"text.onnx\"", "file = \"gone.onnx\"", "gone.onnx cannot be read"),
        (
            "behaviour.toml",
            "\"numOfPostReqs\", ",
            "\"numOfPosts\", ",
            "behaviour.toml: features: names \"numOfPosts\", which this filter does not count; allowed are numOfLogin",
        ),
        (
            "behaviour.toml",
            "\"numOfPostReqs\", ",
            "\"numOfReqs\", ",
            "behaviour.toml: features: names \"numOfReqs\" twice",
        ),
        (
            "behaviour.toml",
            "\"numOfPostReqs\", ",
            "",
            "model.inputs: is features: float32[?,5]; this filter needs features: f",
        ),
        ("behaviour.toml", "sources = []", "sources = []\nmedians = [1.0]", "behaviour.toml: medians: has 1 numbers"),
        ("behaviour.toml", "sources = []", "sources = []\nearly_threshold = 0.0", "early_threshold: is 0"),
        (
            "behaviour.toml",
            "sources = []",
            "sources = []\nkind = \"anomaly\"",
            "reading.form: is a probability; an anomaly",
        ),
    ];
    for (file, from, to, expected) in cases {
        let found = faults(altered(file, from, to).path());
        assert!(found.contains(expected), "{from} to {to} gave: {found}");
        assert_eq!(found.matches(".toml: ").count(), 1, "{found}");
    }
}

#[test]
fn a_missing_manifest_and_a_damaged_model_are_faults() {
    let dir = altered("text.toml", "", "");
    fs::remove_file(dir.path().join("behaviour.toml")).unwrap();
    fs::write(dir.path().join("text.onnx"), b"no model").unwrap();
    let found = faults(dir.path());
    assert!(found.contains("behaviour.toml: cannot be read"), "{found}");
    assert!(found.contains("the file is damaged or another version"), "{found}");
}

#[test]
fn a_model_that_is_not_what_its_manifest_says_is_a_fault() {
    let dir = altered("text.toml", "file = \"text.onnx\"", "file = \"behaviour.onnx\"");
    let path = dir.path().join("text.toml");
    let hash = |name: &str| {
        let text = fs::read_to_string(Path::new(FIXTURES).join(name)).unwrap();
        text.lines().find(|line| line.starts_with("sha256")).unwrap().to_owned()
    };
    let text = fs::read_to_string(&path).unwrap().replace(&hash("text.toml"), &hash("behaviour.toml"));
    fs::write(&path, text).unwrap();
    let found = faults(dir.path());
    assert!(
        found.contains("model.inputs: is bytes: uint8[?,?], kind: uint8[?], context: uint8[?,8], but the model has features: float32[?,5]"),
        "{found}"
    );
}

#[test]
fn a_runtime_library_that_is_not_there_is_a_fault_with_advice() {
    let mut config = config(Path::new(FIXTURES));
    config.runtime_library = Some(PathBuf::from("/nowhere/libonnxruntime.so"));
    let faults = ModelSet::load(&config, Metrics::new().unwrap().model).err().unwrap();
    assert_eq!(faults.len(), 1);
    let fault = faults[0].to_string();
    assert!(fault.contains("/nowhere/libonnxruntime.so") && fault.contains("ORT_DYLIB_PATH"), "{fault}");
}

/// A behaviour model of another form beside the text model of the fixtures, with two features, one of them custom.
fn of_form(name: &str, output: &str, more: &str) -> Result<ModelSet, String> {
    let dir = altered("text.toml", "[window]", "[window]");
    fs::copy(Path::new(FIXTURES).join(name), dir.path().join(name)).unwrap();
    let hash: String =
        Sha256::digest(fs::read(dir.path().join(name)).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = format!(
        "{more}\nfeatures = [\"share4xx\", \"spent\"]\nmedians = [0.25, 0.0]\nsources = []\n[model]\nfile = \"{name}\"\n\
         sha256 = \"{hash}\"\nversion = \"test-2\"\n\
         inputs = [{{ name = \"features\", dtype = \"float32\", shape = [\"batch\", 2] }}]\noutput = {output}\n\
         [training]\n[metrics]\n"
    );
    fs::write(dir.path().join("behaviour.toml"), manifest).unwrap();
    let config = Config { custom_features: vec!["spent".into()], ..config(dir.path()) };
    ModelSet::load(&config, Metrics::new().unwrap().model)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn probabilities_labels_and_anomaly_scores_are_read_alike_by_name_and_explained() {
    let visit = |share: f64| {
        let mut own = Box::new([0.0; crate::behaviour::OWN]);
        let at = SessionFeatures::own_names().iter().position(|name| *name == "share4xx").unwrap();
        own[at] = share;
        SessionFeatures { own: Some(own), custom: vec![("spent".into(), 3.0)], ..SessionFeatures::default() }
    };
    let classes = "{ name = \"probabilities\", dtype = \"float32\", shape = [\"batch\", 2] }";
    let label = "{ name = \"label\", dtype = \"int64\", shape = [\"batch\"] }";
    let score = "{ name = \"score\", dtype = \"float32\", shape = [\"batch\", 1] }";
    for (name, output, more) in [
        (
            "behaviour_classes.onnx",
            classes,
            "threshold = 0.5\nreading = { form = \"class-probabilities\", abnormal = [0] }",
        ),
        ("behaviour_label.onnx", label, "threshold = 0.5\nreading = { form = \"label\", abnormal = [-1, 0] }"),
        (
            "behaviour_anomaly.onnx",
            score,
            "kind = \"anomaly\"\nthreshold = 0.5\nearly_threshold = 0.9\n\
             reading = { form = \"anomaly-score\", higher = \"normal\", centre = 0.0, slope = 10.0 }",
        ),
    ] {
        let models = of_form(name, output, more).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        let score = |share| models.behaviour.abnormality(&visit(share)).unwrap();
        assert!(score(0.9) > 0.8 && score(0.1) < 0.2, "{name}: {} {}", score(0.9), score(0.1));
        let spoke = models.behaviour.explain(&visit(0.9));
        assert_eq!((spoke.len(), spoke[0].feature.as_str()), (1, "share4xx"), "{name}");
        assert!((spoke[0].value - 0.9).abs() < 1e-6 && spoke[0].weight > 0.5, "{name}: {spoke:?}");
        let without = SessionFeatures { custom: Vec::new(), ..visit(0.9) };
        assert!(models.behaviour.abnormality(&without).is_err(), "a visit counted under another configuration");
    }
    let unread = of_form("behaviour_label.onnx", label, "threshold = 0.5").err().unwrap();
    assert!(unread.contains("model.output: does not fit reading.form"), "{unread}");
    let other = label.replace("label", "labels");
    let missing =
        of_form("behaviour_label.onnx", &other, "threshold = 0.5\nreading = { form = \"label\", abnormal = [0] }");
    assert!(missing.err().unwrap().contains("but the model has label: int64[?]"));
}
