//! Bounds of a logit that differ by the length of the window.
//!
//! A short value and a stretch of a long text are told apart differently well: amid prose an attack gathers a lower logit
//! than alone, and so does prose without one. One bound for both would lose the one or let too much of the other through.

use serde::Deserialize;

use crate::inspection::WINDOW_BYTES;

/// Lengths that windows are padded to with zeros; windows of each have a bound of their own.
pub(super) const LENGTHS: [usize; 4] = [32, 64, 128, WINDOW_BYTES];

/// A bound for windows of each length.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Bounds([f32; LENGTHS.len()]);

impl Bounds {
    /// The same for all lengths.
    #[cfg(test)]
    pub(super) fn all(bound: f32) -> Self {
        Self([bound; LENGTHS.len()])
    }

    /// That of a window of so many bytes.
    pub(super) fn of(&self, length: usize) -> f32 {
        self.0[LENGTHS[..LENGTHS.len() - 1].iter().filter(|most| length > **most).count()]
    }

    /// The first that is not finite.
    pub(super) fn wrong(&self) -> Option<f32> {
        self.0.into_iter().find(|bound| !bound.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_has_its_own() {
        let bounds = Bounds([1.0, 2.0, 3.0, 4.0]);
        let found = [0, 32, 33, 64, 65, 128, 129, 256].map(|length| bounds.of(length));
        assert_eq!(found, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
        assert_eq!(bounds.wrong(), None);
        assert_eq!(Bounds([1.0, f32::INFINITY, 3.0, 4.0]).wrong(), Some(f32::INFINITY));
    }
}
