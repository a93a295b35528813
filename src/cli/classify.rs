//! `portcullis classify`: what the filter would make of texts.

use std::io::{BufWriter, stdin, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Failure;
use super::json_lines::{Given, answer_lines};
use crate::app::dry_run::DryRun;
use crate::app::{self, BuildError};
use crate::config::Config;

/// Reads `{"text": …, "where": "query|body|header|path|value"}` a line from standard input (or `raw`, `raw_b64`: a
/// whole request) and writes the same object with `label`, `score` (probability of attack, 0 to 1) and `verdict`
/// (`allow`, `flag`, `refuse`).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file: models, sensitivity, exclusions.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let dry_run = dry_run(args.config).map_err(|error| Failure::Usage(error.into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let judge = |given: Given| {
        let Given { object, targets } = given;
        let inspection = runtime.block_on(dry_run.inspect(targets))?;
        Ok(joined(object, dry_run.describe(&inspection)))
    };
    let bad = answer_lines(stdin().lock(), BufWriter::new(stdout().lock()), judge)?;
    if bad > 0 {
        return Err(anyhow::anyhow!("{bad} lines could not be read; each is marked with `error` in the output").into());
    }
    Ok(())
}

fn dry_run(file: Option<PathBuf>) -> Result<Arc<DryRun>, BuildError> {
    // What stands in front of what is of no interest here, and the file need not say.
    let upstream = ("proxy", "upstream", "127.0.0.1:1".to_owned());
    let (sources, name) = super::run::sources(file, vec![upstream]);
    let (config, faults) = Config::read(&sources);
    app::dry_run(&config, &name, faults).map(Arc::new)
}

fn joined(mut object: Map<String, Value>, judgement: Value) -> Value {
    if let Value::Object(judgement) = judgement {
        object.extend(judgement);
    }
    Value::Object(object)
}
