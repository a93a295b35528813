//! What a head or a body holds once it is taken apart, and what is left to ask about it once that is screened.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use super::{EncodedText, Field, Malformed, PayloadClassifier, Reading, Target, Targets, Window, read};

/// Windows that a thread has to screen at least for another to help it: some 96 KiB of text, 2 to 4 ms.
const WINDOWS_OF_A_THREAD: usize = 512;
/// Bytes that a thread has to normalise at least for another to help it: 1 ms.
const BYTES_OF_A_THREAD: usize = 96 * 1_024;

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
        Self { texts: read(&fields, rounds), malformed }
    }

    /// Normalised by this thread and, where there is much, by others beside it, `threads` in all at most. Blocks.
    pub(super) fn of_by(threads: usize, targets: Targets, rounds: usize) -> Self {
        let (fields, malformed) = targets.into_parts();
        let bytes: usize = fields.iter().map(|field| field.value.len()).sum();
        let pieces = cut(&fields, (bytes / BYTES_OF_A_THREAD).clamp(1, threads.max(1)), bytes);
        let texts = in_pieces(pieces.len(), |piece| read(pieces[piece], rounds));
        Self { texts: texts.into_iter().flatten().collect(), malformed }
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
        let mut answers = in_pieces(pieces, screen).into_iter().flatten();
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

/// The fields in at most so many pieces, in order: each stands in the piece in which the middle of its bytes falls.
fn cut(fields: &[Field], pieces: usize, bytes: usize) -> Vec<&[Field]> {
    let mut found = Vec::with_capacity(pieces);
    let (mut start, mut current, mut before) = (0, 0, 0);
    for (at, field) in fields.iter().enumerate() {
        let piece = (2 * before + field.value.len()) * pieces / (2 * bytes).max(1);
        if piece != current && at > start {
            found.push(&fields[start..at]);
            start = at;
        }
        current = piece;
        before += field.value.len();
    }
    found.push(&fields[start..]);
    found
}

/// What `work` makes of each piece, in order: of the first on this thread, of the others beside it. Blocks.
fn in_pieces<T: Send>(pieces: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let helped = |piece| thread::Builder::new().spawn_scoped(scope, move || work(piece));
        let helpers: Vec<_> = (1..pieces).map(helped).collect();
        let first = (pieces > 0).then(|| work(0));
        // Where there is no thread to have, this one does its part.
        let others = helpers.into_iter().zip(1..).map(|(helper, piece)| match helper {
            Ok(helper) => helper.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => work(piece),
        });
        first.into_iter().chain(others).collect()
    })
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

    #[test]
    fn normalised_in_pieces_is_what_it_is_at_once() {
        for lengths in [&[][..], &[700_000], &[90_000; 9], &[1, 400_000, 1, 1], &[3; 5], &[200_000, 1, 1, 300_000]] {
            let mut targets = Targets::new(10);
            for (number, length) in lengths.iter().enumerate() {
                let text: String = format!("{number} %41b%20").chars().cycle().take(*length).collect();
                targets.push(TargetKind::BodyValue, number.to_string().as_bytes(), text);
            }
            let whole = Readings::of(targets.clone(), 4).texts;
            assert!(whole.len() >= lengths.len());
            for threads in [0, 1, 2, 4, 7] {
                assert_eq!(Readings::of_by(threads, targets.clone(), 4).texts, whole, "{lengths:?}, {threads}");
            }
        }
    }

    #[test]
    fn pieces_hold_about_as_many_bytes_each() {
        let sizes = |lengths: &[usize], pieces| {
            let field = |length: &usize| Field {
                target: Target { kind: TargetKind::BodyValue, name: String::new() },
                value: vec![b'x'; *length],
            };
            let fields: Vec<_> = lengths.iter().map(field).collect();
            cut(&fields, pieces, lengths.iter().sum()).into_iter().map(<[Field]>::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[5; 8], 2), [4, 4]);
        assert_eq!(sizes(&[1, 1, 1, 9], 2), [3, 1]);
        assert_eq!(sizes(&[9, 1, 1, 9], 2), [2, 2]);
        assert_eq!(sizes(&[40, 1, 1], 4), [1, 2]);
        assert_eq!(sizes(&[7], 4), [1]);
        assert_eq!(sizes(&[], 1), [0]);
    }
}
