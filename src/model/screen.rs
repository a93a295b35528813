//! The screen in front of the network: a linear model of byte n-grams, read from a table in memory.
//!
//! An attack may stand amid prose, which speaks against it: the most suspicious stretch of a window counts in full, all
//! of the window in small part, and never for less than `rest_floor`, so that no padding outweighs a plain attack. Most of
//! what requests carry is clearly no attack, and a table look-up for each n-gram tells so in a few microseconds.
//! The weighted sum is the logit of an attack. What comes out above `pass_from` the [gate](super::gate) looks at once more,
//! and the network is asked about what is left and about what holds one of `signs`; screen and network are then summed,
//! as they err differently.

use std::path::Path;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::inspection::{COMMAND_SEPARATORS, CONTEXT_LEVELS, LEVEL_VALUES, TargetKind, WINDOW_BYTES, Window};

use super::ModelFault;
use super::gate::Gate;
use super::manifest::{ScreenSection, file_bytes};

/// Lengths of the n-grams, in bytes.
pub(super) const ORDERS: [usize; 4] = [2, 3, 4, 5];

/// Multiplier of the hash: 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Weights of kinds, levels and n-grams, each a whole number of `scale`.
pub(super) struct Screen {
    kinds: Vec<i8>,
    levels: Vec<i8>,
    ngrams: Vec<i8>,
    signs: AhoCorasick,
    gate: Option<Gate>,
    section: ScreenSection,
}

