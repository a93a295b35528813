//! The report as one picture: ROC curves, and bars by source with their intervals.
//!
//! Written by hand as SVG: a plotting crate with text, log axes and whiskers would be some fifty crates for this file.

use std::fmt::Write;

use super::roc::Point;
use super::table::{decimals, shortened, thousands};
use super::{Group, NORM, SetReport, Share, Tally, attacks};

const WIDTH: f64 = 1_120.0;
/// The square that holds the curves.
const CURVES: Area = Area { left: 64.0, top: 72.0, width: 400.0, height: 400.0 };
/// Where the bars begin, and how long the longest is.
const BARS_LEFT: f64 = 760.0;
const BARS_WIDTH: f64 = 200.0;
const ROW: f64 = 21.0;
/// Bars of one panel at most; those with the most rows are shown.
const MOST_BARS: usize = 24;
/// Curves at most.
const MOST_CURVES: usize = 6;
/// Points of a drawn curve at most.
const CURVE_POINTS: usize = 400;
/// Told apart by people with any kind of colour vision: Okabe and Ito's palette without its yellow.
const COLOURS: [&str; MOST_CURVES] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
const ATTACK: &str = "#0072b2";
const BENIGN: &str = "#d55e00";

struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// The picture; `all` is the sets joined, `caption` says what was measured.
pub(crate) fn to_svg(sets: &[SetReport], all: &SetReport, caption: &str) -> String {
    let bars = |of: fn(&Group) -> Tally| most_rows(all, of);
    let (attacked, benign) = (bars(attacks), bars(|group| group.get(NORM).copied().unwrap_or_default()));
    let second = CURVES.top + panel_height(&attacked);
    let bottom = (second + panel_height(&benign)).max(CURVES.top + CURVES.height + 60.0) + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{bottom}\" viewBox=\"0 0 {WIDTH} {bottom}\" \
         font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(&mut svg, 24.0, 30.0, "font-size=\"16\" font-weight=\"bold\"", caption);
    curves(&mut svg, sets, all);
    let (recall, alarms) = ("Attacks refused, by source", "Benign refused, by source");
    panel(&mut svg, CURVES.top, recall, &attacked, &Scale::Linear, ATTACK);
    panel(&mut svg, second, alarms, &benign, &Scale::log_of(&benign), BENIGN);
    let note = "Whiskers: Wilson score intervals of 95 %.";
    text(&mut svg, 24.0, bottom - 16.0, "font-size=\"11\" fill=\"#666\"", note);
    svg.push_str("</svg>\n");
    svg
}

// === curves ===

fn curves(svg: &mut String, sets: &[SetReport], all: &SetReport) {
    heading(svg, CURVES.left, CURVES.top, "ROC: share of attacks detected against false alarms");
    let drawn = drawn_sets(sets, all);
    let rows = drawn.iter().map(|set| set.roc.norm_rows()).max().unwrap_or(1_000);
    // One false alarm is the least that can be seen: the axis begins a decade mark below it.
    let decades = (rows.max(10) as f64).log10().ceil().clamp(1.0, 7.0);
    let x = |share: f64| CURVES.left + CURVES.width * (1.0 + share.log10().max(-decades) / decades);
    let y = |share: f64| CURVES.top + CURVES.height * (1.0 - share);
    frame(svg, decades, &x, &y);
    if drawn.is_empty() {
        let (x, y) = (CURVES.left + CURVES.width / 2.0, CURVES.top + CURVES.height / 2.0);
        text(svg, x, y, "text-anchor=\"middle\" fill=\"#666\"", "needs attacks and benign rows");
        return;
    }
    for (index, (set, colour)) in drawn.iter().zip(COLOURS).enumerate() {
        let path = path(&set.roc.points(), &x, &y);
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        let (refused, detected) = operating_point(set);
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            x(refused),
            y(detected)
        );
        let lines = f64::from(u32::try_from(drawn.len() - index).unwrap_or(0));
        legend(svg, CURVES.top + CURVES.height - 14.0 - 18.0 * lines, set, colour);
    }
    let (right, low) = (CURVES.left + CURVES.width - 10.0, CURVES.top + CURVES.height - 12.0);
    text(svg, right, low, "text-anchor=\"end\" fill=\"#666\" font-size=\"11\"", "circle: what the filter refuses");
}

