//! Numbers, moments and states as people read them.

use maud::{Markup, html};

/// A moment in UTC to the second, with the exact one for machines.
pub(super) fn moment(rfc3339: &str) -> Markup {
    let date = rfc3339.get(..10).unwrap_or(rfc3339);
    let clock = rfc3339.get(11..19).unwrap_or_default();
    html! { time datetime=(rfc3339) { span .date { (date) } " " span .clock { (clock) } } }
}

/// A span in its largest fitting unit.
pub(super) fn span(milliseconds: u64) -> String {
    match milliseconds / 1_000 {
        0 => format!("{milliseconds} ms"),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ 3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Microseconds as milliseconds.
pub(super) fn latency(microseconds: u64) -> String {
    format!("{}.{:01} ms", microseconds / 1_000, microseconds % 1_000 / 100)
}

/// A bound of a latency bucket.
pub(super) fn at_most(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds) if seconds < 1.0 => format!("≤ {} ms", seconds * 1_000.0),
        Some(seconds) => format!("≤ {seconds} s"),
    }
}

/// A count with thin groups of three.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A probability.
pub(super) fn percent(score: Option<f32>) -> String {
    score.map(|score| format!("{:.1} %", score * 100.0)).unwrap_or_default()
}

/// What became of a request: a sign, a word and a colour.
pub(super) fn verdict(verdict: &str) -> Markup {
    let (sign, word, class) = match verdict {
        "refuse" => ("■", "refused", "bad"),
        "flag" => ("▲", "flagged", "warn"),
        _ => ("●", "allowed", "good"),
    };
    chip(sign, word, class)
}

/// What a visit was judged to be.
pub(super) fn behaviour(behaviour: Option<&str>) -> Markup {
    match behaviour {
        Some("Abnormal") => chip("■", "abnormal", "bad"),
        Some("Normal") => chip("●", "normal", "good"),
        Some(_) => chip("◆", "not judged", "plain"),
        None => chip("○", "open", "plain"),
    }
}

/// How far the filter goes.
pub(super) fn mode(mode: &str) -> Markup {
    match mode {
        "block" => chip("●", "blocking", "good"),
        "detect" => chip("▲", "detecting only", "warn"),
        _ => chip("■", "off", "bad"),
    }
}

/// Whether a part works.
pub(super) fn works(ok: bool) -> Markup {
    if ok { chip("●", "works", "good") } else { chip("■", "does not work", "bad") }
}

fn chip(sign: &str, word: &str, class: &str) -> Markup {
    html! { span class={ "chip " (class) } { span .sign aria-hidden="true" { (sign) } (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_numbers_as_people_read_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(
            (span(999), span(61_000), span(90_061_000)),
            ("999 ms".into(), "1 min 1 s".into(), "1 d 1 h".into())
        );
        assert_eq!((latency(1_500), at_most(Some(0.0025))), ("1.5 ms".to_owned(), "≤ 2.5 ms".to_owned()));
        let shown = moment("2026-11-21T08:00:01.500Z").into_string();
        assert!(shown.contains("2026-11-21") && shown.contains("08:00:01<"), "{shown}");
        assert!(moment("<b>").into_string().contains("&lt;b&gt;"));
    }
}
