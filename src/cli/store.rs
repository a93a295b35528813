//! The configured store, for commands that work on it beside the filter or without one.

use std::path::PathBuf;

use super::Failure;
use crate::app::{BuildError, SourcedFault};
use crate::config::Config;
use crate::storage::{Storage, StorageKind};

/// Configuration and store; with `existing` a store that is not there yet is a fault. `flags` win over the file.
pub(super) async fn open(
    file: Option<PathBuf>,
    mut flags: Vec<(&'static str, &'static str, String)>,
    existing: bool,
) -> Result<(Config, Storage), Failure> {
    // What stands behind the filter is of no interest here, and the file need not say.
    flags.push(("proxy", "upstream", "127.0.0.1:1".to_owned()));
    let (sources, name) = super::run::sources(file, flags);
    let (config, faults) = Config::read(&sources);
    if !faults.is_empty() {
        let sourced = |fault| SourcedFault { source: name.clone(), fault };
        return Err(Failure::Usage(BuildError(faults.into_iter().map(sourced).collect()).into()));
    }
    if let StorageKind::Embedded { path, .. } = &config.storage.kind
        && existing
        && !path.exists()
    {
        let problem =
            anyhow::anyhow!("{}: there is no store; name the filter's --config or --data-dir", path.display());
        return Err(Failure::Usage(problem));
    }
    let storage = Storage::open(&config.storage).await.map_err(|error| Failure::Usage(error.into()))?;
    Ok((config, storage))
}
