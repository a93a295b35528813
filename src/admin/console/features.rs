//! The numbers of a visit in plain words, and which of them spoke for abnormal.

use maud::{Markup, html};

use super::frame::table;
use super::text;
use crate::admin::sessions::{SessionView, SpokenView};

/// What a number counts.
#[derive(Clone, Copy)]
enum Unit {
    Plain,
    Milliseconds,
    Bytes,
    Share,
}

use Unit::{Bytes, Milliseconds, Plain, Share};

/// Every feature by its name, in words.
const WORDS: [(&str, &str, Unit); 34] = [
    ("numOfLoginAttempts", "Login attempts", Plain),
    ("numOfPostReqs", "POST requests", Plain),
    ("numOfReqs", "Requests", Plain),
    ("sesCodes4xx", "Answers 400 to 499", Plain),
    ("sesDuration", "From the first answer to the last", Milliseconds),
    ("requestRate", "Requests a second", Plain),
    ("interArrivalMean", "Pause between requests, on average", Milliseconds),
    ("interArrivalDeviation", "How much the pauses differ", Milliseconds),
    ("burst", "Most requests within a second", Plain),
    ("distinctPaths", "Different paths", Plain),
    ("pathEntropy", "How mixed the paths are, 0 to 5 bits", Plain),
    ("share2xx", "Share of answers 200 to 299", Share),
    ("share3xx", "Share of answers 300 to 399", Share),
    ("share4xx", "Share of answers 400 to 499", Share),
    ("share5xx", "Share of answers 500 to 599", Share),
    ("shareGet", "Share of GET requests", Share),
    ("shareHead", "Share of HEAD requests", Share),
    ("sharePost", "Share of POST requests", Share),
    ("shareOtherMethods", "Share of other methods", Share),
    ("errorBurst", "Longest run of errors", Plain),
    ("userAgentChanges", "Changes of the user agent", Plain),
    ("missingHeaders", "Headers of a browser that are missing, of 4", Plain),
    ("assetShare", "Share of images, styles, scripts and fonts", Share),
    ("requestBytes", "Bytes sent by the client, on average", Bytes),
    ("responseBytes", "Bytes answered, on average", Bytes),
    ("sesImages", "Images", Plain),
    ("sesPDFs", "PDF documents", Plain),
    ("loginFailures", "Failed logins", Plain),
    ("findingsSqli", "Attacks by SQL", Plain),
    ("findingsXss", "Attacks by script", Plain),
    ("findingsPathTraversal", "Ways out of folders", Plain),
    ("findingsCmdi", "Attacks by commands", Plain),
    ("findingsOther", "Other attacks", Plain),
    ("maxAttackScore", "Highest attack score of a request", Share),
];

const COLUMNS: [&str; 3] = ["Number", "Was", "Raised the score by"];

/// The numbers that spoke most for abnormal; nothing where none did.
pub(super) fn spoke(session: &SessionView) -> Markup {
    html! {
        @if !session.spoke.is_empty() {
            section aria-labelledby="spoke" {
                h2 #spoke { "What spoke for abnormal" }
                p .quiet { "Each beside how much lower the score is with the value of an ordinary visit in its place." }
                (table("Numbers that spoke for abnormal, most first", &COLUMNS,
                    &session.spoke.iter().map(row).collect::<Vec<_>>(), ""))
            }
        }
    }
}

fn row(spoken: &SpokenView) -> Vec<Markup> {
    let known = WORDS.iter().find(|(name, ..)| *name == spoken.feature);
    let unit = known.map_or(Plain, |(.., unit)| *unit);
    vec![
        match known {
            Some((name, words, _)) => html! { span title=(name) { (words) } },
            None => html! { span .mono { (spoken.feature) } },
        },
        html! { span .number { (value(spoken.value, unit)) } },
        html! { span .number { (text::percent(Some(spoken.weight))) } },
    ]
}

fn value(value: f64, unit: Unit) -> String {
    // Numbers of a visit are not negative; past 2^64 none is meant to be read exactly.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = value.round() as u64;
    match unit {
        Milliseconds => text::span(whole),
        Bytes => format!("{} B", text::count(whole)),
        Share => format!("{:.1} %", value * 100.0),
        Plain if value.fract() == 0.0 => text::count(whole),
        Plain => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::FEATURE_NAMES;

    #[test]
    fn every_feature_has_words() {
        assert_eq!(WORDS.map(|(name, ..)| name), FEATURE_NAMES);
    }

    #[test]
    fn values_stand_in_their_units() {
        let shown = [(3.0, Plain), (2.5, Plain), (1_500.0, Milliseconds), (2_048.4, Bytes), (0.125, Share)];
        let texts = shown.map(|(number, unit)| value(number, unit));
        assert_eq!(texts, ["3", "2.50", "1 s", "2\u{202f}048 B", "12.5 %"]);
    }
}
