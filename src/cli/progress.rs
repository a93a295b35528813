//! The bar that shows how far a long command is: on standard error, where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is drawn at most.
const DRAWS_PER_SECOND: u8 = 5;

/// A bar of so many bytes to read; a spinner where that is not known. Hidden where standard error is no terminal.
pub(super) fn of_bytes(total: Option<u64>) -> ProgressBar {
    let counted = "{bytes} of {total_bytes} {wide_bar} {eta} left";
    bar(total, counted, "{spinner} {bytes} read, {elapsed}")
}

/// A count of rows written, of which nobody knows how many there will be.
pub(super) fn of_rows() -> ProgressBar {
    bar(None, "", "{spinner} {human_pos} rows, {per_sec}, {elapsed}")
}

fn bar(total: Option<u64>, counted: &str, open: &str) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(total, target);
    let template = if total.is_some() { counted } else { open };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
