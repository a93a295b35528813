//! What the operator has taken out or set apart: exclusions, routes, the allowlist.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::frame::{Frame, page, table};
use super::{Console, text};
use crate::admin::login::Login;

/// `GET /rules`
pub(super) async fn show(State(console): State<Console>, Extension(login): Extension<Login>) -> Response {
    let frame = Frame::new(&console, &login, "/rules");
    let status = (console.parts.status)();
    let rules = &status.rules;
    let any = |value: &Option<String>| match value {
        Some(value) => html! { span .mono { (value) } },
        None => html! { span .quiet { "any" } },
    };
    let exclusions: Vec<Vec<Markup>> = rules
        .exclusions
        .iter()
        .map(|rule| {
            let classes = if rule.classes.is_empty() { "any".to_owned() } else { rule.classes.join(", ") };
            vec![any(&rule.path), any(&rule.parameter), html! { (classes) }]
        })
        .collect();
    let routes: Vec<Vec<Markup>> = rules
        .routes
        .iter()
        .map(|route| {
            let limit = route
                .body_limit
                .map_or_else(|| "as elsewhere".to_owned(), |bytes| format!("{} bytes", text::count(bytes)));
            vec![html! { span .mono { (route.path) } }, any(&route.mode), html! { (limit) }]
        })
        .collect();
    let allowlist: Vec<Vec<Markup>> = rules.allowlist.iter().map(|net| vec![html! { span .mono { (net) } }]).collect();
    let main = html! {
        p .lead { (text::mode(status.mode.as_str())) " Sensitivity: " strong { (rules.sensitivity) } ". "
            "These come from the configuration file; change them there and reload on the " a href="/status" { "status page" } "." }
        section aria-labelledby="exclusions" { h2 #exclusions { "Exclusions" }
            p .quiet { "Findings that are not counted. All that is given must match." }
            (table("Exclusions", &["Path begins", "Parameter", "Classes"], &exclusions, "None: every finding counts.")) }
        section aria-labelledby="routes" { h2 #routes { "Routes" }
            (table("Routes with terms of their own", &["Path begins", "Mode", "Body limit"], &routes, "None: the same terms hold everywhere.")) }
        section aria-labelledby="allowlist" { h2 #allowlist { "Allowlist" }
            (table("Networks that are never banned", &["Network"], &allowlist, "Empty: anyone may be banned.")) }
    };
    page(&frame, "Rules", main, StatusCode::OK)
}
