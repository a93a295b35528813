//! The file and its two connections: one writes, one reads pages meanwhile.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{CallError, schema};
use crate::storage::StorageError;

/// How long a call waits for another process (an export, `sqlite3`) that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The write-ahead log is cut back to this many bytes once it was larger.
const JOURNAL_SIZE_LIMIT: i64 = 64 << 20;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 32;

/// Two connections to one file. Calls run on Tokio's blocking threads.
pub(super) struct Database {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
}

impl Database {
    /// Opens the file and brings its schema up to date. Blocks.
    pub(super) fn open(path: &Path) -> Result<Self, StorageError> {
        make_file(path).map_err(|source| StorageError::File { path: path.into(), source })?;
        let writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| refused(path, &error))?;
        schema::check(&writer, path)?;
        let prepare = || {
            writer.pragma_update(None, "journal_mode", "WAL")?;
            writer.pragma_update(None, "synchronous", "NORMAL")?;
            writer.pragma_update(None, "journal_size_limit", JOURNAL_SIZE_LIMIT)?;
            schema::create(&writer)?;
            connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        };
        let reader = prepare().map_err(|error| refused(path, &error))?;
        Ok(Self { writer: Arc::new(Mutex::new(writer)), reader: Arc::new(Mutex::new(reader)) })
    }

    /// Runs `work` on the connection that writes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CallError> {
        run(Arc::clone(&self.writer), work).await
    }

    /// Runs `work` on the connection that reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CallError> {
        run(Arc::clone(&self.reader), work).await
    }
}

async fn run<T: Send + 'static>(
    connection: Arc<Mutex<Connection>>,
    work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, CallError> {
    Ok(tokio::task::spawn_blocking(move || work(&mut connection.lock())).await??)
}

/// Makes folder and file readable by their owner only: they hold who visited what.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    let mut folder = DirBuilder::new();
    let mut file = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder.recursive(true).create(parent)?;
    }
    file.append(true).create(true).open(path).map(drop)
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// What SQLite's refusal at start means to an operator.
pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> StorageError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StorageError::Damaged { path, reason },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StorageError::File { path, source: io::Error::other(reason) }
        }
        _ => StorageError::Sqlite { path, reason },
    }
}
