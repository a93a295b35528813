//! One of the [gate](super::gate)'s networks: two convolutions, a dense layer, the logit of an attack.
//!
//! Each place of a window gets the sum of a vector for each of the [`REACH`] bytes around it, the highest of each
//! [`POOL`] neighbours is kept, a second convolution follows, and its maximum and mean over the window, with a vector for
//! the kind of place and for each level of the context, go through one dense layer to the logit of an attack.
//!
//! The file's weights are float32. Those of the convolutions, nearly all of the work, are rounded when they are read, as
//! a processor multiplies at least twice as many numbers of 16 bits as of 32 at once: by factors at which no sum of any
//! text leaves 16 bits in the first and 32 in the second. Logits of the shipped gate so move by 0.001 to 0.003 in the
//! mean and by less than 0.01 (1,500 pieces of the texts in `models/handwritten`), far less than trainings differ.

use fearless_simd::{f32x16, i16x32, i32x16, prelude::*};

use crate::inspection::{CONTEXT_LEVELS, LEVEL_VALUES, TargetKind, WINDOW_BYTES, Window};

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

/// The sizes as a manifest names them.
pub(super) const SHAPE: [usize; 6] = [REACH, FIRST, POOL, TAPS, SECOND, DENSE];

/// Kinds of places and levels of the context.
const OTHERS: usize = TargetKind::ALL.len() + CONTEXT_LEVELS * LEVEL_VALUES;

/// Places of a full window after pooling.
const PLACES: usize = WINDOW_BYTES / POOL;

/// The second convolution's sums that fit one vector of 512 bits, and such vectors.
const LANES: usize = 16;
const PARTS: usize = SECOND / LANES;

/// The bytes of a window with zeros before and behind, for what is seen past the ends: they add nothing.
pub(super) struct Padded([u8; WINDOW_BYTES + REACH - 1]);

impl Padded {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut padded = [0; WINDOW_BYTES + REACH - 1];
        padded.iter_mut().skip(REACH / 2).zip(bytes).for_each(|(to, from)| *to = *from);
        Self(padded)
    }
}

/// The weights of one network, the normalisations of training folded in.
pub(super) struct Convolution {
    first: First,
    second: Second,
    /// Of the kinds, then of the levels of the context.
    others: Vec<[f32; DENSE]>,
    /// Of each maximum, then of each mean.
    dense: Vec<[f32; DENSE]>,
    dense_bias: [f32; DENSE],
    head: [f32; DENSE],
    bias: f32,
}

/// The first convolution: a table.
struct First {
    /// For each of the bytes around a place and each value of it, what it adds.
    bytes: Vec<[[i16; FIRST]; 256]>,
    bias: [i16; FIRST],
}

/// The second convolution, two channels of the first at a time.
struct Second {
    /// For each two neighbours among a tap's channels, what they add to each sum: of the one and of the other.
    weights: Vec<[[i16; 2 * LANES]; PARTS]>,
    bias: [[i32; LANES]; PARTS],
    /// What 1 of a sum is in the file's numbers.
    unit: f32,
}

impl Convolution {
    /// Numbers of one network's weights in the file.
    pub(super) const NUMBERS: usize =
        (REACH * 256 + 1) * FIRST + (TAPS * FIRST + 1) * SECOND + (OTHERS + 2 * SECOND + 2) * DENSE + 1;

    /// Takes the weights in the order of the file; `None` where the table adds something for byte 0, which stands for what
    /// is past the end.
    pub(super) fn read(numbers: &mut impl Iterator<Item = f32>) -> Option<Self> {
        let bytes: Vec<[[f32; FIRST]; 256]> = (0..REACH).map(|_| std::array::from_fn(|_| row(numbers))).collect();
        if bytes.iter().flat_map(|values| &values[0]).any(|weight| *weight != 0.0) {
            return None;
        }
        let (first, scale) = First::rounded(&bytes, &row(numbers));
        let second = Second::rounded(&rows(numbers, TAPS * FIRST), &row(numbers), scale);
        Some(Self {
            first,
            second,
            others: rows(numbers, OTHERS),
            dense: rows(numbers, 2 * SECOND),
            dense_bias: row(numbers),
            head: row(numbers),
            bias: numbers.next().unwrap_or_default(),
        })
    }

