//! Bans as a table for people.

use std::io::{self, Write};

use serde_json::Value;

const HEADINGS: [&str; 5] = ["ADDRESS", "ORIGIN", "SINCE", "UNTIL", "REASON"];

/// Writes the bans of a list in columns as wide as they need.
pub(super) fn write(answer: &Value, out: &mut impl Write) -> io::Result<()> {
    let bans = answer["bans"].as_array().map(Vec::as_slice).unwrap_or_default();
    if bans.is_empty() {
        return writeln!(out, "no bans");
    }
    let rows: Vec<_> = bans.iter().map(row).collect();
    let widths: [usize; 4] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).fold(HEADINGS[column].len(), usize::max)
    });
    line(&HEADINGS.map(str::to_owned), &widths, out)?;
    rows.iter().try_for_each(|row| line(row, &widths, out))
}

fn row(ban: &Value) -> [String; 5] {
    let text = |key: &str, missing: &str| printable(ban[key].as_str().unwrap_or(missing));
    [text("address", "?"), text("origin", "?"), text("since", "?"), text("until", "lifted by hand"), text("reason", "")]
}

/// A reason may quote an attacker: nothing in it may steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

fn line(cells: &[String; 5], widths: &[usize; 4], out: &mut impl Write) -> io::Result<()> {
    for (cell, width) in cells.iter().zip(widths) {
        write!(out, "{cell:width$}  ")?;
    }
    writeln!(out, "{}", cells[4])
}
