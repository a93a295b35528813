//! The admin API, the console and the health and metrics pages, on a listener of their own.
//!
//! | route | token | what |
//! | --- | --- | --- |
//! | `GET /livez` | no | 200 while the process answers |
//! | `GET /readyz` | no | 200 when every part works, else 503; JSON by part |
//! | `GET /metrics` | no | Prometheus text exposition |
//! | `GET /`, `/console.css`, `/console.js` | no | the console's page; what it shows it asks of the API, with the token |
//! | `GET /api/v1/status` | yes | version, mode, models, uptime, queue |
//! | `GET /api/v1/bans?limit=` | yes | bans in force, newest first |
//! | `POST /api/v1/bans` | yes | ban `{"address", "duration", "reason"}`; 201 |
//! | `DELETE /api/v1/bans/{address or range}` | yes | lift a ban and clear the strikes; 204 |
//! | `GET /api/v1/sessions?client=&behavior=&before=&limit=` | yes | open and judged visits |
//! | `GET /api/v1/sessions/{id}` | yes | one visit |
//! | `GET /api/v1/requests?session=&client=&refused=&before=&limit=` | yes | the activity log, newest first |
//! | `POST /api/v1/classify` | yes | what the filter would make of `{"text", "where"}` |
//! | `GET /api/v1/openapi.json` | yes | these routes for programs; `openapi.json` beside this file |
//! | `POST /api` | yes | the predecessor's call, `{"sesID"}`; it asked for no token |
//!
//! A token is sent as `Authorization: Bearer TOKEN`. Errors are JSON, `{"error": {"code", "message"}}`. Health and
//! metrics ask for none, as probes and Prometheus send none; they say nothing of clients. The listener is meant for
//! loopback: it has no TLS, so reach it from elsewhere through a tunnel or a proxy that has.

mod activity;
mod auth;
mod bans;
mod classifier;
mod console;
mod dry_run;
mod error;
mod extract;
mod health;
mod sessions;
mod status;
mod token_file;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Router, http::StatusCode};
use http::{HeaderValue, header};
use tokio::net::TcpListener;

use crate::activity::ActivityStore;
use crate::banlist::{BanList, BanScope};
use crate::behaviour::{AssessmentStore, LogJudge};
use crate::client;
use crate::metrics::Metrics;
use crate::session::Session;
use crate::time::Timestamp;

pub use auth::{AdminToken, MIN_TOKEN_CHARS, WeakToken};
pub use dry_run::{DryRun, PLACES};
pub use health::Component;
pub use status::{Model, Queue, Status};
pub use token_file::TokenFileError;

use error::ApiError;

/// Bytes of a request's body read at most.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long open connections may take to finish once the shutdown began.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Nothing on these pages may be framed, cached, sniffed or load anything from elsewhere.
const RESPONSE_HEADERS: [(header::HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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
    /// The activity log's store.
    pub activity: Arc<dyn ActivityStore>,
    /// Where judged visits are kept.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Judges a visit by its records, where nobody has judged it yet.
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
}

/// The admin API.
#[derive(Clone)]
pub struct AdminApi {
    router: Router,
}

impl AdminApi {
    /// An API over these parts, open to whoever has the token.
    pub fn new(token: AdminToken, parts: Parts) -> Self {
        let metrics = parts.metrics.clone();
        let router = Router::new()
            .merge(api_routes().route_layer(middleware::from_fn_with_state(Arc::new(token), auth::require_token)))
            .merge(public_routes())
            .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here"))
            .method_not_allowed_fallback(async || {
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this method is not allowed here")
            })
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(metrics, finish))
            .with_state(Arc::new(parts));
        Self { router }
    }

    /// Answers on this listener until `shutdown` ends, then lets open connections finish for up to five seconds.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (begun, shutting_down) = tokio::sync::oneshot::channel();
        let server = axum::serve(listener, self.router).with_graceful_shutdown(async move {
            shutdown.await;
            // Nobody listens once the server has ended.
            let _ = begun.send(());
        });
        let deadline = async {
            let _ = shutting_down.await;
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        };
        tokio::select! {
            ended = server.into_future() => ended,
            () = deadline => {
                tracing::warn!("admin connections were still open at shutdown and are cut off");
                Ok(())
            }
        }
    }
}

fn api_routes() -> Router<Arc<Parts>> {
    Router::new()
        .route("/api", post(classifier::ask))
        .route("/api/v1/status", get(status::show))
        .route("/api/v1/bans", get(bans::list).post(bans::add))
        .route("/api/v1/bans/{*scope}", delete(bans::remove))
        .route("/api/v1/sessions", get(sessions::list))
        .route("/api/v1/sessions/{id}", get(sessions::show))
        .route("/api/v1/requests", get(activity::list))
        .route("/api/v1/classify", post(dry_run::classify))
        .route("/api/v1/openapi.json", get(openapi))
}

fn public_routes() -> Router<Arc<Parts>> {
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/", get(console::page))
        .route("/console.css", get(console::style))
        .route("/console.js", get(console::script))
}

/// `GET /api/v1/openapi.json`
async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
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