impl Screen {
    /// Reads the table that a manifest names.
    pub(super) fn load(manifest: &Path, section: &ScreenSection) -> Result<Self, ModelFault> {
        if section.orders != ORDERS || !(8..=24).contains(&section.bits) {
            let problem = format!("is {section:?}; this filter needs orders = {ORDERS:?} and bits from 8 to 24");
            return Err(ModelFault::of_key(manifest, "screen", problem));
        }
        if section.span == 0 {
            return Err(ModelFault::of_key(manifest, "screen.span", "is 0; it must be 1 or more".to_owned()));
        }
        let numbers = [
            section.rest,
            section.rest_floor,
            section.scale,
            section.bias,
            section.weight,
            section.network,
            section.shift,
        ];
        if numbers.iter().any(|number| !number.is_finite()) {
            let problem = format!("is {section:?}; each number must be finite");
            return Err(ModelFault::of_key(manifest, "screen", problem));
        }
        if let Some(wrong) = section.pass_from.wrong() {
            let problem = format!("has {wrong}; each must be finite");
            return Err(ModelFault::of_key(manifest, "screen.pass_from", problem));
        }
        let bytes = file_bytes(manifest, "screen", &section.file, &section.sha256)?;
        let (kinds, levels) = (TargetKind::ALL.len(), CONTEXT_LEVELS * LEVEL_VALUES);
        let expected = kinds + levels + (1 << section.bits);
        if bytes.len() != expected {
            let problem = format!("{} has {} bytes; expected are {expected}", section.file, bytes.len());
            return Err(ModelFault::of_key(manifest, "screen.file", problem));
        }
        // The kind of match decides nothing here but which searchers there are: the fastest knows leftmost ones alone.
        let signs = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&section.signs);
        let signs = signs.map_err(|error| {
            ModelFault::of_key(manifest, "screen.signs", format!("cannot be searched for: {error}"))
        })?;
        let gate = section.gate.as_ref().map(|section| Gate::load(manifest, section)).transpose()?;
        let weights: Vec<i8> = bytes.into_iter().map(|byte| i8::from_ne_bytes([byte])).collect();
        let (kinds_and_levels, ngrams) = weights.split_at(kinds + levels);
        let (kinds, levels) = kinds_and_levels.split_at(kinds);
        let (kinds, levels, ngrams) = (kinds.into(), levels.into(), ngrams.into());
        Ok(Self { kinds, levels, ngrams, signs, gate, section: section.clone() })
    }

    /// The logit of an attack.
    pub(super) fn logit(&self, window: &Window<'_>) -> f32 {
        let weight = |table: &[i8], index: usize| table.get(index).map_or(0, |weight| i32::from(*weight));
        let mut sum = weight(&self.kinds, usize::from(window.kind()));
        for (number, level) in window.context().levels().iter().enumerate() {
            sum += weight(&self.levels, number * LEVEL_VALUES + usize::from(*level));
        }
        let (stretch, total) = self.sums(window.bytes());
        #[allow(clippy::cast_precision_loss)] // a window has about a thousand n-grams of at most 127 each
        let (sum, total) = ((sum + stretch) as f32 * self.section.scale, total as f32 * self.section.scale);
        sum + (self.section.rest * total).max(self.section.rest_floor) + self.section.bias
    }

    /// The highest sum of the weights that begin within a stretch, and the sum of all.
    fn sums(&self, bytes: &[u8]) -> (i32, i32) {
        let shift = 64 - self.section.bits;
        let mut weights = [0_i32; WINDOW_BYTES];
        let of = |word, order| self.ngrams.get(slot(word, order, shift)).map_or(0, |weight| i32::from(*weight));
        for (weight, first) in weights.iter_mut().zip(bytes.windows(8)) {
            let word = first.try_into().map_or(0, u64::from_le_bytes);
            *weight = ORDERS.into_iter().map(|order| of(word, order)).sum();
        }
        for (at, weight) in weights.iter_mut().enumerate().take(bytes.len()).skip((bytes.len() + 1).saturating_sub(8)) {
            let word = word(&bytes[at..]);
            *weight = ORDERS.into_iter().filter(|order| at + order <= bytes.len()).map(|order| of(word, order)).sum();
        }
        let weights = &weights[..bytes.len().min(WINDOW_BYTES)];
        let (head, tail) = weights.split_at(weights.len().min(self.section.span));
        let mut within: i32 = head.iter().sum();
        let (mut highest, total) = (within, within + tail.iter().sum::<i32>());
        for (at, leaving) in weights.iter().enumerate() {
            within += weights.get(at + self.section.span).copied().unwrap_or(0) - leaving;
            // Past the last weight there is no stretch.
            if at + 1 < weights.len() {
                highest = highest.max(within);
            }
        }
        (highest, total)
    }

    /// The probability of attack where the screen, or the gate behind it, settles it; `None` where the network is to be
    /// asked.
    pub(super) fn settles(&self, window: &Window<'_>) -> Option<f32> {
        if self.signs.is_match(window.bytes()) {
            return None;
        }
        let logit = self.logit(window);
        let pass_from = self.section.pass_from.of(window.bytes().len());
        let clear = if logit < pass_from && !self.is_brief(window.bytes()) {
            Some(logit)
        } else {
            self.gate.as_ref()?.settles(window)
        };
        clear.map(|logit| sigmoid(logit).min(self.section.pass_cap))
    }

    fn is_brief(&self, bytes: &[u8]) -> bool {
        bytes.len() <= self.section.brief && bytes.iter().any(|byte| COMMAND_SEPARATORS.contains(byte))
    }

    /// The probability of attack of a window that passed, from both logits.
    pub(super) fn joined(&self, network: f32, screen: f32) -> f32 {
        sigmoid(self.section.network * network + self.section.weight * screen + self.section.shift)
    }
}

/// The first eight bytes as one number, lowest first; what is missing counts as 0.
fn word(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = bytes.len().min(8);
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_le_bytes(first)
}

