//! `portcullis eval`: how well the filter does on labelled rows.

use std::fs::File;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use serde_json::json;
use tokio::sync::mpsc;

use super::{Failure, progress};
use crate::app::dry_run::DryRun;
use crate::app::{self};
use crate::config::Config;
use crate::dataset::evaluation::{Decision, Outcome, SetReport, to_json, to_svg, write_tables};
use crate::dataset::{BadRow, Defaults, LabelledRow, NORM, rows};
use crate::inspection::{AttackClass, Place};
use crate::model::Sensitivity;

/// Rows that are handed to a core at once.
const CHUNK: usize = 32;
/// Chunks read ahead, and chunks under way, for each core.
const CHUNKS_A_CORE: usize = 2;

/// Runs labelled rows through the inspection and prints, for each file and source, how many of each label are refused,
/// with Wilson's 95 % intervals, and the confusion matrix.
///
/// A file holds JSON lines with `text`, `label` and, where present, `where` and `source` (or `raw` or `raw_b64`, a
/// whole request), a CSV with HttpParams' columns, or raw HTTP requests one after the other; each plain or in gzip.
/// Its first bytes tell which. Exit code 64 where a row cannot be read, 1 where the model fails on one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file: models, sensitivity.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// low, medium or high (`inspection.sensitivity`).
    #[arg(long)]
    sensitivity: Option<String>,
    /// Where a text stands that does not say: query, body, header, path, value.
    #[arg(long = "where", value_name = "PLACE", default_value = "value")]
    place: String,
    /// The key of JSON lines by which rows are grouped.
    #[arg(long, value_name = "KEY", default_value = "source")]
    by: String,
    /// Count rows that cannot be read instead of ending at the first.
    #[arg(long)]
    lenient: bool,
    /// Write JSON in place of tables.
    #[arg(long)]
    json: bool,
    /// Write a picture too: ROC curves, and bars by source.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// What to read; `-` is standard input. LABEL=FILE gives rows without a label this one, such as norm=FILE.
    #[arg(required = true, value_name = "[LABEL=]FILE")]
    files: Vec<String>,
}

/// A file to read.
struct Set {
    name: String,
    label: Option<String>,
    path: PathBuf,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let sets: Vec<Set> = args.files.iter().map(|argument| Set::of(argument)).collect();
    let place = Place::parse(&args.place)
        .ok_or_else(|| Failure::Usage(anyhow!("--where: expected query, body, header, path or value")))?;
    sets.iter().try_for_each(Set::check).map_err(Failure::Usage)?;
    let (dry_run, sensitivity) = dry_run(&args)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(cores).enable_all().build()?;
    let bar = progress::of_bytes(sets.iter().map(Set::bytes).sum());
    let mut reports = Vec::new();
    for set in sets {
        let defaults = Defaults {
            label: set.label.clone(),
            place,
            place_name: args.place.clone(),
            source: Path::new(&set.name).file_name().unwrap_or_default().to_string_lossy().into_owned(),
            source_key: args.by.clone(),
        };
        let reader = read_ahead(set, defaults, &bar, cores);
        reports.push(runtime.block_on(evaluate(reader, &dry_run, args.lenient, cores))?);
    }
    bar.finish_and_clear();
    report(&args, sensitivity, &reports)
}

fn dry_run(args: &Args) -> Result<(Arc<DryRun>, Sensitivity), Failure> {
    let mut flags = vec![
        ("proxy", "upstream", "127.0.0.1:1".to_owned()),
        // Quality is measured here; all cores are busy, and a late answer is an answer.
        ("model", "deadline", "60s".to_owned()),
    ];
    flags.extend(args.sensitivity.clone().map(|sensitivity| ("inspection", "sensitivity", sensitivity)));
    let (sources, name) = super::run::sources(args.config.clone(), flags);
    let (config, faults) = Config::read(&sources);
    let sensitivity = config.inspection.sensitivity;
    let dry_run = app::dry_run(&config, &name, faults).map_err(|error| Failure::Usage(error.into()))?;
    Ok((Arc::new(dry_run), sensitivity))
}

impl Set {
    /// `LABEL=FILE` or `FILE`; a file that has such a name as a whole is that file.
    fn of(argument: &str) -> Self {
        let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match argument.split_once('=').filter(|(label, _)| is_label(label) && !Path::new(argument).exists()) {
            Some((label, path)) => {
                Self { name: path.to_owned(), label: Some(label.to_owned()), path: PathBuf::from(path) }
            }
            None => Self { name: argument.to_owned(), label: None, path: PathBuf::from(argument) },
        }
    }

    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// Whether the label is one that is known and the file can be opened: better at once than after an hour.
    fn check(&self) -> anyhow::Result<()> {
        if let Some(label) = &self.label {
            let known = label == NORM || label.starts_with("attack") || AttackClass::parse(label).is_some();
            anyhow::ensure!(known, "{label}={}: expected norm, a class of attack, or attack-other", self.name);
        }
        if !self.is_stdin() {
            File::open(&self.path).with_context(|| format!("{}: cannot be read", self.name))?;
        }
        Ok(())
    }

