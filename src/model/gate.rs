//! The gate between screen and network: a convolution small enough for the caller's thread.
//!
//! The screen adds up n-grams and so lets much through that only looks like pieces of attacks: quotes, operators, words of
//! SQL in prose. The gate sees such pieces in their order, at some microseconds a window, and most of what the screen lets
//! through needs no network then.
//!
//! Each place of a window gets the sum of a vector for each of the [`REACH`] bytes around it, the highest of each
//! [`POOL`] neighbours is kept, a second convolution follows, and its maximum and mean over the window, with a vector for
//! the kind of place and for each level of the context, go through one dense layer to the logit of an attack.
//!
//! A gate has one or more such networks of different training. They err differently, so that the mean of their logits lets
//! fewer harmless windows through at the same loss of attacks than one of them. After each the mean so far must reach a
//! [bound](Bounds) of its own: what the first is sure of costs no more than the first.

use std::path::Path;

use fearless_simd::{Level, dispatch};

use crate::inspection::{CONTEXT_LEVELS, LEVEL_VALUES, TargetKind, WINDOW_BYTES, Window};

use super::ModelFault;
use super::bounds::Bounds;
use super::manifest::{GateSection, file_bytes};

/// Bytes that the first convolution sees of each place.
const REACH: usize = 7;

/// Widths of the first convolution, of the second and of the dense layer.
const FIRST: usize = 24;
const SECOND: usize = 32;
const DENSE: usize = 32;

/// Neighbours of which the highest is kept.
const POOL: usize = 4;

/// Places of the second convolution that it sees at once.
const TAPS: usize = 3;

/// Kinds of places and levels of the context.
const OTHERS: usize = TargetKind::ALL.len() + CONTEXT_LEVELS * LEVEL_VALUES;

/// Networks of which a gate may say the mean.
const MOST_MEMBERS: usize = 8;

/// Places of a full window after pooling.
const PLACES: usize = WINDOW_BYTES / POOL;

/// Convolutions asked one after another; their mean says whether the network is asked.
pub(super) struct Gate {
    members: Vec<Member>,
    section: GateSection,
    /// The vectors of this processor. What is called with them is compiled for them only where it is inlined. The sums
    /// are the same with any: no two operations become one.
    vectors: Level,
}

/// The weights of one convolution, the normalisations of training folded in.
struct Member {
    /// For each of the bytes around a place and each value of it, what it adds.
    bytes: Vec<[[f32; FIRST]; 256]>,
    first: [f32; FIRST],
    /// For each tap and each channel of the first convolution, what it adds to each of the second.
    second: Vec<[f32; SECOND]>,
    second_bias: [f32; SECOND],
    /// Of the kinds, then of the levels of the context.
    others: Vec<[f32; DENSE]>,
    /// Of each maximum, then of each mean.
    dense: Vec<[f32; DENSE]>,
    dense_bias: [f32; DENSE],
    head: [f32; DENSE],
    bias: f32,
}

impl Gate {
    /// Reads the weights that a manifest names: float32, lowest byte first, member after member in the order of the fields.
    pub(super) fn load(manifest: &Path, section: &GateSection) -> Result<Self, ModelFault> {
        let shape = [REACH, FIRST, POOL, TAPS, SECOND, DENSE];
        if section.shape != shape {
            let problem = format!("is {:?}; this filter needs {shape:?}", section.shape);
            return Err(ModelFault::of_key(manifest, "screen.gate.shape", problem));
        }
        let count = section.pass_from.len();
        if !(1..=MOST_MEMBERS).contains(&count) {
            let problem = format!("has {count} lists; it must have one for each network, 1 to {MOST_MEMBERS}");
            return Err(ModelFault::of_key(manifest, "screen.gate.pass_from", problem));
        }
        if let Some(wrong) = section.pass_from.iter().find_map(Bounds::wrong) {
            let problem = format!("has {wrong}; each must be finite");
            return Err(ModelFault::of_key(manifest, "screen.gate.pass_from", problem));
        }
        let bytes = file_bytes(manifest, "screen.gate", &section.file, &section.sha256)?;
        let fault =
            |problem: String| ModelFault::of_key(manifest, "screen.gate.file", format!("{} {problem}", section.file));
        let (words, _) = bytes.as_chunks();
        let mut numbers = words.iter().map(|word| f32::from_le_bytes(*word));
        if numbers.clone().any(|number| !number.is_finite()) {
            return Err(fault("holds a number that is not finite".to_owned()));
        }
        let expected = 4 * count * Member::NUMBERS;
        if bytes.len() != expected {
            return Err(fault(format!("has {} bytes; expected are {expected}", bytes.len())));
        }
        let members: Vec<_> = (0..count).map(|_| Member::read(&mut numbers)).collect();
        if members.iter().flat_map(|member| &member.bytes).flat_map(|values| &values[0]).any(|weight| *weight != 0.0) {
            return Err(fault("adds something for byte 0, which stands for what is past the end".to_owned()));
        }
        Ok(Self { members, section: section.clone(), vectors: Level::new() })
    }

