//! The activity log, and one request of it.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::frame::{Frame, SPANS, choice, field, given, listed, page, show_or_clear, table, trouble};
use super::{Console, bans, text};
use crate::admin::activity::{self, ListParams, RequestDetail, RequestView};
use crate::admin::error::ApiError;
use crate::admin::extract::{Params, encoded};
use crate::admin::login::Login;
use crate::inspection::AttackClass;

/// Requests on a page.
const PAGE: &str = "50";

/// The columns of [`row`].
pub(super) const COLUMNS: [&str; 6] = ["Time (UTC)", "Client", "Request", "Status", "Verdict", "Found"];

/// `GET /requests`
pub(super) async fn list(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    params: Result<Params<ListParams>, ApiError>,
) -> Response {
    let frame = Frame::new(&console, &login, "/requests");
    let find = async |params: &mut ListParams| {
        params.limit = Some(PAGE.to_owned());
        activity::page(&console.parts, params).await
    };
    let (params, found) = listed(params, find).await;
    let main = html! {
        (filters(&params))
        @match found {
            Err(error) => (trouble(&error)),
            Ok(found) => {
                (table("Requests, newest first", &COLUMNS, &found.requests.iter().map(row).collect::<Vec<_>>(),
                    "No request matches. Take a filter away, or wait a second: records are written in batches."))
                @if let Some(next) = &found.next {
                    p .more { a .button href={ "/requests?" (query(&params)) "&cursor=" (next) } { "Older requests" } }
                }
            }
        }
    };
    page(&frame, "Requests", main, StatusCode::OK)
}

/// `GET /requests/{id}`
pub(super) async fn show(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    Path(id): Path<String>,
) -> Response {
    let frame = Frame::new(&console, &login, "/requests");
    match activity::find(&console.parts, &id).await {
        Ok(detail) => page(&frame, "Request", one(&frame, &detail), StatusCode::OK),
        Err(error) => page(&frame, "Request", trouble(&error), error.status),
    }
}

/// A request in a table of [`COLUMNS`].
pub(super) fn row(request: &RequestView) -> Vec<Markup> {
    vec![
        html! { a href={ "/requests/" (request.id) } { (text::moment(&request.time)) } },
        html! { span .mono { (request.client_ip) } },
        html! { span .mono.request { b { (request.method) } " " (request.url) } },
        html! { span .number { (request.status) } },
        html! { (text::verdict(request.verdict)) @if let Some(why) = request.class.or(request.reason) { span .why.quiet { (why) " " (text::percent(request.score.filter(|_| request.class.is_some()))) } } },
        html! { @for finding in request.findings.iter().take(2) { (excerpt(finding)) } @if request.findings.len() > 2 { span .quiet { "and " (request.findings.len() - 2) " more" } } },
    ]
}

fn excerpt(finding: &activity::FindingView) -> Markup {
    html! {
        span .finding {
            span .quiet { (finding.place) " " (finding.name) }
            @if !finding.excerpt.is_empty() { code { (finding.excerpt) } }
        }
    }
}

fn filters(params: &ListParams) -> Markup {
    let classes: Vec<_> = std::iter::once(("", "Any class"))
        .chain(AttackClass::ALL.map(|class| (class.as_str(), class.as_str())))
        .collect();
    let verdicts = [("", "Any verdict"), ("refuse", "refused"), ("flag", "flagged"), ("allow", "allowed")];
    html! {
        form .filters method="get" action="/requests" role="search" aria-label="Filter requests" {
            (field("client", "Client", params.client.as_deref(), "192.0.2.7"))
            (choice("verdict", "Verdict", params.verdict.as_deref(), &verdicts))
            (choice("class", "Class", params.class.as_deref(), &classes))
            (field("route", "Path begins", params.route.as_deref(), "/shop/"))
            (choice("since", "Time", params.since.as_deref(), &SPANS))
            (field("session", "Session", params.session.as_deref(), "24 hex digits"))
            (show_or_clear("/requests"))
        }
        form .filters.find data-goto="/requests/" role="search" aria-label="Find a request by the id on a refusal page" {
            label { "Request id, from a refusal page" input name="id" pattern="[0-9a-fA-F]{24}" placeholder="24 hex digits" autocomplete="off" spellcheck="false"; }
            button type="submit" { "Why?" }
        }
    }
}

