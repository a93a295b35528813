//! A share and how sure it is.

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// So many
    pub(crate) part: u64,
    /// of so many.
    pub(crate) whole: u64,
}

/// The normal distribution's quantile of 97.5 %: intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

impl Share {
    /// The share, 0 to 1; `None` of nothing.
    pub(crate) fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| number(self.part) / number(self.whole))
    }

    /// The Wilson score interval of 95 %: E. B. Wilson, "Probable inference, the law of succession, and statistical
    /// inference", Journal of the American Statistical Association 22 (1927), 209 to 212. It keeps its meaning at
    /// shares of 0 and 1, where the usual plus or minus is nought. `None` of nothing.
    pub(crate) fn interval(self) -> Option<(f64, f64)> {
        let (share, whole) = (self.value()?, number(self.whole));
        let spread = Z * Z / whole;
        let centre = share + spread / 2.0;
        let half = Z * (share * (1.0 - share) / whole + spread / (4.0 * whole)).sqrt();
        let bound = |bound: f64| (bound / (1.0 + spread)).clamp(0.0, 1.0);
        // At the ends the formula gives 0 and 1 but for rounding.
        let low = if self.part == 0 { 0.0 } else { bound(centre - half) };
        let high = if self.part == self.whole { 1.0 } else { bound(centre + half) };
        Some((low, high))
    }
}

/// Counts of rows are far below 2^53.
#[allow(clippy::cast_precision_loss)]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