/// The sets that have both kinds of rows; all sets joined where there are several.
fn drawn_sets<'a>(sets: &'a [SetReport], all: &'a SetReport) -> Vec<&'a SetReport> {
    let joined = (sets.len() > 1).then_some(all);
    let both = joined.into_iter().chain(sets).filter(|set| set.roc.area().is_some());
    both.take(MOST_CURVES).collect()
}

fn operating_point(set: &SetReport) -> (f64, f64) {
    let total = set.total();
    let of = |tally: Tally| tally.refused().value().unwrap_or(0.0);
    (total.get(NORM).map_or(0.0, |tally| of(*tally)), of(attacks(&total)))
}

fn frame(svg: &mut String, decades: f64, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) {
    let Area { left, top, width, height } = CURVES;
    let (right, bottom) = (left + width, top + height);
    let mut exponent = -decades;
    while exponent <= 0.0 {
        let (share, at) = (10_f64.powf(exponent), x(10_f64.powf(exponent)));
        line(svg, (at, top), (at, bottom), "#e4e4e4");
        text(svg, at, bottom + 18.0, "text-anchor=\"middle\"", &tick(share));
        exponent += 1.0;
    }
    for tenths in [0.0, 2.0, 4.0, 6.0, 8.0, 10.0] {
        let share: f64 = tenths / 10.0;
        line(svg, (left, y(share)), (right, y(share)), "#e4e4e4");
        text(svg, left - 8.0, y(share) + 4.0, "text-anchor=\"end\"", &format!("{:.0} %", share * 100.0));
    }
    let _ = writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#888\"/>"
    );
    let label = "false alarms: share of benign rows at or above the threshold (log scale)";
    text(svg, left + width / 2.0, bottom + 38.0, "text-anchor=\"middle\"", label);
}

fn path(points: &[Point], x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let step = points.len().div_ceil(CURVE_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let mut path = String::new();
    // The first point stands on the left edge, which has no place for no false alarms at all.
    let first = points.iter().take_while(|point| point.false_alarms == 0.0).last();
    let _ = write!(path, "M{:.1},{:.1}", CURVES.left, y(first.map_or(0.0, |point| point.detected)));
    for (index, point) in points.iter().enumerate() {
        if point.false_alarms > 0.0 && (index % step == 0 || index == last || points.len() < CURVE_POINTS) {
            let _ = write!(path, "L{:.1},{:.1}", x(point.false_alarms), y(point.detected));
        }
    }
    path
}

fn legend(svg: &mut String, top: f64, set: &SetReport, colour: &str) {
    let name = set.name.rsplit('/').next().unwrap_or(&set.name);
    let area = set.roc.area().map(|area| format!(", area {area:.4}")).unwrap_or_default();
    let right = CURVES.left + CURVES.width - 10.0;
    text(svg, right - 24.0, top, "text-anchor=\"end\"", &format!("{}{area}", shortened(name, 34)));
    let _ = writeln!(
        svg,
        "<path d=\"M{:.1},{:.1}H{right:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>",
        right - 18.0,
        top - 4.0
    );
}

// === bars ===

/// The axis of a panel: shares from 0 to 1, or powers of ten up to 1.
enum Scale {
    Linear,
    Log { decades: f64 },
}

impl Scale {
    /// From a decade below the smallest share that is not 0.
    fn log_of(bars: &[(String, Tally)]) -> Self {
        let shares = bars.iter().filter_map(|(_, tally)| tally.refused().value()).filter(|share| *share > 0.0);
        let least = shares.fold(0.01, f64::min);
        Self::Log { decades: (-least.log10()).ceil().clamp(2.0, 6.0) }
    }

    fn x(&self, share: f64) -> f64 {
        let part = match self {
            Self::Linear => share,
            Self::Log { decades } => 1.0 + share.log10().max(-decades) / decades,
        };
        BARS_LEFT + BARS_WIDTH * part.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear => vec![0.0, 0.25, 0.5, 0.75, 1.0],
            Self::Log { decades } => {
                let every = if *decades > 4.0 { 2 } else { 1 };
                (0..=6)
                    .filter(|power| f64::from(*power) <= *decades && power % every == 0)
                    .map(|power| 10_f64.powi(-power))
                    .collect()
            }
        }
    }
}

