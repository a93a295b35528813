//! The page for people. Plain files embedded in the binary: no build step, nothing loaded from elsewhere.
//!
//! The page holds no data; its script asks the API, with the token the operator typed, which the browser keeps for
//! the tab only. What it shows may be attack text, so it is put in as text, never as markup.

use axum::response::IntoResponse;
use http::header;

/// `GET /`
pub(super) async fn page() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], include_str!("index.html"))
}

/// `GET /console.css`
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("console.css"))
}

/// `GET /console.js`
pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("console.js"))
}
