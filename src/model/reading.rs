//! How a model of visits is read: whatever it puts out becomes a score of 0 to 1 that the visit is abnormal.

use std::path::Path;

use serde::Deserialize;

use super::ModelFault;
use super::manifest::{Axis, Tensor};

/// What kind of model it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Trained on visits labelled normal and abnormal.
    #[default]
    Supervised,
    /// Trained on one's own normal visits alone.
    Anomaly,
}

/// What the output means.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One number, the probability of abnormal.
    #[default]
    AbnormalProbability,
    /// One number, the probability of normal: the predecessor's network.
    NormalProbability,
    /// A probability for each class; `abnormal` names the one place that means abnormal.
    ClassProbabilities,
    /// A class as a whole number; `abnormal` lists those that mean abnormal: -1, or 0 with the predecessor's models.
    Label,
    /// A number without a scale; `higher` says which way it points, `centre` and `slope` give it one.
    AnomalyScore,
}

/// Which way an anomaly score points.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Higher {
    /// The higher, the more abnormal.
    Abnormal,
    /// The higher, the more normal: scikit-learn's `decision_function` and `score_samples`.
    Normal,
}

/// How an output is read, and how it is made a probability.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What the output means. Default: one probability of abnormal.
    #[serde(default)]
    pub form: Form,
    /// Labels, or the one place, that mean abnormal.
    #[serde(default)]
    pub abnormal: Vec<i64>,
    /// Which way an anomaly score points.
    pub higher: Option<Higher>,
    /// The anomaly score that becomes 0.5.
    pub centre: Option<f32>,
    /// What a probability's log-odds, or the distance of an anomaly score from its centre, are multiplied by. Default 1.
    pub slope: Option<f32>,
    /// What is then added. Default 0.
    pub offset: Option<f32>,
}

/// One visit's output: numbers, or a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Output<'o> {
    Numbers(&'o [f32]),
    Label(i64),
}

impl Reading {
    /// The score of one output, 0 to 1; `None` where it is not what the manifest says.
    pub(super) fn score(&self, output: Output<'_>) -> Option<f32> {
        let probability = match (self.form, output) {
            (Form::AbnormalProbability, Output::Numbers([abnormal])) => *abnormal,
            (Form::NormalProbability, Output::Numbers([normal])) => 1.0 - normal,
            (Form::ClassProbabilities, Output::Numbers(classes)) => {
                *classes.get(usize::try_from(*self.abnormal.first()?).ok()?)?
            }
            (Form::Label, Output::Label(label)) => return Some(if self.abnormal.contains(&label) { 1.0 } else { 0.0 }),
            (Form::AnomalyScore, Output::Numbers([score])) => return self.of_anomaly(*score),
            _ => return None,
        };
        (0.0..=1.0).contains(&probability).then(|| self.calibrated(probability))
    }

    fn of_anomaly(&self, score: f32) -> Option<f32> {
        let above = score - self.centre?;
        let towards_abnormal = if self.higher? == Higher::Abnormal { above } else { -above };
        let odds = self.slope.unwrap_or(1.0) * towards_abnormal + self.offset.unwrap_or(0.0);
        score.is_finite().then(|| sigmoid(odds))
    }

    fn calibrated(&self, probability: f32) -> f32 {
        if self.slope.is_none() && self.offset.is_none() {
            return probability;
        }
        let inside = probability.clamp(1e-6, 1.0 - 1e-6);
        sigmoid(self.slope.unwrap_or(1.0) * (inside / (1.0 - inside)).ln() + self.offset.unwrap_or(0.0))
    }

    /// What is wrong with it for a model of this kind and this output.
    pub(super) fn faults(&self, path: &Path, kind: Kind, output: &Tensor) -> Vec<ModelFault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, problem: String| faults.push(ModelFault::of_key(path, key, problem));
        match (kind, self.form) {
            (Kind::Supervised, Form::AnomalyScore) => {
                fault("reading.form", "is \"anomaly-score\"; a supervised model gives a probability or a label".into());
            }
            (Kind::Anomaly, Form::AnomalyScore | Form::Label) | (Kind::Supervised, _) => {}
            (Kind::Anomaly, _) => {
                fault("reading.form", "is a probability; an anomaly model gives \"anomaly-score\" or \"label\"".into());
            }
        }
        let finite = [("centre", self.centre), ("slope", self.slope), ("offset", self.offset)];
        for (key, value) in finite {
            if value.is_some_and(|value| !value.is_finite()) {
                fault(&format!("reading.{key}"), "is no finite number".into());
            }
        }
        if self.slope.is_some_and(|slope| slope <= 0.0) {
            fault("reading.slope", "is not above 0; `higher` turns an anomaly score around".into());
        }
        let classes = match output.shape.get(1) {
            Some(Axis::Fixed(classes)) => *classes,
            _ => 1,
        };
        match self.form {
            Form::Label if self.abnormal.is_empty() => {
                fault("reading.abnormal", "is empty; expected the labels that mean abnormal, such as [-1]".into());
            }
            Form::ClassProbabilities if !matches!(self.abnormal[..], [at] if (0..classes).contains(&at)) => {
                let problem =
                    format!("is {:?}; expected the one place of abnormal, from 0 to {}", self.abnormal, classes - 1);
                fault("reading.abnormal", problem);
            }
            Form::AnomalyScore if self.higher.is_none() || self.centre.is_none() => {
                fault(
                    "reading",
                    "lacks higher (\"abnormal\" or \"normal\") or centre, the score that becomes 0.5".into(),
                );
            }
            _ => {}
        }
        if !fits(self.form, output) {
            let needed = match self.form {
                Form::ClassProbabilities => "float32 [batch, classes]",
                Form::Label => "int64 [batch] or [batch, 1]",
                _ => "float32 [batch] or [batch, 1]",
            };
            fault("model.output", format!("does not fit reading.form; expected {needed}"));
        }
        faults
    }
}

