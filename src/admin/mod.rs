//! The admin API, the console and the health and metrics pages, on a listener of their own.
//!
//! | route | token | what |
//! | --- | --- | --- |
//! | `GET /livez` | no | 200 while the process answers |
//! | `GET /readyz` | no | 200 when every part works, else 503; JSON by part |
//! | `GET /metrics` | no | Prometheus text exposition |
//! | `GET /`, `/login`, `/requests`, … | cookie | the console: see the module `console` |
//! | `GET /api/v1/status` | viewer | version, mode, rules, models, uptime, queue |
//! | `GET /api/v1/bans` | viewer | bans in force, newest first |
//! | `POST /api/v1/bans` | operator | ban `{"address", "duration", "reason"}`; 201 |
//! | `DELETE /api/v1/bans/{address or range}` | operator | lift bans, clear strikes and session score, grant grace; 204 |
//! | `POST /api/v1/bans/release` | operator | the same for many, `{"addresses"}` |
//! | `GET /api/v1/sessions` | viewer | open and judged visits |
//! | `GET /api/v1/sessions/{id}` | viewer | one visit |
//! | `PUT /api/v1/sessions/{id}/label` | operator | what a person says it was, `{"behavior"}` |
//! | `GET /api/v1/requests` | viewer | the activity log, newest first |
//! | `GET /api/v1/requests/{id}` | viewer | why was this refused, or its client banned? |
//! | `GET /api/v1/audit` | viewer | every change made here, newest first |
//! | `POST /api/v1/classify` | viewer | what the filter would make of `{"text", "where"}` |
//! | `POST /api/v1/reload` | operator | read the configuration again; 422 with every fault |
//! | `GET /api/v1/openapi.json` | viewer | these routes for programs, made from the types they answer with |
//! | `POST /api` | viewer | the predecessor's call, `{"sesID"}`; it asked for no token |
//!
//! A token is sent as `Authorization: Bearer TOKEN`; each has a name and a role, [`Role`]. Errors are JSON,
//! `{"error": {"code", "message"}}`. Health and metrics ask for none, as probes and Prometheus send none; they say
//! nothing of clients. Lists are paged by `cursor`, which is `next` of the page before. Calls of the store have a
//! deadline, so that a dead store is told and nothing hangs.

mod activity;
mod audit;
mod auth;
mod bans;
mod classifier;
mod console;
mod dry_run;
mod error;
mod extract;
mod health;
mod keyring;
mod label;
mod login;
mod openapi;
mod release;
mod reload;
mod role;
mod serve;
mod sessions;
mod status;
mod throttle;
mod tls;
mod token_file;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use axum::{Router, http::StatusCode};
use http::{HeaderValue, header};
use tokio::net::TcpListener;

use crate::activity::ActivityStore;
use crate::banlist::{BanList, BanScope};
use crate::behaviour::{AssessmentStore, LogJudge};
use crate::client::{self, ClientKey};
use crate::metrics::Metrics;
use crate::session::{Session, SessionId};
use crate::time::Timestamp;

pub use audit::{AuditLog, Change};
pub use auth::{AdminToken, MIN_TOKEN_CHARS, WeakToken};
pub use dry_run::{DryRun, PLACES};
pub use health::Component;
pub use keyring::{Actor, Keyring};
pub use reload::{ChangedKey, Reload, Reloaded};
pub use role::{InvalidHash, NamedToken, Role, TokenHash};
pub use status::{ExclusionView, Model, Queue, RouteView, Rules, Status};
pub use tls::{AdminTls, AdminTlsError};
pub use token_file::TokenFileError;

use auth::Gatekeeper;
use error::ApiError;

