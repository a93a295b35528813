//! A copy of the file while it is written.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::database::{self, refused};
use super::schema;
use crate::storage::StorageError;

/// Writes one moment's state of the store into a new file; how many bytes it has. Whoever writes to the store is not
/// held up: in WAL mode a reader and a writer do not wait for each other. Blocks.
pub(in crate::storage) fn backup(path: &Path, out: &Path) -> Result<u64, StorageError> {
    let cannot = |path: &Path, source| StorageError::File { path: path.into(), source };
    if !path.is_file() {
        return Err(cannot(path, io::ErrorKind::NotFound.into()));
    }
    if out.exists() {
        return Err(cannot(out, io::Error::new(io::ErrorKind::AlreadyExists, "the file is there already")));
    }
    let connection =
        database::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| refused(path, &error))?;
    schema::check(&connection, path)?;
    // Made beforehand, so that nobody else may read it; SQLite takes an empty file for a new one.
    database::make_file(out).map_err(|source| cannot(out, source))?;
    let copied = connection
        .execute("VACUUM INTO ?", [out.to_string_lossy()])
        .map_err(|error| refused(out, &error))
        .and_then(|_| check(out));
    if copied.is_err() {
        // Half a copy is worse than none.
        let _ = fs::remove_file(out);
    }
    copied?;
    fs::metadata(out).map(|metadata| metadata.len()).map_err(|source| cannot(out, source))
}

/// Whether the copy is sound.
fn check(out: &Path) -> Result<(), StorageError> {
    let read = || {
        let copy = Connection::open_with_flags(out, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        copy.query_row("PRAGMA quick_check", [], |row| row.get::<_, String>(0))
    };
    match read().map_err(|error| refused(out, &error))?.as_str() {
        "ok" => Ok(()),
        reason => Err(StorageError::Damaged { path: out.into(), reason: reason.to_owned() }),
    }
}
