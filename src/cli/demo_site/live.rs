//! Answers that take their time: event streams, WebSockets, slow pages.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::RawQuery;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};

use super::form;
use super::shop::PRODUCTS;

/// An event stream ends after this many events, so that none goes on for ever.
const MAX_EVENTS: u64 = 3_600;
/// The longest wait that `/slow` grants.
const MAX_SLOW_MS: u64 = 10_000;
/// The largest WebSocket message that is echoed.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// A WebSocket on which nothing comes for so long is closed.
const WEBSOCKET_IDLE: Duration = Duration::from_secs(60);

/// `GET /events?count=`: the first event at once, then one a second.
pub(super) async fn events(RawQuery(query): RawQuery) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let count = number(query, "count").unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
    Sse::new(stream::unfold(0, move |sent| async move {
        if sent >= count {
            return None;
        }
        if sent > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let stock = PRODUCTS.len() as u64 * 3 - sent % 5;
        let event = Event::default().event("stock").id(sent.to_string()).data(format!("{stock} things in stock"));
        Some((Ok(event), sent + 1))
    }))
}

/// `GET /ws`: sends back what it gets.
pub(super) async fn websocket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(MAX_MESSAGE_BYTES).on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(WEBSOCKET_IDLE, socket.recv()).await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// `GET /slow?ms=`
pub(super) async fn slow(RawQuery(query): RawQuery) -> impl IntoResponse {
    let wait_ms = number(query, "ms").unwrap_or(1_000).min(MAX_SLOW_MS);
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    format!("after {wait_ms} ms\n")
}

fn number(query: Option<String>, name: &str) -> Option<u64> {
    form::value(query?.as_bytes(), name)?.parse().ok()
}