/// Bytes of a request's body read at most.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Nothing on these pages may be framed, cached, sniffed or load anything from elsewhere.
const RESPONSE_HEADERS: [(header::HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
];

/// The parts of the running filter that the admin API reads and changes.
#[derive(Clone)]
pub struct Parts {
    /// When the filter started.
    pub started: Timestamp,
    /// The edge blacklist.
    pub bans: Arc<BanList>,
    /// Forgets the strikes of all clients in a scope; how many clients had some.
    pub clear_strikes: Arc<dyn Fn(BanScope) -> u32 + Send + Sync>,
    /// Forgets the attack score of every open visit in a scope; of how many.
    pub pardon_sessions: Arc<dyn Fn(BanScope) -> usize + Send + Sync>,
    /// Forgets the strike that one visit was for its client.
    pub forget_strike: Arc<dyn Fn(ClientKey, SessionId) + Send + Sync>,
    /// The activity log's store.
    pub activity: Arc<dyn ActivityStore>,
    /// Where judged visits are kept.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Judges a visit that nobody has judged yet, by its records and by what is kept of it.
    pub log_judge: Arc<LogJudge>,
    /// A snapshot of at most so many open visits.
    pub open_sessions: Arc<dyn Fn(usize) -> Vec<Session> + Send + Sync>,
    /// Tells which key a client address is counted by.
    pub clients: client::Config,
    /// All metrics.
    pub metrics: Metrics,
    /// Judges a text as the filter would.
    pub dry_run: Arc<dyn DryRun>,
    /// The state of every part that `/readyz` waits for, beside the activity store, which is asked directly.
    pub readiness: Arc<dyn Fn() -> Vec<Component> + Send + Sync>,
    /// What `/api/v1/status` tells.
    pub status: Arc<dyn Fn() -> Status + Send + Sync>,
    /// Every change.
    pub audit: AuditLog,
    /// Reads the configuration again.
    pub reload: Reload,
}

/// The admin API.
#[derive(Clone)]
pub struct AdminApi {
    router: Router,
    parts: Arc<Parts>,
}

impl AdminApi {
    /// An API over these parts, open to whoever has one of these tokens; `over_tls` says whether it will speak TLS.
    pub fn new(keyring: Keyring, parts: Parts, over_tls: bool) -> Self {
        let (metrics, parts) = (parts.metrics.clone(), Arc::new(parts));
        let gatekeeper = Arc::new(Gatekeeper::new(keyring, parts.clients.clone(), metrics.admin.clone()));
        let changing = changing_routes().route_layer(middleware::from_fn(auth::require_operator));
        let needs_token = middleware::from_fn_with_state(Arc::clone(&gatekeeper), auth::require_token);
        let router = Router::new()
            .merge(reading_routes().merge(changing).route_layer(needs_token))
            .merge(public_routes())
            .with_state(Arc::clone(&parts))
            .merge(console::routes(Arc::clone(&parts), gatekeeper, over_tls))
            .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here"))
            .method_not_allowed_fallback(async || {
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this method is not allowed here")
            })
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(metrics, finish));
        Self { router, parts }
    }

    /// Reads the configuration again, as [`POST /api/v1/reload`](self) does; what came of it is logged.
    pub async fn reload(&self, actor: &Actor) {
        match reload::run(&self.parts, actor).await {
            Ok(reloaded) => {
                let restart = reloaded.needs_restart.join(", ");
                tracing::info!(changed = reloaded.changed.len(), restart, "the configuration was read again");
            }
            Err(error) => error.log(),
        }
    }

    /// Answers on this listener until `shutdown` ends, then lets open connections finish for up to five seconds.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: Option<AdminTls>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        serve::run(listener, tls, self.router, shutdown).await
    }
}

/// What a viewer may ask for.
fn reading_routes() -> Router<Arc<Parts>> {
    Router::new()
        .route("/api", post(classifier::ask))
        .route("/api/v1/status", get(status::show))
        .route("/api/v1/bans", get(bans::list))
        .route("/api/v1/sessions", get(sessions::list))
        .route("/api/v1/sessions/{id}", get(sessions::show))
        .route("/api/v1/requests", get(activity::list))
        .route("/api/v1/requests/{id}", get(activity::show))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/classify", post(dry_run::classify))
        .route("/api/v1/openapi.json", get(openapi::document))
}

/// What only an operator may.
fn changing_routes() -> Router<Arc<Parts>> {
    Router::new()
        .route("/api/v1/bans", post(bans::add))
        .route("/api/v1/bans/release", post(release::many))
        .route("/api/v1/bans/{*scope}", delete(bans::remove))
        .route("/api/v1/sessions/{id}/label", put(label::put))
        .route("/api/v1/reload", post(reload::post))
}

fn public_routes() -> Router<Arc<Parts>> {
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// Counts every answer and sets the headers all of them have.
async fn finish(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    metrics.admin.answered(response.status().as_u16());
    for (name, value) in RESPONSE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
pub(crate) mod tests;