fn most_rows(all: &SetReport, of: fn(&Group) -> Tally) -> Vec<(String, Tally)> {
    let mut bars: Vec<_> = all.sources.iter().map(|(name, group)| (name.clone(), of(group))).collect();
    bars.retain(|(_, tally)| tally.rows > 0);
    bars.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.rows));
    bars.truncate(MOST_BARS);
    bars
}

fn panel_height(bars: &[(String, Tally)]) -> f64 {
    if bars.is_empty() { 0.0 } else { rows_height(bars) + 84.0 }
}

fn rows_height(bars: &[(String, Tally)]) -> f64 {
    ROW * f64::from(u32::try_from(bars.len()).unwrap_or(0))
}

fn panel(svg: &mut String, top: f64, title: &str, bars: &[(String, Tally)], scale: &Scale, colour: &str) {
    if bars.is_empty() {
        return;
    }
    let title = if matches!(scale, Scale::Log { .. }) { format!("{title} (log scale)") } else { title.to_owned() };
    heading(svg, 520.0, top, &title);
    let bottom = top + rows_height(bars) + 6.0;
    for share in scale.ticks() {
        line(svg, (scale.x(share), top), (scale.x(share), bottom), "#e4e4e4");
        text(svg, scale.x(share), bottom + 16.0, "text-anchor=\"middle\" font-size=\"11\"", &tick(share));
    }
    let mut y = top + 6.0;
    for (name, tally) in bars {
        bar(svg, y, name, tally, scale, colour);
        y += ROW;
    }
    line(svg, (BARS_LEFT, top), (BARS_LEFT, bottom), "#888");
}

fn bar(svg: &mut String, top: f64, name: &str, tally: &Tally, scale: &Scale, colour: &str) {
    let share: Share = tally.refused();
    let (Some(value), Some((low, high))) = (share.value(), share.interval()) else { return };
    let middle = top + 7.0;
    text(svg, BARS_LEFT - 10.0, middle + 4.0, "text-anchor=\"end\"", &shortened(name, 34));
    let length = scale.x(value) - BARS_LEFT;
    let _ = writeln!(
        svg,
        "<rect x=\"{BARS_LEFT}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"14\" fill=\"{colour}\" fill-opacity=\"0.45\"/>"
    );
    let (from, to) = (scale.x(low), scale.x(high));
    let _ = writeln!(
        svg,
        "<path d=\"M{from:.1},{middle:.1}H{to:.1}M{from:.1},{:.1}v8M{to:.1},{:.1}v8\" stroke=\"#333\" fill=\"none\"/>",
        middle - 4.0,
        middle - 4.0
    );
    let number = format!("{} %  of {}", decimals(value), thousands(tally.rows));
    text(svg, BARS_LEFT + BARS_WIDTH + 14.0, middle + 4.0, "", &number);
}

// === strokes ===

fn heading(svg: &mut String, x: f64, top: f64, words: &str) {
    text(svg, x, top - 12.0, "font-size=\"13\" font-weight=\"bold\"", words);
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(svg, "<path d=\"M{:.1},{:.1}L{:.1},{:.1}\" stroke=\"{colour}\"/>", from.0, from.1, to.0, to.1);
}

/// A share as a tick: `0.01 %`.
fn tick(share: f64) -> String {
    let percent = share * 100.0;
    let digits = format!("{percent:.5}");
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn text(svg: &mut String, x: f64, y: f64, attributes: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{words}</text>");
}
