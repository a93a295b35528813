//! The API over real TCP, with stores in memory.

mod api;
mod classifier;
mod console;
mod fakes;
mod log;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::banlist::{self, BanStore};
use crate::behaviour::Behaviour;
use crate::client::TrustedProxies;
use crate::policy::Mode;
use fakes::{FakeActivity, FakeAssessments, FakeBans, FakeBehaviour, FakeModel};

/// The token of every API started here.
pub(crate) const TOKEN: &str = "a-token-for-the-tests";

/// A viewer's token.
const VIEWER: &str = "a-viewer-of-the-tests";

type Forgotten = Arc<parking_lot::Mutex<Vec<(ClientKey, SessionId)>>>;
type Outcome = Arc<parking_lot::Mutex<Result<Reloaded, Vec<String>>>>;

fn named(name: &str, role: Role, secret: &str) -> NamedToken {
    NamedToken { name: name.into(), role, hash: TokenHash::of(secret.as_bytes()) }
}

/// A running API and what stands behind it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) bans: Arc<BanList>,
    keyring: Keyring,
    forgotten: Forgotten,
    reloaded: Outcome,
    _folder: tempfile::TempDir,
    activity: Arc<FakeActivity>,
    assessments: Arc<FakeAssessments>,
    open: Arc<parking_lot::Mutex<Vec<Session>>>,
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<tokio::task::JoinHandle<io::Result<()>>>,
    runtime: tokio::runtime::Runtime,
}

/// An answer, read whole.
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    fn error(&self) -> (u16, String) {
        (self.status, self.json()["error"]["code"].as_str().unwrap().to_owned())
    }
}

/// Starts an API on a free port.
pub(crate) fn start() -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let metrics = Metrics::new().unwrap();
    let store: Arc<dyn BanStore> = Arc::new(FakeBans);
    let trusted = TrustedProxies::new(vec!["10.0.0.1/32".parse().unwrap()]);
    let config = banlist::Config { allowlist: vec!["198.51.100.0/24".parse().unwrap()], ..Default::default() };
    let bans = Arc::new(BanList::new(config, store, trusted, metrics.banlist.clone()));
    let (activity, assessments) = (Arc::new(FakeActivity::default()), Arc::new(FakeAssessments::default()));
    let open: Arc<parking_lot::Mutex<Vec<Session>>> = Arc::default();
    let clearings: Arc<AtomicU32> = Arc::default();
    let folder = tempfile::tempdir().unwrap();
    let (forgotten, reloaded): (Forgotten, Outcome) = (Arc::default(), Arc::new(Ok(Reloaded::default()).into()));
    let (forgetting, reloading) = (Arc::clone(&forgotten), Arc::clone(&reloaded));
    let snapshot = Arc::clone(&open);
    let parts = Parts {
        started: Timestamp::now(),
        bans: Arc::clone(&bans),
        clear_strikes: Arc::new(move |_| clearings.fetch_add(1, Ordering::Relaxed)),
        activity: activity.clone(),
        assessments: assessments.clone(),
        log_judge: Arc::new(LogJudge::new(
            Some((Arc::new(FakeBehaviour), crate::behaviour::Thresholds { closed: 0.5, open: 0.9 })),
            crate::behaviour::CustomNames::from([]),
            crate::session::LoginEndpoints::default(),
            crate::session::Fingerprints::new([1, 2]),
            crate::session::BodyReader::new(&crate::session::BodySettings::default(), None),
            metrics.behaviour.clone(),
        )),
        open_sessions: Arc::new(move |limit| snapshot.lock().iter().take(limit).cloned().collect()),
        clients: client::Config::default(),
        metrics,
        dry_run: Arc::new(FakeModel),
        pardon_sessions: Arc::new(|_| 0),
        forget_strike: Arc::new(move |client, session| forgetting.lock().push((client, session))),
        audit: AuditLog::open(folder.path()).unwrap(),
        reload: Arc::new(move || reloading.lock().clone()),
        readiness: Arc::new(|| vec![Component { name: "models".into(), ok: true, detail: "loaded".into() }]),
        status: Arc::new(|| Status {
            mode: Mode::Block,
            rules: Rules::default(),
            models: vec![Model { kind: "payload".into(), version: "p-1".into() }],
            store: "embedded".into(),
            queue: Queue { length: 1, capacity: 2, dropped: 3 },
            open_sessions: 4,
        }),
    };
    let keyring = Keyring::new(vec![named("ada", Role::Operator, TOKEN), named("vic", Role::Viewer, VIEWER)], None);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (shutdown, begun) = tokio::sync::oneshot::channel::<()>();
    let api = AdminApi::new(keyring.clone(), parts, false);
    let server = runtime.spawn(api.serve(listener, None, async move {
        let _ = begun.await;
    }));
    let (shutdown, server) = (Some(shutdown), Some(server));
    Running {
        _folder: folder,
        keyring,
        forgotten,
        reloaded,
        address,
        bans,
        activity,
        assessments,
        open,
        shutdown,
        server,
        runtime,
    }
}

impl Running {
    /// The API's base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs a future on the API's runtime.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Some(TOKEN), "")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(TOKEN), &body.to_string())
    }

    fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Some(TOKEN), "")
    }

    fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.url()));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = if body.is_empty() && method != "POST" {
            agent.run(request.body(()).unwrap()).unwrap()
        } else {
            agent.run(request.body(body.to_owned()).unwrap()).unwrap()
        };
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }
}
