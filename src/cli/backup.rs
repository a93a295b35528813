//! `portcullis backup`: a copy of the embedded store, while the filter runs.

use std::path::PathBuf;

use super::Failure;
use crate::config::Config;
use crate::storage::{self, StorageKind};

/// Which store, and where the copy goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file; without it, defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The copy; a file that must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes one moment's state of the embedded store into a file that can be put in the store's place. The filter goes on
/// meanwhile, and goes on writing.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let (sources, name) = super::run::sources(args.config, Vec::new());
    // The keys at fault may be of no concern here; those of the store are checked by opening it.
    let (config, faults) = Config::read(&sources);
    if let Some(fault) = faults.iter().find(|fault| fault.key.starts_with("storage") || fault.key.is_empty()) {
        return Err(Failure::Usage(anyhow::anyhow!("{name}: {fault}")));
    }
    let StorageKind::Embedded { path, .. } = &config.storage.kind else {
        let text = "storage.kind is \"mongodb\": back it up with mongodump or a snapshot of its volumes";
        return Err(Failure::Usage(anyhow::anyhow!(text)));
    };
    let bytes = storage::backup(path, &args.out)?;
    println!("{}: {bytes} bytes, a copy of {}", args.out.display(), path.display());
    Ok(())
}
