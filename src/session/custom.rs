//! Custom features of a visit, as far as it went: one number or one small sketch each.

use serde::{Deserialize, Serialize};

use super::outcome::Addend;
use super::tally::linear_count;

/// Custom features at most; each takes 48 bytes of every session that has any.
pub const MAX_CUSTOM: usize = 16;

/// Words of the bitmap behind `distinct`: 256 bits, as for paths.
const WORDS: usize = 4;

/// How the values of an expression become one number of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gathering {
    /// Requests for which the expression is true.
    CountIf,
    /// The sum of its numbers.
    Sum,
    /// The greatest of its numbers.
    Max,
    /// Different values, estimated.
    Distinct,
}

impl Gathering {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::CountIf, Self::Sum, Self::Max, Self::Distinct];

    /// The way's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CountIf => "count_if",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Distinct => "distinct",
        }
    }
}

/// What was gathered of each custom feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gathered(Vec<One>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct One {
    sum: f64,
    max: Option<f64>,
    bitmap: [u64; WORDS],
}

impl Gathered {
    /// Nothing yet, of so many features.
    pub(super) fn new(features: usize) -> Self {
        Self(vec![One::default(); features.min(MAX_CUSTOM)])
    }

    pub(super) fn add(&mut self, addends: &[Option<Addend>]) {
        for (one, addend) in self.0.iter_mut().zip(addends) {
            match addend {
                Some(Addend::Number(number)) if number.is_finite() => {
                    one.sum = (one.sum + number).clamp(f64::MIN, f64::MAX);
                    one.max = Some(one.max.map_or(*number, |max| max.max(*number)));
                }
                Some(Addend::Value(value)) => {
                    let bit = value & 0xff;
                    one.bitmap[usize::try_from(bit / 64).unwrap_or(0)] |= 1 << (bit % 64);
                }
                _ => {}
            }
        }
    }

    /// The number of the feature at this place of the configuration; 0 where no request had a value.
    pub fn value(&self, at: usize, gathering: Gathering) -> f64 {
        let Some(one) = self.0.get(at) else { return 0.0 };
        match gathering {
            Gathering::CountIf | Gathering::Sum => one.sum,
            Gathering::Max => one.max.unwrap_or(0.0),
            Gathering::Distinct => linear_count(one.bitmap.iter().map(|word| word.count_ones()).sum(), 64 * WORDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_each_way_and_passes_over_what_is_absent() {
        let mut gathered = Gathered::new(2);
        for (number, value) in [(2.0, 7), (-5.0, 7), (f64::NAN, 8)] {
            gathered.add(&[Some(Addend::Number(number)), Some(Addend::Value(value))]);
            gathered.add(&[None, None]);
        }
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 0.1, "{found} is not {expected}");
        close(gathered.value(0, Gathering::Sum), -3.0);
        close(gathered.value(0, Gathering::Max), 2.0);
        close(gathered.value(1, Gathering::Distinct), 2.0);
        close(gathered.value(9, Gathering::Sum), 0.0);
        close(Gathered::new(1).value(0, Gathering::Max), 0.0);
        close(Gathered::new(1).value(0, Gathering::Distinct), 0.0);
    }
}
