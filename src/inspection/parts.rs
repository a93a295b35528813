//! What a head or a body holds once it is taken apart, and what is left to ask about it once that is screened.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use super::{EncodedText, Malformed, PayloadClassifier, Reading, Target, Targets, Window, read};

/// Windows that a thread has to screen at least for another to help it: some 96 KiB of text, 2 to 4 ms.
const WINDOWS_OF_A_THREAD: usize = 512;

/// The normalised texts of a head or a body, and what was malformed in it.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Readings {
    texts: Vec<Reading>,
    malformed: Vec<(Target, Malformed)>,
}

/// What is left of a head or body once it is screened: nothing borrowed.
#[derive(Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) values: Vec<Value>,
    /// Windows that need not be classified.
    pub(super) screened: usize,
    pub(super) malformed: Vec<(Target, Malformed)>,
}

/// What is left to ask about one value.
#[derive(Debug, PartialEq)]
pub(super) struct Value {
    pub(super) target: Target,
    /// Highest probability of attack of those of its windows that need not be classified.
    pub(super) screened: Option<f32>,
    /// The others.
    pub(super) suspects: Vec<EncodedText>,
}

impl Readings {
    /// Normalises what was taken out of a request.
    pub(super) fn of(targets: Targets, rounds: usize) -> Self {
        let (fields, malformed) = targets.into_parts();
        Self { texts: read(fields, rounds), malformed }
    }

    /// All windows, in order.
    fn windows(&self) -> impl Iterator<Item = Window<'_>> {
        self.texts.iter().flat_map(Reading::windows)
    }

    /// What the classifier says ahead of some of the windows.
    fn screen(&self, range: Range<usize>, classifier: &dyn PayloadClassifier) -> Vec<Option<f32>> {
        self.windows().skip(range.start).take(range.len()).map(|window| classifier.screen(&window)).collect()
    }

    /// Screened here and now.
    pub(super) fn screened(self, classifier: &dyn PayloadClassifier) -> Parts {
        self.parts(|window| classifier.screen(window))
    }

    /// Screened by this thread and, of many windows, by others beside it, `threads` in all at most. Blocks.
    pub(super) fn screened_by(self, threads: usize, classifier: &dyn PayloadClassifier) -> Parts {
        let windows = self.windows().count();
        match (windows / WINDOWS_OF_A_THREAD).min(threads) {
            0 | 1 => self.screened(classifier),
            pieces => self.screened_in(pieces, windows, classifier),
        }
    }

    fn screened_in(self, pieces: usize, windows: usize, classifier: &dyn PayloadClassifier) -> Parts {
        let screen = |piece| self.screen(piece * windows / pieces..(piece + 1) * windows / pieces, classifier);
        let answers: Vec<_> = thread::scope(|scope| {
            let helped = |piece| thread::Builder::new().spawn_scoped(scope, move || screen(piece));
            let helpers: Vec<_> = (1..pieces).map(helped).collect();
            let first = screen(0);
            // Where there is no thread to have, this one does its part.
            let others = helpers.into_iter().zip(1..).map(|(helper, piece)| match helper {
                Ok(helper) => helper.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => screen(piece),
            });
            [first].into_iter().chain(others).collect()
        });
        let mut answers = answers.into_iter().flatten();
        self.parts(|_| answers.next().flatten())
    }

    fn parts(self, mut screen: impl FnMut(&Window<'_>) -> Option<f32>) -> Parts {
        let mut parts = Parts { values: Vec::new(), screened: 0, malformed: self.malformed };
        for reading in self.texts {
            let (mut screened, mut suspects) = (None, Vec::new());
            for window in reading.windows() {
                match screen(&window) {
                    Some(probability) => {
                        parts.screened += 1;
                        screened = Some(screened.map_or(probability, |highest: f32| highest.max(probability)));
                    }
                    None => suspects.push(window.to_owned()),
                }
            }
            if screened.is_some() || !suspects.is_empty() {
                parts.values.push(Value { target: reading.target, screened, suspects });
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::inspection::{ClassifierError, Score, TargetKind};

    /// Settles every window without a `!`, by its first byte.
    struct Marks;

    #[async_trait]
    impl PayloadClassifier for Marks {
        fn screen(&self, window: &Window<'_>) -> Option<f32> {
            (!window.bytes().contains(&b'!')).then(|| f32::from(window.bytes()[0]))
        }

        async fn classify(&self, _: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
            Err(ClassifierError::Failed)
        }
    }

    #[test]
    fn screened_in_pieces_is_what_it_is_at_once() {
        let mut targets = Targets::new(3);
        for n in 0..9 {
            targets.push(
                TargetKind::BodyValue,
                b"a",
                format!("{n} is a text; {}! {}", "ab c".repeat(n * 90), "de".repeat(n)),
            );
        }
        targets.push_malformed(TargetKind::BodyValue, b"a", Malformed::Json);
        let readings = Readings::of(targets, 4);
        let windows = readings.windows().count();
        assert!(windows > 20, "{windows}");
        let whole = readings.clone().screened(&Marks);
        assert!(whole.screened > 0 && whole.values.iter().any(|value| !value.suspects.is_empty()));
        for pieces in [1, 2, 3, 7] {
            assert_eq!(readings.clone().screened_in(pieces, windows, &Marks), whole, "{pieces}");
        }
    }
}
