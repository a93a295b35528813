//! The texts that requests carried, in HttpParams' columns.
//!
//! A text is a value of the query or of the body, decoded, as the filter inspected it. Its label is what the filter
//! made of that very value; redacted values and files are no texts.

use std::io::Write;

use crate::activity::ActivityRecord;
use crate::dataset::NORM;
use crate::inspection::{AttackClass, Place, Suspicion, Target, TargetKind, Targets, body};
use crate::octets;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";
/// Values of a request at most.
const MAX_VALUES: usize = 10_000;

/// A text and what it was taken for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    payload: String,
    pub(super) attack_type: Option<AttackClass>,
}

impl Row {
    /// payload, its length in characters, attack_type, label.
    pub(super) fn write(&self, csv: &mut csv::Writer<impl Write>) -> csv::Result<()> {
        let length = self.payload.chars().count().to_string();
        let (kind, label) = self.attack_type.map_or((NORM, NORM), |class| (class.as_str(), "anom"));
        csv.write_record([self.payload.as_str(), &length, kind, label])
    }
}

/// A writer as the data set has it: every field in quotes, lines ending in CRLF, the columns written.
pub(super) fn writer<W: Write>(out: W) -> csv::Result<csv::Writer<W>> {
    let mut csv = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    csv.write_record(["payload", "length", "attack_type", "label"])?;
    Ok(csv)
}

/// The texts of a request.
pub(super) fn rows(request: &ActivityRecord) -> impl Iterator<Item = Row> {
    let sent = request.clone().unescape();
    let mut targets = Targets::new(MAX_VALUES);
    if let Some((_, query)) = sent.url.split_once('?') {
        Place::Query.read(&octets::bytes(query), &mut targets);
    }
    if let Some(kept) = sent.request_body.as_ref().filter(|kept| kept["unparsed"] != true) {
        body::read(Some(b"application/json"), &octets::bytes(&kept.to_string()), false, &mut targets);
    }
    let (fields, _) = targets.into_parts();
    fields.into_iter().filter_map(|field| {
        if !matches!(field.target.kind, TargetKind::QueryValue | TargetKind::BodyValue) {
            return None;
        }
        let payload = String::from_utf8_lossy(&field.value).into_owned();
        (payload != REDACTED).then(|| Row { attack_type: attack_on(request, &field.target), payload })
    })
}

/// The class of the attack found there; the likeliest of several.
fn attack_on(request: &ActivityRecord, target: &Target) -> Option<AttackClass> {
    let here = request.findings.iter().filter(|finding| finding.target == *target);
    let attacks = here.filter_map(|finding| match finding.suspicion {
        Suspicion::Attack { class, score } => Some((class, score)),
        Suspicion::Malformed(_) => None,
    });
    attacks.max_by(|left, right| left.1.total_cmp(&right.1)).map(|(class, _)| class)
}