/// Whether an output of this type and shape can be read so.
fn fits(form: Form, output: &Tensor) -> bool {
    let dtype = if form == Form::Label { "int64" } else { "float32" };
    let columns = match output.shape.as_slice() {
        [Axis::Free(_)] => Some(1),
        [Axis::Free(_), Axis::Fixed(columns)] => Some(*columns),
        _ => None,
    };
    let enough = match form {
        Form::ClassProbabilities => columns.is_some_and(|columns| columns >= 2),
        _ => columns == Some(1),
    };
    output.dtype == dtype && enough
}

fn sigmoid(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(form: Form) -> Reading {
        Reading { form, ..Reading::default() }
    }

    fn close(found: Option<f32>, expected: f32) {
        assert!((found.unwrap() - expected).abs() < 1e-4, "{found:?} is not {expected}");
    }

    #[test]
    fn every_form_becomes_a_score_of_abnormal() {
        close(reading(Form::AbnormalProbability).score(Output::Numbers(&[0.97])), 0.97);
        close(reading(Form::NormalProbability).score(Output::Numbers(&[0.97])), 0.03);
        let classes = Reading { abnormal: vec![0], ..reading(Form::ClassProbabilities) };
        close(classes.score(Output::Numbers(&[0.8, 0.2])), 0.8);
        let label = Reading { abnormal: vec![-1, 0], ..reading(Form::Label) };
        close(label.score(Output::Label(-1)), 1.0);
        close(label.score(Output::Label(0)), 1.0);
        close(label.score(Output::Label(1)), 0.0);
        let forest = Reading {
            higher: Some(Higher::Normal),
            centre: Some(-0.1),
            slope: Some(20.0),
            ..reading(Form::AnomalyScore)
        };
        close(forest.score(Output::Numbers(&[-0.1])), 0.5);
        assert!(forest.score(Output::Numbers(&[-0.3])).unwrap() > 0.95);
        assert!(forest.score(Output::Numbers(&[0.2])).unwrap() < 0.05);
    }

    #[test]
    fn what_is_no_such_output_has_no_score() {
        let plain = reading(Form::AbnormalProbability);
        for output in [Output::Numbers(&[1.5]), Output::Numbers(&[f32::NAN]), Output::Numbers(&[]), Output::Label(1)] {
            assert_eq!(plain.score(output), None, "{output:?}");
        }
        let forest = Reading { higher: Some(Higher::Abnormal), centre: Some(0.0), ..reading(Form::AnomalyScore) };
        assert_eq!(forest.score(Output::Numbers(&[f32::INFINITY])), None);
    }

    #[test]
    fn calibration_moves_a_probability_and_keeps_its_order() {
        let cooler = Reading { slope: Some(0.5), offset: Some(-1.0), ..reading(Form::AbnormalProbability) };
        let scores: Vec<f32> =
            [0.0, 0.3, 0.9, 1.0].iter().map(|p| cooler.score(Output::Numbers(&[*p])).unwrap()).collect();
        assert!(scores.is_sorted() && scores[3] <= 1.0 && scores[2] < 0.9, "{scores:?}");
    }

    #[test]
    fn names_what_does_not_go_together() {
        let free = || Axis::Free("batch".to_owned());
        let tensor = |dtype: &str, shape| Tensor { name: "out".to_owned(), dtype: dtype.to_owned(), shape };
        let one = tensor("float32", vec![free(), Axis::Fixed(1)]);
        let labels = tensor("int64", vec![free()]);
        let faults = |reading: &Reading, kind, output: &Tensor| {
            let found = reading.faults(Path::new("m"), kind, output);
            found.iter().map(|fault| fault.key.clone()).collect::<Vec<_>>()
        };
        let none = [""; 0];
        assert_eq!(faults(&Reading::default(), Kind::Supervised, &one), none);
        assert_eq!(faults(&Reading::default(), Kind::Anomaly, &one), ["reading.form"]);
        assert_eq!(faults(&reading(Form::AnomalyScore), Kind::Supervised, &one), ["reading.form", "reading"]);
        assert_eq!(faults(&reading(Form::Label), Kind::Anomaly, &one), ["reading.abnormal", "model.output"]);
        let minus = Reading { abnormal: vec![-1], ..reading(Form::Label) };
        assert_eq!(faults(&minus, Kind::Anomaly, &labels), none);
        let second = Reading { abnormal: vec![1], ..reading(Form::ClassProbabilities) };
        assert_eq!(faults(&second, Kind::Supervised, &tensor("float32", vec![free(), Axis::Fixed(2)])), none);
        assert_eq!(faults(&second, Kind::Supervised, &one), ["reading.abnormal", "model.output"]);
        let steep = Reading { slope: Some(-1.0), offset: Some(f32::NAN), ..Reading::default() };
        assert_eq!(faults(&steep, Kind::Supervised, &one), ["reading.offset", "reading.slope"]);
    }
}
