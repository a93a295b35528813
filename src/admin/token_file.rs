//! The file a token is kept in.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{AdminToken, WeakToken};

/// Why a token file gave no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// It cannot be read.
    #[error("cannot read the admin token file {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot create the admin token file {path}", path = path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds no token.
    #[error("the admin token file {path} holds no token", path = path.display())]
    Weak {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WeakToken,
    },
    /// No token could be made.
    #[error("the operating system gives no randomness for an admin token")]
    Randomness(#[source] getrandom::Error),
}

impl AdminToken {
    /// Reads the token of a file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no token.
    pub fn load(path: &Path) -> Result<Self, TokenFileError> {
        let text = fs::read_to_string(path).map_err(|source| TokenFileError::Read { path: path.to_owned(), source })?;
        warn_of_open_mode(path);
        Self::try_from(text).map_err(|source| TokenFileError::Weak { path: path.to_owned(), source })
    }

    /// Reads the token of a file, or makes one and keeps it there, readable by its owner only (mode 0600).
    ///
    /// The flag is true when the token was made now, so that the operator can be told.
    ///
    /// # Errors
    /// When the file can neither be read nor created, or holds no token.
    pub fn load_or_create(path: &Path) -> Result<(Self, bool), TokenFileError> {
        match Self::load(path) {
            Err(TokenFileError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded.map(|token| (token, false)),
        }
        let token = Self::generate().map_err(TokenFileError::Randomness)?;
        write_new(path, token.reveal()).map_err(|source| TokenFileError::Create { path: path.to_owned(), source })?;
        Ok((token, true))
    }
}

/// Writes beside the file and renames, so that a crash leaves no empty token file.
fn write_new(path: &Path, secret: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut draft_name = path.as_os_str().to_owned();
    draft_name.push(".new");
    let draft = PathBuf::from(draft_name);
    if let Err(error) = fs::remove_file(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn warn_of_open_mode(path: &Path) {
    if let Ok(metadata) = fs::metadata(path)
        && metadata.permissions().mode() & 0o077 != 0
    {
        tracing::warn!(path = %path.display(), "the admin token file can be read by other users; chmod 600 it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_once_with_mode_0600_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("admin.token");
        let (made, created) = AdminToken::load_or_create(&path).unwrap();
        assert!(created);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (read, created) = AdminToken::load_or_create(&path).unwrap();
        assert!(!created);
        assert_eq!(read.reveal(), made.reveal());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn an_empty_file_is_refused_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.token");
        fs::write(&path, "\n").unwrap();
        assert!(matches!(AdminToken::load_or_create(&path), Err(TokenFileError::Weak { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "\n");
    }
}
