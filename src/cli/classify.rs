//! `portcullis classify`: what the filter would make of texts.

use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::{Map, Value, json};

use super::Failure;
use crate::app::dry_run::DryRun;
use crate::app::{self, BuildError};
use crate::config::Config;
use crate::dataset::{Sample, object};
use crate::inspection::{Finding, Inspection, Inspector, Suspicion};
use crate::policy::Verdict;

/// Reads `{"text": …, "where": "query|body|header|path|value"}`, `{"raw": …}` or `{"raw_b64": …}` (a whole request) a
/// line from standard input and writes the same object with `label` (`norm` or the class of attack), `score`
/// (probability of attack, 0 to 1) and `verdict` (`allow`, `flag` or `refuse`). A line that cannot be read or judged is
/// answered with `error`; the exit code then is 1.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file: models, sensitivity.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Adds `findings` to each answer: `target`, `class`, `score` and `excerpt`, the part that carried the decision (or
    /// `malformed`, what the text is not).
    #[arg(long)]
    explain: bool,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let dry_run = dry_run(args.config).map_err(|error| Failure::Usage(error.into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let judge = |inspection: &Inspection| dry_run.verdict(inspection);
    let (input, output) = (stdin().lock(), BufWriter::new(stdout().lock()));
    match runtime.block_on(classify_lines(dry_run.inspector(), judge, args.explain, input, output))? {
        0 => Ok(()),
        bad => Err(anyhow!("{bad} lines could not be read or judged; each has an `error` in the output").into()),
    }
}

fn dry_run(file: Option<PathBuf>) -> Result<DryRun, BuildError> {
    // What stands behind the filter is of no interest here, and the file need not say.
    let upstream = ("proxy", "upstream", "127.0.0.1:1".to_owned());
    let (sources, name) = super::run::sources(file, vec![upstream]);
    let (config, faults) = Config::read(&sources);
    app::dry_run(&config, &name, faults)
}

/// Answers each line with one line, at once; returns how many lines have an `error`.
async fn classify_lines(
    inspector: &Inspector,
    judge: impl Fn(&Inspection) -> Verdict,
    explain: bool,
    mut input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<usize> {
    let mut bad = 0;
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            let answer = match object(&line) {
                Ok(object) => classified(inspector, &judge, explain, object).await,
                Err(error) => error,
            };
            bad += usize::from(answer.contains_key("error"));
            serde_json::to_writer(&mut output, &answer)?;
            output.write_all(b"\n")?;
            // A program at the other end may wait for this answer before it sends the next line.
            output.flush()?;
        }
        line.clear();
    }
    Ok(bad)
}

async fn classified(
    inspector: &Inspector,
    judge: &impl Fn(&Inspection) -> Verdict,
    explain: bool,
    mut object: Map<String, Value>,
) -> Map<String, Value> {
    object.remove("error");
    let inspection = match Sample::read(&object) {
        Ok(sample) => inspect(inspector, &sample).await,
        Err(error) => Err(error),
    };
    match inspection {
        Ok(inspection) => {
            object.extend(described(&inspection, judge(&inspection)));
            if explain {
                let findings: Vec<Value> = inspection.findings.0.iter().map(explained).collect();
                object.insert("findings".to_owned(), findings.into());
            }
        }
        Err(error) => _ = object.insert("error".to_owned(), format!("{error:#}").into()),
    }
    object
}

/// What the filter finds in a sample.
pub(super) async fn inspect(inspector: &Inspector, sample: &Sample) -> anyhow::Result<Inspection> {
    match sample {
        Sample::Text { place, text } => Ok(inspector.inspect_place(*place, text.as_bytes()).await?),
        Sample::Request(request) => {
            let mut inspection = inspector.inspect(&request.head()).await?;
            if !request.body.is_empty() {
                inspection.merge(inspector.inspect_body_of(request.body_head(), &request.body, false).await?);
            }
            Ok(inspection)
        }
    }
}

/// The keys added to a line. A malformed text without an attack in it is `norm`, though it may be flagged.
fn described(inspection: &Inspection, verdict: Verdict) -> [(String, Value); 3] {
    let is_attack = |suspicion: &Suspicion| matches!(suspicion, Suspicion::Attack { .. });
    let attacked = inspection.findings.0.iter().any(|finding| is_attack(&finding.suspicion));
    let label = inspection.class.filter(|_| attacked).map_or("norm", |class| class.as_str());
    [
        ("label".to_owned(), label.into()),
        ("score".to_owned(), inspection.score.unwrap_or(0.0).into()),
        ("verdict".to_owned(), verdict.as_str().into()),
    ]
}