/// Where the weight of the n-gram at the start of a word stands: its bytes as one number, lowest first, and the order
/// above them, multiplied; the highest bits of the product.
fn slot(word: u64, order: usize, shift: u32) -> usize {
    let bits = 8 * order;
    let number = word & ((1 << bits) - 1) | (order as u64) << bits;
    usize::try_from(number.wrapping_mul(MULTIPLIER) >> shift).unwrap_or(usize::MAX)
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::EncodedText;
    use crate::model::bounds::Bounds;

    /// A table that counts each n-gram of `or` and weighs query values at 2.
    fn loaded(section: &ScreenSection) -> Result<Screen, ModelFault> {
        let dir = tempfile::tempdir().unwrap();
        let mut weights = vec![0_u8; TargetKind::ALL.len() + CONTEXT_LEVELS * LEVEL_VALUES + 256];
        weights[TargetKind::QueryValue as usize] = 2;
        let first = weights.len() - 256;
        weights[first + slot(word(b"or"), 2, 64 - 8)] = 3_i8.to_ne_bytes()[0];
        std::fs::write(dir.path().join("s.screen"), &weights).unwrap();
        Screen::load(&dir.path().join("text.toml"), section)
    }

    fn section() -> ScreenSection {
        ScreenSection {
            file: "s.screen".to_owned(),
            sha256: "5ae7".to_owned(),
            orders: ORDERS.to_vec(),
            bits: 8,
            span: 4,
            rest: 0.0,
            rest_floor: -4.0,
            brief: 0,
            scale: 0.5,
            bias: -2.0,
            signs: vec!["zz".to_owned()],
            pass_from: Bounds::all(0.0),
            pass_cap: 0.25,
            network: 1.0,
            weight: 0.5,
            shift: -1.0,
            gate: None,
        }
    }

    #[test]
    fn slots_are_those_of_training() {
        // Computed by models/training/screen.py.
        for (gram, expected) in [("ab", 17_954_usize), ("abc", 56_752), ("abcd", 92_794), ("abcde", 51_653)] {
            assert_eq!(slot(word(gram.as_bytes()), gram.len(), 64 - 17), expected, "{gram}");
        }
    }

    #[test]
    fn what_the_filter_cannot_use_is_named() {
        let faults = |section: ScreenSection| loaded(&section).err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(faults(ScreenSection { orders: vec![1], ..section() }).contains("screen: is"));
        assert!(faults(ScreenSection { shift: f32::NAN, ..section() }).contains("each number must be finite"));
        let endless = Bounds::all(f32::INFINITY);
        assert!(faults(ScreenSection { pass_from: endless, ..section() }).contains("screen.pass_from: has inf"));
        let found = faults(section());
        let sha256 = found.split(" has ").nth(1).unwrap().split(':').next().unwrap().to_owned();
        assert!(found.contains("screen.sha256: is 5ae7"), "{found}");
        assert!(faults(ScreenSection { bits: 9, sha256, ..section() }).contains("screen.file: s.screen has 393 bytes"));
    }

    #[test]
    fn sums_weights_and_settles_what_stays_below() {
        let found = loaded(&section()).err().unwrap().to_string();
        let sha256 = found.split(" has ").nth(1).unwrap().split(':').next().unwrap().to_owned();
        let screen = loaded(&ScreenSection { sha256, ..section() }).unwrap();
        let logit = |text: &[u8]| screen.logit(&EncodedText::for_tests(2, text).window());
        // Two of the kind and three for each `or`, halved, less two. Other n-grams may share its slot.
        assert!((logit(b"x") - (-1.0)).abs() < 1e-6);
        assert!((logit(b"or") - 0.5).abs() < 1e-6);
        let settles = |screen: &Screen, text: &[u8]| screen.settles(&EncodedText::for_tests(2, text).window());
        assert_eq!(settles(&screen, b"or"), None);
        assert!((settles(&screen, b"x").unwrap() - 0.25).abs() < 1e-6, "capped");
        assert_eq!(settles(&screen, b"a zz"), None, "a sign");
        let brief = loaded(&ScreenSection { sha256: screen.section.sha256.clone(), brief: 4, ..section() }).unwrap();
        assert_eq!(settles(&brief, b"; ls"), None, "too short to tell");
        assert!(settles(&brief, b"x ls").is_some() && settles(&brief, b"; abc").is_some());
        let padded =
            loaded(&ScreenSection { sha256: screen.section.sha256.clone(), rest: -10.0, ..section() }).unwrap();
        let held = padded.logit(&EncodedText::for_tests(2, b"or").window());
        assert!((held - (0.5 - 4.0)).abs() < 1e-6, "what speaks against an attack is bounded");
        assert!((settles(&padded, b"or").unwrap() - 0.029).abs() < 1e-3);
        assert!((screen.joined(2.0, 2.0) - 0.880_8).abs() < 1e-3);
    }
}