fn query(params: &ListParams) -> String {
    given(&[
        ("client", &params.client),
        ("verdict", &params.verdict),
        ("class", &params.class),
        ("route", &params.route),
        ("since", &params.since),
        ("until", &params.until),
        ("session", &params.session),
    ])
}

fn one(frame: &Frame, detail: &RequestDetail) -> Markup {
    let request = &detail.request;
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    html! {
        p .lead { (text::verdict(request.verdict)) " " (detail.explanation) }
        @match &detail.ban {
            Some(ban) => section .panel.attention aria-labelledby="ban" {
                h2 #ban { "Its client is banned now" }
                p { span .mono { (ban.address) } ", by " (ban.origin) ", until "
                    @match &ban.until { Some(until) => (text::moment(until)), None => "someone lifts it" } ": " (ban.reason) }
                (bans::lift_button(frame, &ban.address, &format!("/requests/{}", request.id)))
            },
            None => p .quiet { "No ban is in force on its client." },
        }
        dl .facts {
            (fact("Time (UTC)", text::moment(&request.time)))
            (fact("Request id", html! { span .mono { (request.id) } }))
            (fact("Client", html! { a .mono href={ "/requests?client=" (encoded(&request.client)) } { (request.client_ip) } }))
            (fact("Session", html! { @match &request.session { Some(id) => a .mono href={ "/sessions/" (id) } { (id) }, None => "none: barred at the edge" } }))
            (fact("Site", html! { span .mono { (request.origin) } }))
            (fact("Request", html! { span .mono.request { b { (request.method) } " " (request.url) } }))
            (fact("Status", html! { (request.status) }))
            (fact("Took", html! { (text::latency(request.latency_us)) }))
            (fact("Body", html! { (text::count(request.request_bytes)) " bytes in, " (text::count(request.response_bytes)) " bytes out" }))
            @if !request.escaped.is_empty() {
                (fact("Not UTF-8", html! { (request.escaped.join(", ")) ": " code { r"\xHH" } " is a byte, " code { r"\\" } " a backslash" }))
            }
            @for (part, length) in &request.cut {
                (fact("Cut", html! { (part) ", of " (text::count(*length)) }))
            }
        }
        section aria-labelledby="findings" {
            h2 #findings { "Findings" }
            (table("Findings", &["Where", "Suspicion", "Probability", "Excerpt"], &findings(request), "Nothing was suspected."))
        }
        section aria-labelledby="headers" {
            h2 #headers { "Headers" }
            (table("Headers, secrets redacted", &["Name", "Value"], &headers(request), "No header was kept."))
        }
        @if let Some(body) = &request.request_body {
            section aria-labelledby="body" { h2 #body { "Body" } pre tabindex="0" { (serde_json::to_string_pretty(body).unwrap_or_default()) } }
        }
        (bans::ban_form(frame, &request.client, &format!("request {}", request.id)))
    }
}

fn findings(request: &RequestView) -> Vec<Vec<Markup>> {
    let row = |finding: &activity::FindingView| {
        vec![
            html! { (finding.place) " " span .mono { (finding.name) } },
            html! { (finding.suspicion) ": " (finding.class) },
            html! { span .number { (text::percent(finding.score)) } },
            html! { @if finding.excerpt.is_empty() { span .quiet { "withheld" } } @else { code { (finding.excerpt) } } },
        ]
    };
    request.findings.iter().map(row).collect()
}

fn headers(request: &RequestView) -> Vec<Vec<Markup>> {
    let row =
        |(name, value): &(String, String)| vec![html! { span .mono { (name) } }, html! { span .mono { (value) } }];
    request.headers.iter().map(row).collect()
}
