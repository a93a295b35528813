//! Why a spool could not be opened.

use std::io;
use std::path::PathBuf;

/// Why a spool could not be opened, and what an operator can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The folder cannot be made, read or written.
    #[error(
        "cannot use the spool {folder}: {source}; give the filter's user write permission there or set another data_dir"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process has it.
    #[error("the spool {folder} is in use by another filter; give each filter a data_dir of its own")]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
}
