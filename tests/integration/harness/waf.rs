//! The real binary on free ports, with a data directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::client::{Response, exchange};
use super::{Origin, free_port, wait_for};

/// The admin token of every filter under test.
pub const TOKEN: &str = "token-of-the-tests-0123456789";

/// A running filter; ended, by its own process id, when dropped.
pub struct Waf {
    pub proxy: SocketAddr,
    pub admin: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Waf {
    /// Block mode in front of this origin, on the embedded store.
    pub fn start(origin: &Origin) -> Self {
        Self::with(origin, "")
    }

    /// With more configuration: whole sections but `[proxy]` and `[admin]`.
    pub fn with(origin: &Origin, sections: &str) -> Self {
        Self::in_folder(origin, sections, tempfile::tempdir().unwrap())
    }

    /// On the data another filter left.
    pub fn in_folder(origin: &Origin, sections: &str, folder: TempDir) -> Self {
        let waf = Self::spawn(&origin.address.to_string(), sections, folder);
        waf.wait_until_ready();
        waf
    }

    /// With the token it makes itself, in its file.
    pub fn with_token_file(origin: &Origin) -> Self {
        let waf = Self::spawn_by(&origin.address.to_string(), "", tempfile::tempdir().unwrap(), |command| {
            command.env_remove("PORTCULLIS_ADMIN_TOKEN");
        });
        waf.wait_until_ready();
        waf
    }

    /// Started, not waited for.
    pub fn spawn(upstream: &str, sections: &str, folder: TempDir) -> Self {
        Self::spawn_by(upstream, sections, folder, |_| {})
    }

    /// Started with these variables in its environment, not waited for.
    pub fn spawn_with(upstream: &str, sections: &str, folder: TempDir, variables: &[(String, String)]) -> Self {
        Self::spawn_by(upstream, sections, folder, |command| _ = command.envs(variables.iter().cloned()))
    }

    /// Ready, on a disk that takes no file larger than this many KiB until [`Waf::make_room`].
    pub fn on_full_disk(origin: &Origin, sections: &str, kib: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let waf = Self::spawn_by(&origin.address.to_string(), sections, folder, |command| limit_files(command, kib));
        waf.wait_until_ready();
        waf
    }

    /// Lets it write files of any size from now on.
    pub fn make_room(&self) {
        let arguments = ["--pid", &self.child.id().to_string(), "--fsize=unlimited"];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    }

    fn spawn_by(upstream: &str, sections: &str, folder: TempDir, change: impl FnOnce(&mut Command)) -> Self {
        let (proxy, admin) = (loopback(free_port()), loopback(free_port()));
        let config = write_config(&folder, proxy, admin, upstream, sections);
        let log = std::fs::File::create(folder.path().join("stderr")).unwrap();
        let mut command = command(&["run", "--config", config.to_str().unwrap()]);
        change(&mut command);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { proxy, admin, child, folder }
    }

    pub fn wait_until_ready(&self) {
        wait_for("the filter to be ready", || {
            let ready = std::net::TcpStream::connect(self.admin).is_ok() && self.readiness().status == 200;
            (ready && std::net::TcpStream::connect(self.proxy).is_ok()).then_some(())
        });
    }

    pub fn readiness(&self) -> Response {
        exchange(self.admin, "GET /readyz HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
    }

    /// Sends a request to the site through the filter.
    pub fn send(&self, request: impl AsRef<[u8]>) -> Response {
        exchange(self.proxy, request)
    }

    /// A call of the admin API, with the token.
    pub fn api(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        exchange(
            self.admin,
            format!(
                "{method} {path} HTTP/1.1\r\nHost: admin\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
    }

    /// The whole text of `/metrics`.
    pub fn metrics(&self) -> String {
        exchange(self.admin, "GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").text()
    }

    /// Rows of a query on the embedded store, each column as text.
    pub fn sql(&self, query: &str) -> Vec<Vec<String>> {
        sql(&self.database(), query)
    }

    /// Waits until a count in the embedded store is this.
    pub fn wait_for_count(&self, query: &str, expected: usize) {
        wait_for(&format!("{expected} of {query}"), || (self.sql(query)[0][0] == expected.to_string()).then_some(()));
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data/portcullis.db")
    }

    /// The folder of its configuration, data and log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn token_file(&self) -> PathBuf {
        self.folder.path().join("data/admin.token")
    }

    /// Changes the configuration file.
    pub fn rewrite(&self, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("portcullis.toml");
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }

    /// Kills it at once, as a crash would; gives back the folder.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Sends the process this signal: `HUP`, `USR1`.
    pub fn signal(&self, name: &str) {
        let arguments = [format!("-{name}"), self.child.id().to_string()];
        assert!(Command::new("kill").args(arguments).status().unwrap().success());
    }

    /// Sends SIGTERM and waits for the end; gives back the folder.
    pub fn stop(mut self) -> TempDir {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = wait_for("the filter to end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}: {}", self.log());
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Waf {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the filter's log ---\n{}", self.log());
        }
    }
}

/// Has a shell run the same command with a limit on files' sizes, past which a write fails.
fn limit_files(command: &mut Command, kib: u32) {
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", kib * 2);
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(script).arg("sh").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.current_dir(command.get_current_dir().unwrap());
    *command = limited;
}

/// Runs the binary with these arguments to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).stdin(Stdio::null()).output().unwrap()
}

/// The binary with these arguments, in the repository's root, with nothing of ours in its environment but the token.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("PORTCULLIS_ADMIN_TOKEN", TOKEN);
    command.env_remove("MONGO_URI");
    command
}

pub fn sql(database: &Path, query: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns)
            .map(|column| {
                Ok(match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Null => String::new(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Real(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) | rusqlite::types::ValueRef::Blob(text) => {
                        String::from_utf8_lossy(text).into_owned()
                    }
                })
            })
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn write_config(folder: &TempDir, proxy: SocketAddr, admin: SocketAddr, upstream: &str, sections: &str) -> PathBuf {
    let path = folder.path().join("portcullis.toml");
    let data = folder.path().join("data");
    let text = format!(
        "data_dir = {data:?}\n[proxy]\nlisten = \"{proxy}\"\nupstream = \"{upstream}\"\nthreads = 1\n\
         shutdown_grace = \"0s\"\nbody_timeout = \"2s\"\n[admin]\nlisten = \"{admin}\"\n{sections}"
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
