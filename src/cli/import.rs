//! `portcullis import`: what others recorded, into the store.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::{Failure, progress, store};
use crate::app;
use crate::behaviour::{Judge, Thresholds, names_of};
use crate::config::Config;
use crate::dataset::import::{Fault, Fields, Importer, Item, Reader, Report, Terms};
use crate::metrics::Metrics;
use crate::time::Timestamp;

/// Entries that a thread hands over at once, and how many such chunks it reads ahead.
const CHUNK: usize = 256;
const CHUNKS_AHEAD: usize = 4;

/// Reads access logs (common and combined, of nginx and Apache; JSON lines of nginx, Caddy, Traefik and others) and the
/// predecessor's collections httplogs, clientips and sesfeatures (JSON lines or arrays of mongoexport, BSON of
/// mongodump), plain or in gzip, into the configured store. Each entry tells what it is.
///
/// Requests are cut into visits by the configured gap and cap and their own time stamps; those that name their visit
/// keep it. Importing twice doubles nothing, and nothing imported ever bans. What cannot be read is counted and told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file: which store, where visits end, which bodies are kept.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded store lies (`data_dir`).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Have the behaviour model judge the visits at once; else they stand as newSession.
    #[arg(long)]
    judge: bool,
    /// Which bodies of the predecessor's requests are kept, redacted: off, findings, redacted (`activity.bodies`).
    #[arg(long)]
    bodies: Option<String>,
    /// Where a field of JSON logs stands, such as address=client.ip; a dot leads into an object. Repeat for more.
    #[arg(long = "field", value_name = "NAME=KEY")]
    fields: Vec<String>,
    /// What to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let fields = Fields::parse(&args.fields).map_err(|problem| Failure::Usage(anyhow!("--field: {problem}")))?;
    let is_stdin = |file: &PathBuf| file.as_os_str() == "-";
    for file in args.files.iter().filter(|file| !is_stdin(file)) {
        File::open(file).with_context(|| format!("{}: cannot be read", file.display())).map_err(Failure::Usage)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let flags = [("", "data_dir", args.data_dir.clone()), ("activity", "bodies", args.bodies.clone())];
        let flags = flags.into_iter().filter_map(|(section, key, value)| Some((section, key, value?))).collect();
        let (config, storage) = store::open(args.config.clone(), flags, false).await?;
        let terms = Terms { fields, bodies: config.activity.bodies, clients: config.client.clone() };
        let mut importer = Importer::new(storage, judge(&args, &config)?, &config.session, config.logins.clone());
        let sizes = args.files.iter().map(|file| file.metadata().ok().filter(|m| m.is_file()).map(|m| m.len()));
        let bar = progress::of_bytes(sizes.sum());
        for file in args.files {
            let name = file.display().to_string();
            let mut chunks = read_ahead(file, terms.clone(), &bar);
            while let Some(chunk) = chunks.recv().await {
                for entry in chunk.with_context(|| name.clone()).map_err(Failure::Usage)? {
                    importer.take(&name, entry).await?;
                }
            }
        }
        let report = importer.finish().await?;
        bar.finish_and_clear();
        println!("{report}");
        warn_of_age(&report, &config);
        match report.refused {
            refused if refused > 0 && refused == report.read => {
                Err(Failure::Usage(anyhow!("nothing could be read; is this an access log or a collection?")))
            }
            _ => Ok(()),
        }
    })
}

fn judge(args: &Args, config: &Config) -> Result<Judge, Failure> {
    let metrics = Metrics::new()?;
    let mut judge = Judge {
        classifier: None,
        thresholds: Thresholds::NEVER,
        custom: names_of(&config.features),
        metrics: metrics.behaviour.clone(),
    };
    if args.judge {
        let name = args.config.as_ref().map_or_else(|| "command line".to_owned(), |file| file.display().to_string());
        let models = app::models(config, &name, &metrics).map_err(|error| Failure::Usage(error.into()))?;
        judge.classifier = Some(models.behaviour);
        judge.thresholds = models.behaviour_thresholds;
    }
    Ok(judge)
}

type Chunk = Vec<Result<Item, Fault>>;

/// Reads a file on a thread of its own, so many entries ahead and no more.
fn read_ahead(file: PathBuf, terms: Terms, bar: &ProgressBar) -> mpsc::Receiver<anyhow::Result<Chunk>> {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let bar = bar.clone();
    std::thread::spawn(move || {
        let input = || -> anyhow::Result<Box<dyn Read>> {
            Ok(if file.as_os_str() == "-" { Box::new(stdin()) } else { Box::new(File::open(&file)?) })
        };
        let mut entries = match input().and_then(|input| Ok(Reader::new(bar.wrap_read(input), terms)?)) {
            Ok(entries) => entries,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        loop {
            let chunk: Chunk = entries.by_ref().take(CHUNK).collect();
            // An error of sending means that the other side has ended with a fault.
            if chunk.is_empty() || sender.blocking_send(Ok(chunk)).is_err() {
                return;
            }
        }
    });
    chunks
}

/// The filter removes what is older than its retention: said now, not found out tomorrow.
fn warn_of_age(report: &Report, config: &Config) {
    let retention = config.activity.retention;
    let Some(oldest) =
        report.oldest.filter(|oldest| !retention.is_zero() && Timestamp::now().since(*oldest) > retention)
    else {
        return;
    };
    eprintln!(
        "portcullis: requests from {oldest} on were imported; the filter removes what is older than activity.retention \
         ({}): raise it, or set it to \"0s\", before the filter starts",
        humantime::format_duration(retention)
    );
}