/// One finding as `--explain` shows it.
fn explained(finding: &Finding) -> Value {
    let target = finding.target.to_string();
    match finding.suspicion {
        Suspicion::Attack { class, score } => {
            json!({ "target": target, "class": class.as_str(), "score": score, "excerpt": finding.excerpt })
        }
        Suspicion::Malformed(fault) => json!({ "target": target, "malformed": fault.as_str() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;

    use super::*;
    use crate::inspection::{AttackClass, ClassifierError, Config, EncodedText, PayloadClassifier, Score};
    use crate::metrics::Metrics;
    use crate::policy::Reason;

    /// Takes quotes for SQL injection, fails on `crash!`.
    struct Quotes;

    #[async_trait]
    impl PayloadClassifier for Quotes {
        async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
            if texts.iter().any(|text| text.bytes() == b"crash!") {
                return Err(ClassifierError::Saturated);
            }
            let attack = |text: &EncodedText| if text.bytes().contains(&b'\'') { 0.75 } else { 0.25 };
            Ok(texts.iter().map(|text| Score { attack: attack(text), class: AttackClass::Sqli }).collect())
        }
    }

    async fn answers(input: &str) -> (usize, Vec<Value>) {
        explained_answers(input, false).await
    }

    async fn explained_answers(input: &str, explain: bool) -> (usize, Vec<Value>) {
        let inspector = Inspector::new(Arc::new(Quotes), Config::default(), Metrics::new().unwrap().inspection);
        let judge = |inspection: &Inspection| match inspection.findings.worst() {
            Some((class, _)) => Verdict::Refuse(Reason::Attack(class)),
            None if inspection.findings.0.is_empty() => Verdict::Allow,
            None => Verdict::Flag(Reason::Malformed),
        };
        let mut output = Vec::new();
        let bad = classify_lines(&inspector, judge, explain, input.as_bytes(), &mut output).await.unwrap();
        (bad, output.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    #[tokio::test]
    async fn answers_each_line() {
        let (bad, lines) = answers(concat!(
            "{\"text\":\"a=b&c=%27+or+1\",\"where\":\"query\",\"id\":1}\n",
            "{\"text\":\"hello\"}\n",
            "{\"text\":\"a=100%\",\"where\":\"query\"}\n",
            "{\"raw\":\"GET /?q=%27%20or%201 HTTP/1.1\\nHost: x\\n\\n\"}",
        ))
        .await;
        assert_eq!(bad, 0);
        let refused = json!({"text": "a=b&c=%27+or+1", "where": "query", "id": 1, "label": "sqli", "score": 0.75, "verdict": "refuse"});
        assert_eq!(lines[0], refused);
        assert_eq!(lines[1], json!({"text": "hello", "label": "norm", "score": 0.0, "verdict": "allow"}));
        assert_eq!((&lines[2]["label"], &lines[2]["verdict"]), (&json!("norm"), &json!("flag")));
        assert_eq!((&lines[3]["label"], &lines[3]["verdict"]), (&json!("sqli"), &json!("refuse")));
    }

    #[tokio::test]
    async fn explains_where_asked_to() {
        let input = format!(
            "{{\"text\":\"a=%zz&c={}%27x{}\",\"where\":\"query\"}}\n{{\"text\":\"hello\"}}\n",
            "word+".repeat(20),
            "+word".repeat(20)
        );
        let (_, lines) = explained_answers(&input, true).await;
        let findings = lines[0]["findings"].as_array().unwrap();
        assert_eq!(findings[0], json!({"target": "query-value a", "malformed": "percent-encoding"}));
        assert_eq!((&findings[1]["target"], &findings[1]["class"]), (&json!("query-value c"), &json!("sqli")));
        let excerpt = findings[1]["excerpt"].as_str().unwrap();
        assert!(excerpt.contains("'x") && excerpt.len() <= 64, "{excerpt}");
        assert_eq!((&findings[1]["score"], &lines[1]["findings"]), (&json!(0.75), &json!([])));
    }

    #[tokio::test]
    async fn marks_what_it_cannot_read_and_goes_on() {
        let (bad, lines) = answers(
            "nonsense\n[]\n{\"text\":\"a\",\"where\":\"moon\"}\n{\"id\":1}\n{\"text\":\"crash!\"}\n{\"text\":\"ok\"}\n",
        )
        .await;
        assert_eq!((bad, lines.len()), (5, 6));
        assert!(lines[..5].iter().all(|line| line["error"].is_string()));
        assert_eq!(lines[5]["verdict"], "allow");
    }
}
