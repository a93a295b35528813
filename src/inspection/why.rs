//! Which part of a text carried the decision: its pieces are masked one after another, and the model is asked again.
//!
//! Only for texts over the threshold and longer than an excerpt, so requests that pass pay nothing.

use super::excerpt::{excerpt_at, telling_start};
use super::{AttackClass, EncodedText, Finding, MAX_EXCERPT_BYTES, PayloadClassifier};

/// Findings of an inspection that are explained so, the gravest first; the others show their first telling part.
const MAX_EXPLAINED: usize = 2;
/// Bytes of a piece; windows have at most 16 of them.
const PIECE_BYTES: usize = 16;
/// Fall of the score, summed over an excerpt, below which no part carries the decision more than others.
const LEAST_FALL: f32 = 0.01;

/// A finding by its index, the window it rests on and what the model said of it.
pub(super) struct Suspected {
    pub(super) finding: usize,
    pub(super) window: EncodedText,
    pub(super) score: f32,
    pub(super) class: AttackClass,
}

/// Sets the excerpts of these findings; returns how many texts the model was asked for.
///
/// Where the model does not answer, the first telling part is shown: an explanation is worth no failure.
pub(super) async fn explain(
    classifier: &dyn PayloadClassifier,
    mut suspected: Vec<Suspected>,
    findings: &mut [Finding],
) -> usize {
    suspected.sort_by(|left, right| right.score.total_cmp(&left.score));
    let is_long = |one: &&Suspected| {
        one.window.bytes().len() > MAX_EXCERPT_BYTES
            && findings.get(one.finding).is_some_and(|finding| !finding.target.is_secret())
    };
    let explained: Vec<&Suspected> = suspected.iter().filter(is_long).take(MAX_EXPLAINED).collect();
    let texts: Vec<EncodedText> = explained.iter().flat_map(|one| masked(&one.window)).collect();
    let asked = texts.len();
    let mut scores = Vec::new();
    if asked > 0 {
        scores = classifier.classify(texts).await.ok().filter(|scores| scores.len() == asked).unwrap_or_default();
    }
    let mut starts = vec![None; findings.len()];
    let mut rest = scores.as_slice();
    for one in explained {
        let pieces = one.window.bytes().len().div_ceil(PIECE_BYTES);
        let Some((own, after)) = rest.split_at_checked(pieces) else { break };
        rest = after;
        // A text that turns into another class has lost what made it this one.
        let fall = |score: &super::Score| if score.class == one.class { one.score - score.attack } else { one.score };
        let falls: Vec<f32> = own.iter().map(fall).collect();
        starts[one.finding] = heaviest(&falls);
    }
    for one in &suspected {
        let Some(finding) = findings.get_mut(one.finding) else { continue };
        let start = starts[one.finding].unwrap_or_else(|| telling_start(one.window.bytes()));
        finding.excerpt = excerpt_at(&finding.target, one.window.bytes(), start);
    }
    asked
}

/// The window with each of its pieces blanked in turn.
fn masked(window: &EncodedText) -> impl Iterator<Item = EncodedText> + '_ {
    let length = window.bytes().len();
    (0..length).step_by(PIECE_BYTES).map(move |start| {
        let mut bytes = window.bytes().to_vec();
        bytes[start..length.min(start + PIECE_BYTES)].fill(b' ');
        window.with_bytes(bytes)
    })
}

/// Where the excerpt begins whose masking costs most; `None` where none stands out.
fn heaviest(falls: &[f32]) -> Option<usize> {
    let length = (MAX_EXCERPT_BYTES / PIECE_BYTES).min(falls.len()).max(1);
    let sum = |pieces: &[f32]| pieces.iter().map(|fall| fall.max(0.0)).sum::<f32>();
    let sums = falls.windows(length).map(sum).enumerate();
    // Of equally heavy ones the first.
    let (at, fall) = sums.fold((0, 0.0), |best, next| if next.1 > best.1 + f32::EPSILON { next } else { best });
    (fall >= LEAST_FALL).then_some(at * PIECE_BYTES)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::inspection::{ClassifierError, Context, Score, Suspicion, Target, TargetKind, Window};

    /// Scores by whether `evil` is there; fails on more than it may be asked.
    struct Word(usize);

    #[async_trait]
    impl PayloadClassifier for Word {
        async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
            if texts.len() > self.0 {
                return Err(ClassifierError::Saturated);
            }
            let has = |text: &EncodedText| text.bytes().windows(4).any(|part| part == b"evil");
            let attack = |text: &EncodedText| if has(text) { 0.9 } else { 0.1 };
            Ok(texts.iter().map(|text| Score { attack: attack(text), class: AttackClass::Xss }).collect())
        }
    }

    async fn explained(name: &str, text: &str, may_ask: usize) -> (String, usize) {
        let target = Target { kind: TargetKind::QueryValue, name: name.to_owned() };
        let window = Window::all(target.kind, Context::default(), text.as_bytes()).next().unwrap().to_owned();
        let suspicion = Suspicion::Attack { class: AttackClass::Xss, score: 0.9 };
        let mut findings = [Finding { target, suspicion, excerpt: String::new() }];
        let suspected = vec![Suspected { finding: 0, window, score: 0.9, class: AttackClass::Xss }];
        let asked = explain(&Word(may_ask), suspected, &mut findings).await;
        (findings[0].excerpt.clone(), asked)
    }

    #[tokio::test]
    async fn the_part_without_which_the_score_falls_is_shown() {
        let text = format!("it's (a) \"<quoted>\" {} so evil that {}", "word ".repeat(22), "word ".repeat(12));
        let (excerpt, asked) = explained("q", &text, 16).await;
        assert!(excerpt.contains("evil") && excerpt.len() <= MAX_EXCERPT_BYTES, "{excerpt}");
        assert!(asked <= 16);
        let (excerpt, _) = explained("q", &text, 0).await;
        assert!(excerpt.starts_with("it's (a)"), "without an answer the first telling part: {excerpt}");
        assert_eq!(explained("q", "short evil <x>", 0).await, ("short evil <x>".to_owned(), 0));
        assert_eq!(explained("pwdA", &text, 16).await, (String::new(), 0));
    }

    #[tokio::test]
    async fn a_secret_before_the_part_is_not_shown() {
        let text = format!("{} password=aaaaaaaaaaaaaaaaaaaaaaaaaa evil {}", "word ".repeat(20), "word ".repeat(12));
        assert_eq!(explained("q", &text, 16).await.0, "");
    }

    #[test]
    fn the_heaviest_stretch_wins() {
        assert_eq!(heaviest(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.4, 0.0]), Some(3 * PIECE_BYTES));
        assert_eq!(heaviest(&[0.001; 8]), None);
        assert_eq!(heaviest(&[-1.0, -1.0, -1.0, -1.0, 0.5]), Some(PIECE_BYTES));
    }
}
