//! TLS towards clients, HTTP/2 included.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Version};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::harness::{Origin, Waf, free_port, waf};

const HOST: &str = "shop.example";

struct Site {
    waf: Waf,
    certificate: CertificateDer<'static>,
}

/// One answer over HTTP/2.
struct Answer {
    status: u16,
    request_id: Option<String>,
    body: Bytes,
}

fn start(origin: &Origin) -> Site {
    let made = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("site.pem"), folder.path().join("site.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.key_pair.serialize_pem()).unwrap();
    let files = [("TLS_CERTIFICATE", certificate), ("TLS_KEY", key)];
    let environment = files.map(|(name, file)| (format!("PORTCULLIS__PROXY__{name}"), file.display().to_string()));
    let waf = Waf::spawn_with(&origin.address.to_string(), "", folder, &environment);
    waf.wait_until_ready();
    Site { waf, certificate: made.cert.der().clone() }
}

impl Site {
    /// Connects, offering these protocols; the protocol chosen.
    async fn connect(
        &self,
        protocols: &[&[u8]],
    ) -> (tokio_rustls::client::TlsStream<tokio::net::TcpStream>, Option<Vec<u8>>) {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let stream = tokio::net::TcpStream::connect(self.waf.proxy).await.unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        (stream, chosen)
    }

    /// Sends requests over one HTTP/2 connection, one after the other.
    async fn exchange(&self, requests: Vec<(Request<()>, Option<Bytes>)>) -> Vec<Answer> {
        let (stream, chosen) = self.connect(&[b"h2"]).await;
        assert_eq!(chosen.as_deref(), Some(b"h2".as_slice()));
        let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let mut answers = Vec::new();
        for (request, body) in requests {
            sender = sender.ready().await.unwrap();
            let (response, mut stream) = sender.send_request(request, body.is_none()).unwrap();
            if let Some(body) = body {
                // A refusal may come before all of a body is sent.
                let _ = stream.send_data(body, true);
            }
            answers.push(read(response.await.unwrap()).await);
        }
        answers
    }
}

async fn read(response: http::Response<h2::RecvStream>) -> Answer {
    let (head, mut stream) = response.into_parts();
    assert_eq!(head.version, Version::HTTP_2);
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece.unwrap();
        stream.flow_control().release_capacity(piece.len()).unwrap();
        body.extend(piece);
    }
    let request_id = head.headers.get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    Answer { status: head.status.as_u16(), request_id, body: body.into() }
}

fn request(method: Method, target: &str) -> http::request::Builder {
    Request::builder().method(method).uri(format!("https://{HOST}{target}")).version(Version::HTTP_2)
}

#[tokio::test]
async fn http_2_is_offered_inspected_and_forwarded() {
    let origin = Origin::start();
    let site = start(&origin);
    let form = |target| {
        request(Method::POST, target).header("content-type", "application/x-www-form-urlencoded").body(()).unwrap()
    };
    let answers = site
        .exchange(vec![
            (request(Method::GET, "/search?q=oak+board").body(()).unwrap(), None),
            (form("/comments"), Some(Bytes::from_static(b"text=a+fine+board"))),
            (
                request(Method::GET, "/p?id=1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-")
                    .body(())
                    .unwrap(),
                None,
            ),
            // No length is announced, so the site has seen the header when the body is judged: but none of the body.
            (form("/comments"), Some(Bytes::from_static(b"text=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E"))),
        ])
        .await;
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 403, 403]);
    let refusal = &answers[2];
    let id = refusal.request_id.as_deref().unwrap();
    assert!(String::from_utf8_lossy(&refusal.body).contains(id));
    let seen = origin.seen();
    assert_eq!(seen[0].header("host"), Some(HOST));
    assert_eq!(seen[0].header("x-forwarded-proto"), Some("https"));
    assert_eq!(seen[1].body, b"text=a+fine+board");
    assert!(
        seen.iter()
            .all(|seen| !seen.target().contains("UNION") && !String::from_utf8_lossy(&seen.body).contains("script"))
    );
    site.waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE 1 = 1", 4);
}

#[tokio::test]
async fn who_does_not_ask_for_http_2_speaks_http_1() {
    let origin = Origin::start();
    let site = start(&origin);
    assert_eq!(site.connect(&[b"http/1.1"]).await.1.as_deref(), Some(b"http/1.1".as_slice()));
    assert_eq!(site.connect(&[]).await.1, None);
}

#[test]
fn the_end_of_the_certificate_is_exported() {
    let origin = Origin::start();
    let site = start(&origin);
    let metrics = site.waf.metrics();
    let line =
        metrics.lines().find(|line| line.starts_with("portcullis_certificate_expiry_timestamp_seconds ")).unwrap();
    // rcgen's default: the year 4096.
    assert_eq!(line.split(' ').nth(1).unwrap().parse::<f64>().unwrap(), 67_090_118_400.0);
}

#[test]
fn a_certificate_that_is_none_is_said_in_words_with_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    let certificate = folder.path().join("site.pem");
    std::fs::write(&certificate, "nonsense").unwrap();
    let text = format!(
        "[proxy]\nupstream = \"127.0.0.1:{}\"\ntls_certificate = {certificate:?}\ntls_key = {certificate:?}\n[session]\ngapp = 1\n",
        free_port()
    );
    std::fs::write(&file, text).unwrap();
    let output = waf::run(&["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(64));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("is no certificate in PEM") && stderr.contains("session.gapp"), "{stderr}");
}