    /// The logit of an attack; `bytes` are the window's. The same with the vectors of any processor.
    #[inline(always)]
    pub(super) fn logit<S: Simd>(&self, simd: S, window: &Window<'_>, Padded(bytes): &Padded) -> f32 {
        let mut hidden = [[0; FIRST]; PLACES + TAPS - 1];
        let places = window.bytes().len().div_ceil(POOL).min(PLACES);
        for (start, row) in (0..).step_by(POOL).zip(&mut hidden[TAPS / 2..]).take(places) {
            *row = self.first.pooled(&bytes[start..start + POOL + REACH - 1]);
        }
        let [highest, means] = self.second.over(simd, &hidden[..places + TAPS - 1]);
        self.judged(window, highest.as_flattened().iter().chain(means.as_flattened()))
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

impl First {
    /// Scaled so that the sum which is furthest from 0 of any bytes still fits, with what rounding may add;
    /// and what 1.0 of the file is here.
    fn rounded(bytes: &[[[f32; FIRST]; 256]], bias: &[f32; FIRST]) -> (Self, f32) {
        let furthest = |channel: usize| {
            let of = |values: &[[f32; FIRST]; 256]| values.iter().map(|row| row[channel].abs()).fold(0.0, f32::max);
            bias[channel].abs() + bytes.iter().map(of).sum::<f32>()
        };
        let furthest = (0..FIRST).map(furthest).fold(f32::EPSILON, f32::max);
        let scale = (f32::from(i16::MAX) - 8.0) / furthest;
        let bytes = bytes.iter().map(|values| values.map(|row| row.map(|weight| short(weight * scale)))).collect();
        (Self { bytes, bias: bias.map(|weight| short(weight * scale)) }, scale)
    }

    /// The highest of each channel over neighbours, whose bytes these are, or 0.
    #[inline(always)]
    fn pooled(&self, bytes: &[u8]) -> [i16; FIRST] {
        let mut highest = [0; FIRST];
        for seen in bytes.windows(REACH) {
            let mut sum = self.bias;
            for (values, byte) in self.bytes.iter().zip(seen) {
                for (sum, weight) in sum.iter_mut().zip(&values[usize::from(*byte)]) {
                    // The whole sum fits, so it is right even where a part of it went round.
                    *sum = sum.wrapping_add(*weight);
                }
            }
            for (highest, value) in highest.iter_mut().zip(sum) {
                *highest = value.max(*highest);
            }
        }
        highest
    }
}

impl Second {
    /// Scaled so that the sum which is furthest from 0 still fits where each channel of the first, of that scale, is the
    /// highest number of 16 bits.
    fn rounded(weights: &[[f32; SECOND]], bias: &[f32; SECOND], first: f32) -> Self {
        let furthest = |sum: usize| {
            bias[sum].abs() * first / f32::from(i16::MAX) + weights.iter().map(|row| row[sum].abs()).sum::<f32>()
        };
        let furthest = (0..SECOND).map(furthest).fold(f32::EPSILON, f32::max);
        let highest = weights.as_flattened().iter().map(|weight| weight.abs()).fold(f32::EPSILON, f32::max);
        // 2^16 of the highest number of 16 bits are the highest of 32; rounding adds at most half for each weight.
        let scale = (65_400.0 / furthest).min(f32::from(i16::MAX) / highest);
        let (pairs, _) = weights.as_chunks::<2>();
        let of = |pair: &[[f32; SECOND]; 2], part: usize, at: usize| short(pair[at % 2][part * LANES + at / 2] * scale);
        #[allow(clippy::cast_possible_truncation)] // bounded above
        let whole = |weight: f32| (weight * first * scale).round() as i32;
        Self {
            weights: pairs
                .iter()
                .map(|pair| std::array::from_fn(|part| std::array::from_fn(|at| of(pair, part, at))))
                .collect(),
            bias: std::array::from_fn(|part| std::array::from_fn(|at| whole(bias[part * LANES + at]))),
            unit: 1.0 / (first * scale),
        }
    }

    /// The highest of each sum over all places and 0, and the mean of what is above 0; `hidden` has a row of zeros at each
    /// end.
    #[inline(always)]
    fn over<S: Simd>(&self, simd: S, hidden: &[[i16; FIRST]]) -> [[[f32; LANES]; PARTS]; 2] {
        let zero = i32x16::splat(simd, 0);
        let bias = self.bias.map(|part| i32x16::simd_from(simd, part));
        let (mut highest, mut sums) = ([zero; PARTS], [f32x16::splat(simd, 0.0); PARTS]);
        for taps in hidden.windows(TAPS) {
            let mut found = bias;
            let (pairs, _) = taps.as_flattened().as_chunks::<2>();
            for (pair, weights) in pairs.iter().zip(&self.weights) {
                let [[a, b], [c, d]] = pair.map(i16::to_ne_bytes);
                let pair: i16x32<S> = i32x16::splat(simd, i32::from_ne_bytes([a, b, c, d])).bitcast();
                for (found, weights) in found.iter_mut().zip(weights) {
                    *found += pair.pairwise_dot_product(*weights);
                }
            }
            for ((highest, sums), found) in highest.iter_mut().zip(&mut sums).zip(found) {
                *highest = highest.max(found);
                *sums += found.max(zero).to_float::<f32x16<S>>();
            }
        }
        #[allow(clippy::cast_precision_loss)] // at most 64
        let share = self.unit / hidden.windows(TAPS).count().max(1) as f32;
        let highest = highest.map(|part| (part.to_float::<f32x16<S>>() * self.unit).into());
        [highest, sums.map(|part| (part * share).into())]
    }
}

#[allow(clippy::cast_possible_truncation)] // scaled to fit
fn short(number: f32) -> i16 {
    number.round() as i16
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
pub(super) mod tests {
    use super::*;
    use crate::inspection::EncodedText;
    use fearless_simd::{Level, dispatch};

    /// Weights without meaning, the same for every level of the context.
    pub(in crate::model) fn weights() -> Vec<u8> {
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
        (0..Convolution::NUMBERS).flat_map(|at| weight(at).to_le_bytes()).collect()
    }

    /// A text, and what a network of these weights says of it as `models/training/gate.py` computes it.
    pub(in crate::model) const BRIEF: (&str, f32) = ("it's", 8.567_73);

    /// What rounding may move the logits of these weights, whose sums go into the hundreds.
    pub(in crate::model) const ROUNDED: f32 = 0.02;

    const EXPECTED: [(&str, f32); 3] =
        [BRIEF, ("1 union select name from users", -41.190_26), ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", -11.611_58)];

    /// Of a full window of `a`.
    const LONGEST: f32 = -14.990_42;

    fn said(network: &Convolution, level: Level, text: &[u8]) -> f32 {
        dispatch!(level, simd => network.logit(simd, &EncodedText::for_tests(2, text).window(), &Padded::of(text)))
    }

    fn read(bytes: &[u8]) -> Convolution {
        let (words, _) = bytes.as_chunks();
        Convolution::read(&mut words.iter().map(|word| f32::from_le_bytes(*word))).unwrap()
    }

    #[test]
    fn logits_are_those_of_training_but_for_what_rounding_moves() {
        let network = read(&weights());
        for (text, expected) in EXPECTED {
            let logit = said(&network, Level::new(), text.as_bytes());
            assert!((logit - expected).abs() < ROUNDED, "{text}: {logit}, not {expected}");
        }
        let longest = said(&network, Level::new(), &[b'a'; WINDOW_BYTES]);
        assert!((longest - LONGEST).abs() < ROUNDED, "{longest}");
    }

    #[test]
    fn logits_are_the_same_with_any_vectors() {
        let network = read(&weights());
        for (text, _) in EXPECTED {
            let logits = [Level::new(), Level::baseline()].map(|level| said(&network, level, text.as_bytes()));
            assert!((logits[0] - logits[1]).abs() < 1e-5, "{text}: {logits:?}");
        }
    }
}
