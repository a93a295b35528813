//! Why a storage could not be opened, and what an operator can do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a storage could not be opened. Texts name the place and a remedy, never a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The folder or file cannot be made or opened.
    #[error(
        "cannot open the store {path}: {source}; give the filter's user write permission there or set another storage.path"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no SQLite database, or a damaged one.
    #[error(
        "{path} is not a readable SQLite database ({reason}); move it away to start with an empty store, or put a back-up in its place"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The file is a SQLite database of another program.
    #[error("{path} is a database of another program; set storage.path to a file of its own for Portcullis")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer Portcullis (schema {found}, this one knows {known}); run that version or set another storage.path"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Newest schema known here.
        known: i64,
    },
    /// SQLite failed on a sound file.
    #[error("cannot open the store {path}: {reason}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The connection string cannot be used.
    #[error("the MongoDB connection string is not valid: {reason}; correct storage.uri or MONGO_URI")]
    Uri {
        /// What is wrong with it.
        reason: String,
    },
    /// The server does not answer.
    #[error(
        "MongoDB at {server} did not answer within {timeout:?} ({reason}); start it, correct storage.uri or MONGO_URI, or set storage.on_unreachable = \"start\" to run without it until it comes"
    )]
    Unreachable {
        /// The connection string without its password.
        server: String,
        /// How long was waited.
        timeout: Duration,
        /// What the driver said.
        reason: String,
    },
    /// The server does not let us in.
    #[error(
        "MongoDB at {server} refused the login ({reason}); check user, password and authSource in storage.uri or MONGO_URI"
    )]
    Login {
        /// The connection string without its password.
        server: String,
        /// What the server said.
        reason: String,
    },
    /// The collection holds several documents of one key, so that no unique index can be made.
    #[error(
        "collection {collection} holds several documents with the same {field} ({reason}); remove the doubles, keeping one each, and start again"
    )]
    Duplicates {
        /// The collection.
        collection: &'static str,
        /// The field that must be unique.
        field: &'static str,
        /// What the server said; it names a value that stands twice.
        reason: String,
    },
    /// The user may not make indexes.
    #[error(
        "the user of storage.uri may not create indexes ({reason}); give it the readWrite role on the database, or create them yourself and set storage.manage_indexes = false: {missing}"
    )]
    IndexForbidden {
        /// All of them, as typed in the shell.
        missing: String,
        /// What the server said.
        reason: String,
    },
    /// An index on the same fields is there with other options.
    #[error(
        "collection {collection} has an index on {keys} that does not serve ({reason}); drop it and start again, or replace it by: {wanted}"
    )]
    IndexConflict {
        /// The collection.
        collection: &'static str,
        /// The fields.
        keys: String,
        /// The index that is needed, as typed in the shell.
        wanted: String,
        /// What the server said; it names the index.
        reason: String,
    },
    /// The database was written by a newer version.
    #[error(
        "the database at {server} was written by a newer Portcullis (schema {found}, this one knows {known}); run that version or set another storage.database"
    )]
    NewerDatabase {
        /// The connection string without its password.
        server: String,
        /// Schema of the database.
        found: u64,
        /// Newest schema known here.
        known: u64,
    },
    /// An index could not be made.
    #[error(
        "cannot make an index on {collection} ({reason}); the user of storage.uri needs the readWrite role on the database"
    )]
    Index {
        /// The collection.
        collection: &'static str,
        /// What the server said.
        reason: String,
    },
}
