//! Targets into windows: the one way from raw text to what a model sees, for requests and for training alike.

use super::encode::{EncodedText, windows};
use super::extract::Targets;
use super::safe::{is_safe, is_safe_path};
use super::transform::{decoded_base64, normalise};
use super::{Target, TargetKind};

/// A target as a model sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Where it stood.
    pub target: Target,
    /// Its normalised windows; none of a text that is safe by construction.
    pub windows: Vec<EncodedText>,
}

/// Normalises every target and cuts it into windows; a text that is base64 of a text is seen both ways.
pub fn prepare(targets: Targets) -> Vec<Prepared> {
    targets
        .into_list()
        .into_iter()
        .map(|(target, raw)| {
            let mut cut = Vec::new();
            for text in views(target.kind, &raw) {
                cut.extend(windows(target.kind, &text));
            }
            Prepared { target, windows: cut }
        })
        .collect()
}

/// The normalised forms of a text that need a model.
fn views(kind: TargetKind, raw: &[u8]) -> Vec<Vec<u8>> {
    let decoded = match kind {
        TargetKind::Path => raw.split(|byte| *byte == b'/').filter_map(decoded_base64).collect(),
        _ => {
            let unescaped: Vec<u8> = percent_encoding::percent_decode(raw).collect();
            decoded_base64(&unescaped).into_iter().collect::<Vec<_>>()
        }
    };
    let safe = if kind == TargetKind::Path { is_safe_path } else { is_safe };
    let mut texts = vec![normalise(raw)];
    texts.extend(decoded.iter().map(|text| normalise(text)));
    texts.retain(|text| !safe(text));
    texts
}
