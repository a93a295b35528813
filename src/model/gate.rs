//! The gate between screen and network: a convolution small enough for the caller's thread.
//!
//! The screen adds up n-grams and so lets much through that only looks like pieces of attacks: quotes, operators, words of
//! SQL in prose. The gate sees such pieces in their order, at some microseconds a window, and most of what the screen lets
//! through needs no network then.
//!
//! A gate has one or more small [networks](Convolution) of different training. They err differently, so that the mean of
//! their logits lets fewer harmless windows through at the same loss of attacks than one of them. After each the mean so
//! far must reach a [bound](Bounds) of its own: what the first is sure of costs no more than the first.

use std::path::Path;

use fearless_simd::{Level, dispatch};

use crate::inspection::Window;

use super::ModelFault;
use super::bounds::Bounds;
use super::convolution::{Convolution, Padded, SHAPE};
use super::manifest::{GateSection, file_bytes};

/// Networks of which a gate may say the mean.
const MOST_MEMBERS: usize = 8;

/// Convolutions asked one after another; their mean says whether the network is asked.
pub(super) struct Gate {
    members: Vec<Convolution>,
    section: GateSection,
    /// The vectors of this processor. What is called with them is compiled for them only where it is inlined.
    vectors: Level,
}

impl Gate {
    /// Reads the weights that a manifest names: float32, lowest byte first, member after member in the order of the fields.
    pub(super) fn load(manifest: &Path, section: &GateSection) -> Result<Self, ModelFault> {
        if section.shape != SHAPE {
            let problem = format!("is {:?}; this filter needs {SHAPE:?}", section.shape);
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
        let expected = 4 * count * Convolution::NUMBERS;
        if bytes.len() != expected {
            return Err(fault(format!("has {} bytes; expected are {expected}", bytes.len())));
        }
        let members: Option<_> = (0..count).map(|_| Convolution::read(&mut numbers)).collect();
        let for_the_end = || fault("adds something for byte 0, which stands for what is past the end".to_owned());
        let members = members.ok_or_else(for_the_end)?;
        Ok(Self { members, section: section.clone(), vectors: Level::new() })
    }

    /// The logit of an attack where the gate alone settles it; `None` where the network is to be asked.
    pub(super) fn settles(&self, window: &Window<'_>) -> Option<f32> {
        let bytes = Padded::of(window.bytes());
        let (mut sum, mut asked) = (0.0, 0.0);
        for (member, pass_from) in self.members.iter().zip(&self.section.pass_from) {
            sum += dispatch!(self.vectors, simd => member.logit(simd, window, &bytes));
            asked += 1.0;
            let mean: f32 = sum / asked;
            if mean < pass_from.of(window.bytes().len()) {
                return Some(mean);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::EncodedText;
    use crate::model::convolution::tests::{BRIEF, ROUNDED, weights};

    fn section(bytes: &[u8]) -> GateSection {
        use sha2::{Digest, Sha256};
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        GateSection { file: "t.gate".to_owned(), sha256, shape: SHAPE.to_vec(), pass_from: vec![Bounds::all(f32::MAX)] }
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
    fn each_bound_holds_for_the_mean_so_far() {
        let bytes = weights();
        // The second has nothing but its bias, and always says it.
        let mut second = vec![0; bytes.len()];
        let bias = second.len() - 4;
        second[bias..].copy_from_slice(&3_f32.to_le_bytes());
        let both = [bytes, second].concat();
        let said = |pass_from: [f32; 2]| {
            let section = GateSection { pass_from: pass_from.map(Bounds::all).to_vec(), ..section(&both) };
            settled(&loaded(&both, &section).unwrap(), BRIEF.0.as_bytes())
        };
        let (first, mean) = (BRIEF.1, f32::midpoint(BRIEF.1, 3.0));
        assert_eq!(said([first - ROUNDED, mean - ROUNDED]), None);
        let near = |said: Option<f32>, expected: f32| assert!((said.unwrap() - expected).abs() < ROUNDED, "{said:?}");
        near(said([first - ROUNDED, mean + ROUNDED]), mean);
        near(said([first + ROUNDED, f32::MIN]), first);
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
