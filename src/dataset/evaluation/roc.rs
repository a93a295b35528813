//! The receiver operating characteristic: share of attacks against share of false alarms, by threshold.

use super::interval::number;

/// The scores of a set, five bytes a row.
#[derive(Debug, Default)]
pub(crate) struct Roc {
    attacks: Vec<f32>,
    norm: Vec<f32>,
}

/// One threshold: false alarms and detected attacks, each as a share of 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Texts from this score on count as attacks.
    pub(crate) threshold: f32,
    /// Share of `norm` at or above it.
    pub(crate) false_alarms: f64,
    /// Share of attacks at or above it.
    pub(crate) detected: f64,
}

impl Roc {
    /// Adds a row.
    pub(crate) fn add(&mut self, score: f32, is_attack: bool) {
        if is_attack { self.attacks.push(score) } else { self.norm.push(score) }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.attacks.extend_from_slice(&other.attacks);
        self.norm.extend_from_slice(&other.norm);
    }

    /// Rows of `norm`.
    pub(super) fn norm_rows(&self) -> usize {
        self.norm.len()
    }

    /// A point for each different score, from the highest down; empty without attacks or without `norm`.
    pub(crate) fn points(&self) -> Vec<Point> {
        if self.attacks.is_empty() || self.norm.is_empty() {
            return Vec::new();
        }
        let (attacks, norm) = (descending(&self.attacks), descending(&self.norm));
        let (mut detected, mut alarms) = (0, 0);
        let mut points = Vec::new();
        while detected < attacks.len() || alarms < norm.len() {
            let next = |scores: &[f32], at: usize| scores.get(at).copied().unwrap_or(f32::NEG_INFINITY);
            let threshold = next(&attacks, detected).max(next(&norm, alarms));
            detected += attacks[detected..].iter().take_while(|score| **score >= threshold).count();
            alarms += norm[alarms..].iter().take_while(|score| **score >= threshold).count();
            let share = |part: usize, whole: usize| number(part as u64) / number(whole as u64);
            let false_alarms = share(alarms, norm.len());
            points.push(Point { threshold, false_alarms, detected: share(detected, attacks.len()) });
        }
        points
    }

    /// The area under the curve: the chance that an attack scores higher than a benign row, ties counted half.
    pub(crate) fn area(&self) -> Option<f64> {
        let points = self.points();
        points.last()?;
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for point in points {
            area += (point.false_alarms - x) * (point.detected + y) / 2.0;
            (x, y) = (point.false_alarms, point.detected);
        }
        Some(area)
    }
}

fn descending(scores: &[f32]) -> Vec<f32> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|left, right| right.total_cmp(left));
    sorted
}
