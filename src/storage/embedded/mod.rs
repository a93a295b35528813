//! The embedded store: one SQLite file in WAL mode. Anyone with `sqlite3` can read it.

mod activity;
mod assessments;
mod backup;
mod bans;
mod database;
mod schema;
mod sessions;
mod views;

#[cfg(test)]
mod query_tests;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::StorageError;
pub(super) use backup::backup;
use database::Database;

/// A SQLite file.
pub(super) struct EmbeddedStore {
    database: Database,
    max_bytes: u64,
}

/// A call that failed after the file was opened.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The blocking task was cancelled (the runtime stops) or panicked.
    #[error("the call was not run to its end: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl EmbeddedStore {
    /// Opens the file, making it where it is missing.
    pub(super) async fn open(path: &Path, max_bytes: u64) -> Result<Self, StorageError> {
        let owned = path.to_owned();
        let failed =
            |error: tokio::task::JoinError| StorageError::Sqlite { path: path.into(), reason: error.to_string() };
        let database = tokio::task::spawn_blocking(move || Database::open(&owned)).await.map_err(failed)??;
        Ok(Self { database, max_bytes })
    }
}
