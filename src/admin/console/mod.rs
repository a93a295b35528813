//! The console: pages for people, made here and embedded in the binary. No build step, nothing loaded from elsewhere.
//!
//! | page | what |
//! | --- | --- |
//! | `/login` | a token becomes a cookie that scripts cannot read and other sites cannot send |
//! | `/` | counts, classes, latency, who and what was seen lately; refreshed in place |
//! | `/requests`, `/requests/{id}` | the activity log with filters; one request, why, and the ban in force |
//! | `/sessions`, `/sessions/{id}` | visits; one visit with its requests, its numbers and the buttons to label it |
//! | `/bans` | bans in force; add, lift, lift many |
//! | `/rules`, `/status`, `/audit` | exclusions, routes, allowlist; models, queue, reload; every change |
//!
//! What is shown may be attack text. Pages are `maud` templates, which escape every value; the policy in
//! [`super::RESPONSE_HEADERS`] allows no script or style but ours. Every change is a POST with the login's own secret
//! (`csrf`), needs an operator, and goes the way of the API's calls, the audit log included.

mod audit;
mod bans;
mod change;
mod features;
mod frame;
mod guard;
mod overview;
mod requests;
mod rules;
mod sessions;
mod signin;
mod status;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::header;

use super::Parts;
use super::auth::Gatekeeper;

/// What the console's handlers share.
#[derive(Clone)]
pub(super) struct Console {
    parts: Arc<Parts>,
    gatekeeper: Arc<Gatekeeper>,
    /// Whether the listener speaks TLS, so that the cookie may be kept to it.
    over_tls: bool,
}

/// The console's pages.
pub(super) fn routes(parts: Arc<Parts>, gatekeeper: Arc<Gatekeeper>, over_tls: bool) -> Router {
    let console = Console { parts, gatekeeper, over_tls };
    Router::new()
        .route("/", get(overview::show))
        .route("/live", get(overview::live))
        .route("/requests", get(requests::list))
        .route("/requests/{id}", get(requests::show))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", get(sessions::show))
        .route("/sessions/{id}/label", post(sessions::label))
        .route("/bans", get(bans::list).post(bans::add))
        .route("/bans/lift", post(bans::lift))
        .route("/bans/release", post(bans::release))
        .route("/rules", get(rules::show))
        .route("/status", get(status::show))
        .route("/reload", post(status::reload))
        .route("/audit", get(audit::show))
        .route("/logout", post(signin::leave))
        .route_layer(middleware::from_fn_with_state(console.clone(), guard::require_login))
        .route("/login", get(signin::show).post(signin::enter))
        .route("/console.css", get(style))
        .route("/console.js", get(script))
        .with_state(console)
}

/// `GET /console.css`
async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("console.css"))
}

/// `GET /console.js`
async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("console.js"))
}
