//! What goes on, at a glance. Counts come from memory; who and what was seen lately, from the store.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};

use super::frame::{Frame, page, table, trouble};
use super::{Console, text};
use crate::admin::activity::{self, RequestView};
use crate::admin::error::ApiError;
use crate::admin::extract::encoded;
use crate::admin::login::Login;
use crate::admin::status::StatusView;

/// Requests looked at for the most frequent clients and routes.
const LATELY: u32 = 500;
/// Lines of each list.
const LINES: usize = 6;

/// `GET /`
pub(super) async fn show(State(console): State<Console>, Extension(login): Extension<Login>) -> Response {
    let frame = Frame::new(&console, &login, "/");
    let main = html! {
        p .tools { button #pause type="button" aria-pressed="false" hidden { "Pause updates" } }
        div #live data-refresh="/live" { (content(&console).await) }
    };
    page(&frame, "Overview", main, StatusCode::OK)
}

/// `GET /live`: the changing part of the page.
pub(super) async fn live(State(console): State<Console>) -> Response {
    Html(content(&console).await.into_string()).into_response()
}

async fn content(console: &Console) -> Markup {
    let params = activity::ListParams { limit: Some(LATELY.to_string()), ..Default::default() };
    let lately = activity::page(&console.parts, &params).await;
    html! {
        (tiles(console))
        div .columns {
            section .list aria-labelledby="classes" {
                h2 #classes { "Attacks by class" }
                (bars(&counts(console, "portcullis_attacks_total", "class"), "/requests?class=", "No attack since the start."))
            }
            section .list aria-labelledby="reasons" {
                h2 #reasons { "Refusals by reason" }
                (bars(&counts(console, "portcullis_refusals_total", "reason"), "", "Nothing was refused since the start."))
            }
        }
        (seen_lately(&lately))
    }
}

fn counts(console: &Console, name: &str, label: &str) -> Vec<(String, u64)> {
    let mut counts = console.parts.metrics.read().counts(name, label);
    counts.retain(|(_, count)| *count > 0);
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn tiles(console: &Console) -> Markup {
    let (status, reading) = (StatusView::now(&console.parts), console.parts.metrics.read());
    let verdicts = reading.counts("portcullis_requests_total", "verdict");
    let of = |verdict: &str| verdicts.iter().find(|(name, _)| name == verdict).map_or(0, |(_, count)| *count);
    let total: u64 = verdicts.iter().map(|(_, count)| count).sum();
    let latency = |share| text::at_most(reading.quantile("portcullis_request_duration_seconds", share));
    let tile = |name: &str, value: &str, link: &str, note: &str| {
        html! { div .tile {
            dt { @if link.is_empty() { (name) } @else { a href=(link) { (name) } } }
            dd .figure { (value) }
            @if !note.is_empty() { dd .note { (note) } }
        } }
    };
    let queue = format!(
        "{} of {} waiting",
        text::count(to_u64(status.queue.length)),
        text::count(to_u64(status.queue.capacity))
    );
    let tail = format!("99th percentile {}", latency(0.99));
    html! {
        dl .tiles {
            (tile("Requests", &text::count(total), "/requests", &format!("in {}", text::span(status.uptime_s * 1_000))))
            (tile("Refused", &text::count(of("refuse")), "/requests?verdict=refuse", &share(of("refuse"), total)))
            (tile("Flagged", &text::count(of("flag")), "/requests?verdict=flag", &share(of("flag"), total)))
            (tile("Bans in force", &text::count(to_u64(status.bans)), "/bans", ""))
            (tile("Open sessions", &text::count(to_u64(status.open_sessions)), "/sessions", ""))
            (tile("Median latency", &latency(0.5), "", &tail))
            (tile("Records dropped", &text::count(status.queue.dropped), "/status", &queue))
        }
    }
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn share(part: u64, total: u64) -> String {
    let tenths = part.saturating_mul(1_000).checked_div(total).unwrap_or(0);
    format!("{}.{} % of requests", tenths / 10, tenths % 10)
}

/// A list of names with counts, each with a bar as long as its share of the largest.
fn bars(counts: &[(String, u64)], link: &str, empty: &str) -> Markup {
    let largest = counts.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    html! {
        @if counts.is_empty() { p .empty { (empty) } } @else {
            ul .bars {
                @for (name, count) in counts.iter().take(LINES) {
                    li {
                        span .name title=(name) {
                            @if link.is_empty() { (name) } @else { a href={ (link) (encoded(name)) } { (name) } }
                        }
                        span .amount { (text::count(*count)) }
                        svg .bar viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                            rect .track width="100" height="4" {}
                            rect width=(count * 100 / largest) height="4" {}
                        }
                    }
                }
            }
        }
    }
}

fn seen_lately(lately: &Result<activity::RequestPage, ApiError>) -> Markup {
    let requests = match lately {
        Ok(page) => &page.requests,
        Err(error) => return trouble(error),
    };
    let clients = most(requests, |request| request.client.clone());
    let routes = most(requests, |request| route(&request.url));
    let refused: Vec<_> = requests.iter().filter(|request| request.verdict == "refuse").take(LINES).collect();
    let rows: Vec<_> = refused.iter().map(|request| super::requests::row(request)).collect();
    html! {
        div .columns {
            section .list aria-labelledby="clients" {
                h2 #clients { "Clients of the last " (requests.len()) " requests" }
                (bars(&clients, "/requests?client=", "No request is stored yet."))
            }
            section .list aria-labelledby="routes" {
                h2 #routes { "Routes of the last " (requests.len()) " requests" }
                (bars(&routes, "/requests?route=", "No request is stored yet."))
            }
        }
        section aria-labelledby="refused" {
            h2 #refused { "Refused lately" }
            (table("Requests refused lately", &super::requests::COLUMNS, &rows, "Nothing was refused lately."))
        }
    }
}

/// The first part of a path: what most sites are divided by.
fn route(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    match path.strip_prefix('/').and_then(|rest| rest.split_once('/')) {
        Some((first, _)) => format!("/{first}/"),
        None => path.chars().take(64).collect(),
    }
}

fn most(requests: &[RequestView], key: impl Fn(&RequestView) -> String) -> Vec<(String, u64)> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for request in requests {
        *counts.entry(key(request)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}