    /// The logit of an attack where the gate alone settles it; `None` where the network is to be asked.
    pub(super) fn settles(&self, window: &Window<'_>) -> Option<f32> {
        // Zeros before and behind, for what is seen past the ends: they add nothing.
        let mut bytes = [0; WINDOW_BYTES + REACH - 1];
        bytes.iter_mut().skip(REACH / 2).zip(window.bytes()).for_each(|(to, from)| *to = *from);
        let (mut sum, mut asked) = (0.0, 0.0);
        for (member, pass_from) in self.members.iter().zip(&self.section.pass_from) {
            sum += dispatch!(self.vectors, _simd => member.logit(window, &bytes));
            asked += 1.0;
            let mean: f32 = sum / asked;
            if mean < pass_from.of(window.bytes().len()) {
                return Some(mean);
            }
        }
        None
    }
}

impl Member {
    /// Numbers of one member's weights.
    const NUMBERS: usize =
        (REACH * 256 + 1) * FIRST + (TAPS * FIRST + 1) * SECOND + (OTHERS + 2 * SECOND + 2) * DENSE + 1;

    fn read(numbers: &mut impl Iterator<Item = f32>) -> Self {
        Self {
            bytes: (0..REACH).map(|_| std::array::from_fn(|_| row(numbers))).collect(),
            first: row(numbers),
            second: rows(numbers, TAPS * FIRST),
            second_bias: row(numbers),
            others: rows(numbers, OTHERS),
            dense: rows(numbers, 2 * SECOND),
            dense_bias: row(numbers),
            head: row(numbers),
            bias: numbers.next().unwrap_or_default(),
        }
    }

    /// The logit of an attack; `bytes` are the window's with zeros around.
    #[inline(always)]
    fn logit(&self, window: &Window<'_>, bytes: &[u8; WINDOW_BYTES + REACH - 1]) -> f32 {
        let mut hidden = [[0.0; FIRST]; PLACES + TAPS - 1];
        let places = window.bytes().len().div_ceil(POOL).min(PLACES);
        for (start, row) in (0..).step_by(POOL).zip(&mut hidden[TAPS / 2..]).take(places) {
            *row = self.pooled(&bytes[start..start + POOL + REACH - 1]);
        }
        let (mut highest, mut sums) = ([0.0_f32; SECOND], [0.0_f32; SECOND]);
        for taps in hidden.windows(TAPS).take(places) {
            let mut sum = self.second_bias;
            for (value, weights) in taps.as_flattened().iter().zip(&self.second) {
                add_scaled(&mut sum, weights, *value);
            }
            for ((highest, sums), value) in highest.iter_mut().zip(&mut sums).zip(sum) {
                *highest = highest.max(value);
                *sums += value.max(0.0);
            }
        }
        #[allow(clippy::cast_precision_loss)] // at most 64
        let share = 1.0 / places.max(1) as f32;
        let means = sums.map(|sum| sum * share);
        self.judged(window, highest.iter().chain(&means))
    }

    /// The highest of each channel of the first convolution over neighbours, whose bytes these are, or 0.
    #[inline(always)]
    fn pooled(&self, bytes: &[u8]) -> [f32; FIRST] {
        let mut highest = [0.0_f32; FIRST];
        for seen in bytes.windows(REACH) {
            let mut sum = self.first;
            for (values, byte) in self.bytes.iter().zip(seen) {
                for (sum, weight) in sum.iter_mut().zip(&values[usize::from(*byte)]) {
                    *sum += weight;
                }
            }
            for (highest, value) in highest.iter_mut().zip(sum) {
                *highest = highest.max(value);
            }
        }
        highest
    }

    #[inline(always)]
    fn judged<'a>(&self, window: &Window<'_>, features: impl Iterator<Item = &'a f32>) -> f32 {
        let mut sum = self.dense_bias;
        for (value, weights) in features.zip(&self.dense) {
            add_scaled(&mut sum, weights, *value);
        }
        let levels = window.context().levels().iter().enumerate();
        let levels = levels.map(|(number, level)| TargetKind::ALL.len() + number * LEVEL_VALUES + usize::from(*level));
        for index in std::iter::once(usize::from(window.kind())).chain(levels) {
            if let Some(weights) = self.others.get(index) {
                add_scaled(&mut sum, weights, 1.0);
            }
        }
        self.bias + sum.iter().zip(&self.head).map(|(value, weight)| value.max(0.0) * weight).sum::<f32>()
    }
}

#[inline(always)]
fn add_scaled<const N: usize>(sum: &mut [f32; N], weights: &[f32; N], by: f32) {
    for (sum, weight) in sum.iter_mut().zip(weights) {
        *sum += by * weight;
    }
}

fn row<const N: usize>(numbers: &mut impl Iterator<Item = f32>) -> [f32; N] {
    std::array::from_fn(|_| numbers.next().unwrap_or_default())
}