    fn bytes(&self) -> Option<u64> {
        std::fs::metadata(&self.path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    fn open(&self) -> anyhow::Result<Box<dyn Read>> {
        if self.is_stdin() {
            return Ok(Box::new(stdin()));
        }
        Ok(Box::new(File::open(&self.path).with_context(|| format!("{}: cannot be read", self.name))?))
    }
}

type Chunk = Vec<Result<LabelledRow, BadRow>>;

/// A set as a thread reads it: so many chunks ahead, no more.
struct Reader {
    name: String,
    chunks: mpsc::Receiver<anyhow::Result<Chunk>>,
}

fn read_ahead(set: Set, defaults: Defaults, bar: &ProgressBar, cores: usize) -> Reader {
    let (sender, chunks) = mpsc::channel(cores * CHUNKS_A_CORE);
    let (name, bar) = (set.name.clone(), bar.clone());
    std::thread::spawn(move || {
        let opened = set.open().and_then(|file| Ok(rows(bar.wrap_read(file), defaults)?));
        let mut rows = match opened {
            Ok(rows) => rows,
            Err(error) => return drop(sender.blocking_send(Err(error.context(set.name)))),
        };
        loop {
            let chunk: Chunk = rows.by_ref().take(CHUNK).collect();
            // An error of sending means that the other side has ended with a fault.
            if chunk.is_empty() || sender.blocking_send(Ok(chunk)).is_err() {
                return;
            }
        }
    });
    Reader { name, chunks }
}

/// What became of a row: an outcome, or why there is none.
enum Judged {
    Outcome(Outcome),
    Bad(BadRow),
    Failed(String),
}

async fn evaluate(reader: Reader, dry_run: &Arc<DryRun>, lenient: bool, cores: usize) -> Result<SetReport, Failure> {
    let mut report = SetReport::new(reader.name.clone());
    let chunks = stream::unfold(reader.chunks, async |mut chunks| Some((chunks.recv().await?, chunks)));
    let judging = chunks.map(|chunk| {
        let dry_run = Arc::clone(dry_run);
        async move {
            match chunk {
                Ok(chunk) => Ok(tokio::spawn(async move { judge(&dry_run, chunk).await }).await?),
                Err(error) => Err(error),
            }
        }
    });
    let mut judging = std::pin::pin!(judging.buffered(cores * CHUNKS_A_CORE));
    while let Some(judged) = judging.next().await {
        for judged in judged.map_err(Failure::Usage)? {
            match judged {
                Judged::Outcome(outcome) => report.count(outcome),
                Judged::Bad(bad) if lenient => report.note_bad(bad),
                Judged::Bad(bad) => {
                    let hint = "--lenient counts such rows and goes on";
                    return Err(Failure::Usage(anyhow!("{}: {bad} ({hint})", report.name)));
                }
                Judged::Failed(problem) => report.note_failed(problem),
            }
        }
    }
    Ok(report)
}

async fn judge(dry_run: &DryRun, chunk: Chunk) -> Vec<Judged> {
    let mut judged = Vec::with_capacity(chunk.len());
    for row in chunk {
        judged.push(match row {
            Ok(row) => judge_row(dry_run, row).await,
            Err(bad) => Judged::Bad(bad),
        });
    }
    judged
}

async fn judge_row(dry_run: &DryRun, row: LabelledRow) -> Judged {
    match super::classify::inspect(dry_run.inspector(), &row.sample).await {
        Ok(inspection) => {
            let verdict = dry_run.verdict(&inspection);
            let decision = match verdict.reason() {
                None => Decision::Allowed,
                Some(_) if !verdict.is_refusal() => Decision::Flagged,
                Some(_) => Decision::Refused(dry_run.refused_as(&inspection)),
            };
            let score = inspection.score.unwrap_or(0.0);
            Judged::Outcome(Outcome { label: row.label, source: row.source, score, decision })
        }
        Err(error) => Judged::Failed(format!("{error:#}")),
    }
}

fn report(args: &Args, sensitivity: Sensitivity, sets: &[SetReport]) -> Result<(), Failure> {
    let all = SetReport::joined(sets);
    if let Some(path) = &args.plot {
        let names: Vec<&str> = sets.iter().map(|set| set.name.rsplit('/').next().unwrap_or(&set.name)).collect();
        let caption = format!("portcullis eval, sensitivity {}: {}", sensitivity.as_str(), names.join(", "));
        std::fs::write(path, to_svg(sets, &all, &caption)).with_context(|| path.display().to_string())?;
    }
    let mut out = stdout().lock();
    if args.json {
        let objects: Vec<_> = sets.iter().map(to_json).collect();
        writeln!(out, "{}", json!({ "sensitivity": sensitivity.as_str(), "sets": objects, "all": to_json(&all) }))?;
    } else {
        writeln!(out, "sensitivity {}\n", sensitivity.as_str())?;
        sets.iter().try_for_each(|set| write_tables(set, &mut out))?;
        if sets.len() > 1 {
            write_tables(&all, &mut out)?;
        }
    }
    match all.failed {
        0 => Ok(()),
        failed => Err(anyhow!("the model failed on {failed} rows; what is above is of the others").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_stand_before_a_file() {
        let set = Set::of("norm=a/b=c.txt.gz");
        assert_eq!((set.label.as_deref(), set.name.as_str()), (Some("norm"), "a/b=c.txt.gz"));
        for plain in ["a/b=c.txt", "a.jsonl", "-", "=x"] {
            let set = Set::of(plain);
            assert_eq!((set.label, set.name.as_str()), (None, plain));
        }
        assert!(Set::of("noorm=Cargo.toml").check().unwrap_err().to_string().contains("attack-other"));
        assert!(Set::of("attack-other=Cargo.toml").check().is_ok());
        assert!(Set::of("nowhere.jsonl").check().unwrap_err().to_string().contains("nowhere.jsonl"));
    }
}
