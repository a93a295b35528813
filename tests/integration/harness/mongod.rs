//! A real `mongod` of one's own: started on a free port with an empty folder, killed by its own id when dropped.
//!
//! The program is `mongod` on the PATH, else `tools/mongodb/bin/mongod` in the repository (`make test` fetches it).
//! Where there is none, starting fails with a text that says so; no test is skipped for it.

#![allow(dead_code)] // Each of the two test binaries that include this file uses a part of it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to accept connections; on a busy machine the first start takes seconds.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Attempts with another port: someone may take a free port before the server does.
const ATTEMPTS: u32 = 3;

/// A running or killed server; its data stay until it is dropped.
pub(crate) struct Mongod {
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl Mongod {
    /// Starts a server and waits until it accepts connections.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// The same, with more arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Result<Self, String> {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let program = program()?;
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for mongod: {error}"))?;
        let mut server = Self { program, folder, port: 0, arguments, child: None };
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            server.port = free_port()?;
            match server.spawn() {
                Ok(()) => return Ok(server),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// How to reach it.
    pub(crate) fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }

    /// Starts a replica set of one member and waits until it takes writes; [`Mongod::replica_uri`] reaches it.
    pub(crate) fn start_replica_set() -> Result<Self, String> {
        let server = Self::start_with(&["--replSet", "rs", "--oplogSize", "64"])?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(server.initiate()).map_err(|error| error.to_string())?;
        Ok(server)
    }

    async fn initiate(&self) -> mongodb::error::Result<()> {
        let admin = mongodb::Client::with_uri_str(self.uri()).await?.database("admin");
        let members = mongodb::bson::doc! { "_id": "rs", "members": [{ "_id": 0, "host": self.address() }] };
        admin.run_command(mongodb::bson::doc! { "replSetInitiate": members }).await?;
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            let hello = admin.run_command(mongodb::bson::doc! { "hello": 1 }).await?;
            if hello.get_bool("isWritablePrimary").unwrap_or(false) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// How to reach it as a replica set.
    pub(crate) fn replica_uri(&self) -> String {
        format!("mongodb://{}/?replicaSet=rs", self.address())
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Halts it without ending it: connections stay open and nothing is answered.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after [`Mongod::pause`].
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        if let Some(child) = &self.child {
            let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
            assert!(sent.is_ok_and(|status| status.success()), "kill {signal} failed");
        }
    }

    /// Starts it again after [`Mongod::kill`], on the same port and the same data.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.kill();
        self.spawn()
    }

    fn spawn(&mut self) -> Result<(), String> {
        let log_path = self.folder.path().join("mongod.log");
        let log = File::create(&log_path).map_err(|error| format!("no log for mongod: {error}"))?;
        let child = Command::new(&self.program)
            .arg("--dbpath")
            .arg(self.folder.path())
            .args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false", "--port", &self.port.to_string()])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", self.program.display()))?;
        let child = self.child.insert(child);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                self.child = None;
                return Err(format!("mongod ended with {status}: {}", tail(&log_path)));
            }
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                self.kill();
                return Err(format!("mongod took longer than {START_TIMEOUT:?} to start: {}", tail(&log_path)));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/mongodb/bin");
    let mut folders = std::env::split_paths(&path).chain([own]);
    folders.find_map(|folder| Some(folder.join("mongod")).filter(|program| program.is_file())).ok_or_else(|| {
        "no mongod found: neither on the PATH nor as tools/mongodb/bin/mongod; run `make tools`, or install MongoDB"
            .to_owned()
    })
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().rev().take(5).collect::<Vec<_>>();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