fn rows<const N: usize>(numbers: &mut impl Iterator<Item = f32>, count: usize) -> Vec<[f32; N]> {
    (0..count).map(|_| row(numbers)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::EncodedText;

    /// Weights without meaning, the same for every level of the context.
    fn weights() -> Vec<u8> {
        let before = (REACH * 256 + 1) * FIRST + (TAPS * FIRST + 1) * SECOND;
        let others = OTHERS * DENSE;
        #[allow(clippy::cast_possible_truncation)]
        let weight = |at: usize| {
            let of = |number: usize| u16::try_from(number).map(f64::from).unwrap();
            let weight = match at {
                // What is past the end adds nothing.
                at if at < REACH * 256 * FIRST && (at / FIRST).is_multiple_of(256) => 0.0,
                at if (before..before + others).contains(&at) => of((at - before) % DENSE) / 100.0,
                _ => (of((at * at * 7 + at * 37) % 101) - 50.0) / 50.0,
            };
            weight as f32
        };
        (0..Member::NUMBERS).flat_map(|at| weight(at).to_le_bytes()).collect()
    }

    const EXPECTED: [(&str, f32); 3] = [
        ("it's", 8.567_73),
        ("1 union select name from users", -41.190_26),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", -11.611_58),
    ];

    /// Of a full window of `a`.
    const LONGEST: f32 = -14.990_42;

    fn section(bytes: &[u8]) -> GateSection {
        use sha2::{Digest, Sha256};
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let shape = vec![REACH, FIRST, POOL, TAPS, SECOND, DENSE];
        GateSection { file: "t.gate".to_owned(), sha256, shape, pass_from: vec![Bounds::all(f32::MAX)] }
    }

    fn loaded(bytes: &[u8], section: &GateSection) -> Result<Gate, ModelFault> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("t.gate"), bytes).unwrap();
        Gate::load(&dir.path().join("text.toml"), section)
    }

    fn settled(gate: &Gate, text: &[u8]) -> Option<f32> {
        gate.settles(&EncodedText::for_tests(2, text).window())
    }

    #[test]
    fn logits_are_those_of_training() {
        let bytes = weights();
        let gate = loaded(&bytes, &section(&bytes)).unwrap();
        // Computed by models/training/gate.py.
        for (text, expected) in EXPECTED {
            let logit = settled(&gate, text.as_bytes()).unwrap();
            assert!((logit - expected).abs() < 1e-3, "{text}: {logit}, not {expected}");
        }
        let longest = settled(&gate, &[b'a'; WINDOW_BYTES]).unwrap();
        assert!((longest - LONGEST).abs() < 1e-3, "{longest}");
    }

    #[test]
    fn each_bound_holds_for_the_mean_so_far() {
        let bytes = weights();
        // The second has a head of zeros, so that it always says its bias.
        let mut second = bytes.clone();
        let head = second.len() - 4 * (DENSE + 1);
        second[head..].fill(0);
        second[head + 4 * DENSE..].copy_from_slice(&3_f32.to_le_bytes());
        let both = [bytes, second].concat();
        let said = |pass_from: [f32; 2]| {
            let section = GateSection { pass_from: pass_from.map(Bounds::all).to_vec(), ..section(&both) };
            settled(&loaded(&both, &section).unwrap(), EXPECTED[0].0.as_bytes())
        };
        let (first, mean) = (EXPECTED[0].1, f32::midpoint(EXPECTED[0].1, 3.0));
        assert_eq!(said([first - 0.01, mean - 0.01]), None);
        let near = |said: Option<f32>, expected: f32| assert!((said.unwrap() - expected).abs() < 1e-3, "{said:?}");
        near(said([first - 0.01, mean + 0.01]), mean);
        near(said([first + 0.01, f32::MIN]), first);
    }

    #[test]
    fn what_the_filter_cannot_use_is_named() {
        let bytes = weights();
        let faults = |bytes: &[u8], section: GateSection| loaded(bytes, &section).err().unwrap().to_string();
        assert!(
            faults(&bytes, GateSection { shape: vec![7], ..section(&bytes) }).contains("screen.gate.shape: is [7]")
        );
        assert!(
            faults(&bytes, GateSection { pass_from: vec![Bounds::all(f32::NAN)], ..section(&bytes) })
                .contains("screen.gate.pass_from: has NaN")
        );
        assert!(
            faults(&bytes, GateSection { pass_from: vec![], ..section(&bytes) })
                .contains("screen.gate.pass_from: has 0 lists")
        );
        assert!(faults(&bytes[4..], section(&bytes)).contains("screen.gate.sha256: is "));
        let short = &bytes[..bytes.len() - 4];
        let found = faults(short, section(short));
        assert!(found.contains("screen.gate.file: t.gate has 207456 bytes; expected are 207460"), "{found}");
        let mut odd = bytes.clone();
        odd[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(faults(&odd, section(&odd)).contains("a number that is not finite"));
        odd[..4].copy_from_slice(&1_f32.to_le_bytes());
        assert!(faults(&odd, section(&odd)).contains("adds something for byte 0"));
    }
}
