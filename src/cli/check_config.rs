//! `portcullis check-config`: find every fault before a restart does.

use std::path::PathBuf;

use super::Failure;
use crate::App;
use crate::config::Config;

/// Which configuration to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Checks the configuration, with the environment over it, and the models it names. The store is not contacted.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let (sources, name) = super::run::sources(Some(args.config), Vec::new());
    let (config, faults) = Config::read(&sources);
    App::check(&config, &name, faults).map_err(|error| Failure::Usage(error.into()))?;
    println!("{name}: no fault found");
    Ok(())
}
