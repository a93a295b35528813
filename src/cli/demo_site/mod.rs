//! `portcullis demo-site`: a small shop to put behind the filter, and the proof of what reached it.
//!
//! | route | what |
//! | --- | --- |
//! | `GET /`, `/search?q=`, `/product?id=` | pages |
//! | `GET`, `POST /login` | 200 for `demo` with `drawbridge`, else 401 |
//! | `GET`, `POST /comments` | the last 200 comments, escaped |
//! | `GET`, `POST /upload` | multipart; says how much arrived |
//! | `GET`, `POST /api/orders` | JSON; 400 on what is none |
//! | `GET /events?count=` | server-sent events, one a second |
//! | `GET /ws` | WebSocket, echoes |
//! | `GET /slow?ms=` | answers late, after 10 s at the most |
//! | any `/echo` | JSON of what arrived: method, target, headers, body's length and SHA-256 |
//! | `GET /static/…`, `/favicon.ico`, `/robots.txt` | files |

mod account;
mod api;
mod form;
mod live;
mod log;
mod page;
mod shop;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Router, middleware};
use http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use self::log::RequestLog;
use super::Failure;

/// Arguments of `portcullis demo-site`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where to append a line for every request that reached the site; standard output if not given.
    #[arg(long)]
    log: Option<PathBuf>,
}

/// Serves the demo site until SIGINT or SIGTERM.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let log = match &args.log {
        Some(path) => RequestLog::append_to(path).with_context(|| format!("cannot write to {}", path.display()))?,
        None => RequestLog::to_stdout(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(serve(args.listen, log));
    // Event streams and WebSockets have no end of their own to wait for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(served?)
}

async fn serve(listen: SocketAddr, log: RequestLog) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    eprintln!("demo site on http://{}/", listener.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        served = async { axum::serve(listener, router(log)).await } => served.context("the demo site stopped"),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

fn router(log: RequestLog) -> Router {
    Router::new()
        .route("/", get(shop::home))
        .route("/search", get(shop::search))
        .route("/product", get(shop::product))
        .route("/login", get(account::login_form).post(account::login))
        .route("/comments", get(account::comments).post(account::comment))
        .route("/upload", get(account::upload_form).post(account::upload))
        .route("/api/orders", get(api::orders).post(api::order))
        .route("/echo", any(api::echo))
        .route("/events", get(live::events))
        .route("/ws", any(live::websocket))
        .route("/slow", get(live::slow))
        .route("/static/site.css", get(|| file("text/css; charset=utf-8", include_str!("assets/site.css"))))
        .route("/static/site.js", get(|| file("text/javascript; charset=utf-8", include_str!("assets/site.js"))))
        .route("/favicon.ico", get(|| file("image/svg+xml", include_str!("assets/favicon.svg"))))
        .route("/robots.txt", get(|| file("text/plain; charset=utf-8", "User-agent: *\nDisallow: /api/\n")))
        .fallback(not_found)
        // The middleware below bounds and reads bodies for all routes alike.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::new(log), log::record))
        .with_state(Arc::new(shop::Shop::default()))
}

async fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "public, max-age=3600")], content)
}

async fn not_found() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, page::page("Not here", "<h1>Not here</h1><p>There is no such page in this shop.</p>"))
}

#[cfg(test)]
mod tests;
