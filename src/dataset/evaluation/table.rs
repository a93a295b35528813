//! The report as text.

use std::io::{self, Write};

use super::{Group, NORM, SetReport, Share, Tally, attacks, labels};

/// Columns: source, label, rows, refused with its interval, flagged or refused with its interval, right class.
type Line = [String; 6];

/// Writes a set's tables: by source, then the confusion matrix.
pub(crate) fn write_tables(set: &SetReport, out: &mut impl Write) -> io::Result<()> {
    let rows: u64 = set.sources.values().flat_map(Group::values).map(|tally| tally.rows).sum();
    write!(out, "{}: {} rows judged", set.name, thousands(rows))?;
    if set.bad > 0 {
        write!(out, ", {} not readable", thousands(set.bad))?;
    }
    if set.failed > 0 {
        write!(out, ", {} the model failed on", thousands(set.failed))?;
    }
    writeln!(out)?;
    for fault in &set.faults {
        writeln!(out, "  {fault}")?;
    }
    if rows == 0 {
        return writeln!(out);
    }
    writeln!(out)?;
    write_aligned(&counts(set), 2, out)?;
    if let Some(area) = set.roc.area() {
        writeln!(out, "\nArea under the ROC curve: {area:.5}")?;
    }
    writeln!(out, "\nConfusion matrix (rows: label; columns: what the filter refused it as, norm: not refused)\n")?;
    write_aligned(&confusion(set), 1, out)?;
    writeln!(out)
}

fn counts(set: &SetReport) -> Vec<Line> {
    let head = ["source", "label", "rows", "refused (95 %)", "flagged or refused (95 %)", "right class"];
    let mut lines = vec![head.map(ToOwned::to_owned)];
    let total = set.total();
    lines.extend(group_lines("all", &total));
    if set.sources.len() > 1 {
        for (source, group) in &set.sources {
            lines.extend(group_lines(source, group));
        }
    }
    lines
}

fn group_lines(source: &str, group: &Group) -> Vec<Line> {
    let mut lines: Vec<Line> = labels(group).into_iter().map(|label| line(label, &group[label])).collect();
    let attack_labels = group.keys().filter(|label| *label != NORM).count();
    if attack_labels > 1 {
        lines.insert(attack_labels, line("all attacks", &attacks(group)));
    }
    if let Some(first) = lines.first_mut() {
        first[0] = shortened(source, 40);
    }
    lines
}

fn line(label: &str, tally: &Tally) -> Line {
    let right = if label == NORM || tally.refused == 0 { String::new() } else { percent(tally.right_class()) };
    let label = shortened(label, 24);
    [String::new(), label, thousands(tally.rows), sure(tally.refused()), sure(tally.suspected()), right]
}

fn confusion(set: &SetReport) -> Vec<Vec<String>> {
    let mut predictions = vec![NORM];
    let classes = crate::inspection::AttackClass::ALL.map(crate::inspection::AttackClass::as_str);
    let is_seen = |name: &str| set.confusion.values().any(|row| row.contains_key(name));
    predictions.extend(classes.into_iter().chain(["other"]).filter(|name| *name != "other" || is_seen(name)));
    let mut lines = vec![[""].iter().chain(&predictions).map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    let total = set.total();
    for label in labels(&total) {
        let row = &set.confusion[label];
        let cells = predictions.iter().map(|name| thousands(row.get(name).copied().unwrap_or(0)));
        lines.push(std::iter::once(shortened(label, 24)).chain(cells).collect());
    }
    lines
}

/// Columns as wide as their widest cell; the first few to the left, numbers to the right.
fn write_aligned<L: AsRef<[String]>>(lines: &[L], left: usize, out: &mut impl Write) -> io::Result<()> {
    let columns = lines.first().map_or(0, |line| line.as_ref().len());
    let width =
        |column: usize| lines.iter().map(|line| line.as_ref()[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in lines {
        let mut text = String::new();
        for (column, (cell, width)) in line.as_ref().iter().zip(&widths).enumerate() {
            let cell = if column < left { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            text.push_str(&cell);
        }
        writeln!(out, "  {}", text.trim_end())?;
    }
    Ok(())
}

/// The share with its interval: `97.31 % (96.90 to 97.67)`.
fn sure(share: Share) -> String {
    let Some((low, high)) = share.interval() else { return String::new() };
    format!("{} ({} to {})", percent(share), decimals(low), decimals(high))
}

pub(super) fn percent(share: Share) -> String {
    share.value().map_or_else(String::new, |value| format!("{} %", decimals(value)))
}

/// A share in percent, with three decimals where the first two say nothing.
pub(super) fn decimals(share: f64) -> String {
    if share > 0.0 && share < 0.001 { format!("{:.3}", share * 100.0) } else { format!("{:.2}", share * 100.0) }
}

pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A name of others' making: without control characters, and not longer than fits.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    if text.chars().count() <= most {
        return text.chars().map(clean).collect();
    }
    text.chars().take(most - 1).map(clean).chain(['…']).collect()
}
