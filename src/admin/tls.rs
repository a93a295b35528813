//! The certificate of the admin listener.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Why the admin listener has no TLS.
#[derive(Debug, thiserror::Error)]
pub enum AdminTlsError {
    /// A file cannot be read or is no PEM file.
    #[error("{path} cannot be used: {source}; expected a PEM file with {expected}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
        /// What was wrong.
        source: pem::Error,
    },
    /// Certificate and key do not go together, or are of a kind unknown to rustls.
    #[error("certificate and key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 for the admin listener.
#[derive(Clone)]
pub struct AdminTls(TlsAcceptor);

impl AdminTls {
    /// TLS with this certificate chain, its own certificate first, and this private key, both PEM files.
    ///
    /// # Errors
    /// When a file cannot be read, or the two do not go together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, AdminTlsError> {
        let failed = |path: &Path, expected| {
            let path = path.to_owned();
            move |source| AdminTlsError::File { path, expected, source }
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed(certificate, "a certificate"))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key, "a private key"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

impl fmt::Debug for AdminTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminTls")
    }
}
