//! What is wrong with a model as it lies on disk.

use std::fmt;
use std::path::{Path, PathBuf};

/// One fault that keeps a model from being used: where it is and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFault {
    /// The file at fault.
    pub file: PathBuf,
    /// The key of the manifest at fault; empty when it is the file as a whole.
    pub key: String,
    /// What is wrong, and what is allowed or what to do.
    pub problem: String,
}

impl ModelFault {
    /// A fault of a whole file.
    pub(super) fn of_file(file: &Path, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), key: String::new(), problem: problem.into() }
    }

    /// A fault of one key.
    pub(super) fn of_key(file: &Path, key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), key: key.into(), problem: problem.into() }
    }
}

impl fmt::Display for ModelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ModelFault {}
