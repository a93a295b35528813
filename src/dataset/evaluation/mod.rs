//! How well the filter does on labelled rows: counts by source and label, and what follows from them.

mod interval;
mod json;
mod plot;
mod roc;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::NORM;
use crate::inspection::AttackClass;

pub(crate) use interval::Share;
pub(crate) use json::to_json;
pub(crate) use plot::to_svg;
pub(crate) use roc::Roc;
pub(crate) use table::write_tables;

/// Sources kept apart in a set, and labels kept apart in a set; what comes past them is counted as [`OTHERS`].
const MAX_SOURCES: usize = 10_000;
const MAX_LABELS: usize = 100;
const OTHERS: &str = "(others)";
/// Faults of rows that are kept to be shown.
const FAULTS_SHOWN: usize = 5;

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What it is.
    pub(crate) label: String,
    /// Where it comes from.
    pub(crate) source: String,
    /// Highest probability of attack of any part, 0 to 1; 0 where no part reached the model.
    pub(crate) score: f32,
    /// What the filter made of it.
    pub(crate) decision: Decision,
}

/// What the filter made of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing was suspected.
    Allowed,
    /// Something was, and it went on.
    Flagged,
    /// It was refused: as an attack of this class, or for another reason.
    Refused(Option<AttackClass>),
}

impl Decision {
    /// The column of the confusion matrix.
    const fn predicted(self) -> &'static str {
        match self {
            Self::Allowed | Self::Flagged => NORM,
            Self::Refused(Some(class)) => class.as_str(),
            Self::Refused(None) => "other",
        }
    }
}

/// Counts of rows of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Rows.
    pub(crate) rows: u64,
    /// Those refused.
    pub(crate) refused: u64,
    /// Those flagged or refused.
    pub(crate) suspected: u64,
    /// Those refused as attacks of their own class.
    pub(crate) right_class: u64,
}

impl Tally {
    fn count(&mut self, label: &str, decision: Decision) {
        self.rows += 1;
        self.suspected += u64::from(decision != Decision::Allowed);
        if let Decision::Refused(class) = decision {
            self.refused += 1;
            self.right_class += u64::from(class.is_some_and(|class| class.as_str() == label));
        }
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.refused += other.refused;
        self.suspected += other.suspected;
        self.right_class += other.right_class;
    }

    /// The share refused.
    pub(crate) fn refused(&self) -> Share {
        Share { part: self.refused, whole: self.rows }
    }

    /// The share flagged or refused.
    pub(crate) fn suspected(&self) -> Share {
        Share { part: self.suspected, whole: self.rows }
    }

    /// The share of those refused that were refused as what they are.
    pub(crate) fn right_class(&self) -> Share {
        Share { part: self.right_class, whole: self.refused }
    }
}

/// Counts by label.
pub(crate) type Group = BTreeMap<String, Tally>;

/// What was counted of one set.
#[derive(Debug, Default)]
pub(crate) struct SetReport {
    /// The file.
    pub(crate) name: String,
    /// Rows that could not be read.
    pub(crate) bad: u64,
    /// Rows that the model failed on.
    pub(crate) failed: u64,
    /// The first faults of either kind.
    pub(crate) faults: Vec<String>,
    /// Counts by source.
    pub(crate) sources: BTreeMap<String, Group>,
    /// Rows by label and prediction at the refusal threshold.
    pub(crate) confusion: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// The scores, five bytes a row.
    pub(crate) roc: Roc,
    labels: BTreeSet<String>,
}

impl SetReport {
    /// Nothing counted yet.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Counts a row.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        let Outcome { mut label, mut source, score, decision } = outcome;
        if !self.labels.contains(&label) {
            if self.labels.len() < MAX_LABELS {
                self.labels.insert(label.clone());
            } else {
                label = OTHERS.to_owned();
            }
        }
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&source) {
            source = OTHERS.to_owned();
        }
        self.roc.add(score, label != NORM);
        *self.confusion.entry(label.clone()).or_default().entry(decision.predicted()).or_default() += 1;
        let group = self.sources.entry(source).or_default();
        group.entry(label.clone()).or_default().count(&label, decision);
    }

    /// Notes a row that could not be read.
    pub(crate) fn note_bad(&mut self, fault: impl ToString) {
        self.bad += 1;
        self.note(fault);
    }

    /// Notes a row that could not be judged.
    pub(crate) fn note_failed(&mut self, fault: impl ToString) {
        self.failed += 1;
        self.note(fault);
    }

    fn note(&mut self, fault: impl ToString) {
        if self.faults.len() < FAULTS_SHOWN {
            self.faults.push(fault.to_string());
        }
    }

    /// Counts over all sources.
    pub(crate) fn total(&self) -> Group {
        let mut total = Group::new();
        for (label, tally) in self.sources.values().flatten() {
            total.entry(label.clone()).or_default().add(tally);
        }
        total
    }

    /// All sets as one; sources of the same name are the same source.
    pub(crate) fn joined(sets: &[Self]) -> Self {
        let mut all = Self::new("all sets");
        for set in sets {
            all.bad += set.bad;
            all.failed += set.failed;
            for (source, group) in &set.sources {
                let into = all.sources.entry(source.clone()).or_default();
                for (label, tally) in group {
                    into.entry(label.clone()).or_default().add(tally);
                }
            }
            for (label, predictions) in &set.confusion {
                let into = all.confusion.entry(label.clone()).or_default();
                for (prediction, rows) in predictions {
                    *into.entry(prediction).or_default() += rows;
                }
            }
            all.roc.join(&set.roc);
        }
        all
    }
}

/// The attacks of a group as one.
pub(crate) fn attacks(group: &Group) -> Tally {
    let mut all = Tally::default();
    group.iter().filter(|(label, _)| *label != NORM).for_each(|(_, tally)| all.add(tally));
    all
}

/// The labels of a group: the model's classes in their order, then other attacks, `norm` last.
pub(crate) fn labels(group: &Group) -> Vec<&str> {
    let known = AttackClass::ALL.map(AttackClass::as_str);
    let others = group.keys().map(String::as_str).filter(|label| *label != NORM && !known.contains(label));
    let known = known.into_iter().filter(|label| group.contains_key(*label));
    let norm = group.contains_key(NORM).then_some(NORM);
    known.chain(others).chain(norm).collect()
}

#[cfg(test)]
mod tests;
