//! When the certificate that clients are shown ends.

use std::path::{Path, PathBuf};

use x509_parser::pem::Pem;

use super::TlsFiles;
use crate::time::Timestamp;

/// A certificate file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("{file} cannot be read: {source}; give the filter's user read permission")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{file} is no certificate in PEM ({reason}); expected a chain, the site's own certificate first")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The end of the first certificate of the chain, the site's own.
///
/// # Errors
/// When the file cannot be read or does not begin with a certificate.
pub fn certificate_end(files: &TlsFiles) -> Result<Timestamp, CertificateError> {
    let file = &files.certificate;
    let bytes = std::fs::read(file).map_err(|source| CertificateError::Unreadable { file: file.clone(), source })?;
    let first = Pem::iter_from_buffer(&bytes).next().ok_or_else(|| malformed(file, "no PEM block"))?;
    let block = first.map_err(|error| malformed(file, error))?;
    let certificate = block.parse_x509().map_err(|error| malformed(file, error))?;
    Ok(Timestamp::from_millis(certificate.validity().not_after.timestamp().saturating_mul(1_000)))
}

fn malformed(file: &Path, reason: impl ToString) -> CertificateError {
    CertificateError::Malformed { file: file.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(text: &str) -> Result<Timestamp, CertificateError> {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("site.pem");
        std::fs::write(&certificate, text).unwrap();
        certificate_end(&TlsFiles { key: certificate.clone(), certificate })
    }

    #[test]
    fn reads_the_end_of_the_first_certificate() {
        let named = |year| {
            let mut parameters = rcgen::CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
            parameters.not_after = rcgen::date_time_ymd(year, 3, 1);
            parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
        };
        let chain = format!("{}{}", named(2031), named(2040));
        assert_eq!(end_of(&chain).unwrap().to_string(), "2031-03-01T00:00:00.000Z");
    }

    #[test]
    fn says_what_is_wrong_with_a_file_that_is_no_certificate() {
        for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(end_of(text), Err(CertificateError::Malformed { .. })), "{text}");
        }
    }
}
