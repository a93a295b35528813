//! What runs here, and reading its configuration again.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::change::Change;
use super::frame::{Frame, page, table};
use super::{Console, text};
use crate::admin::login::Login;
use crate::admin::reload::{self, Reloaded};
use crate::admin::status::StatusView;

/// `GET /status`
pub(super) async fn show(State(console): State<Console>, Extension(login): Extension<Login>) -> Response {
    let frame = Frame::new(&console, &login, "/status");
    let status = StatusView::now(&console.parts);
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    let components: Vec<Vec<Markup>> = (console.parts.readiness)()
        .iter()
        .map(|part| vec![html! { (part.name) }, text::works(part.ok), html! { (part.detail) }])
        .collect();
    let models: Vec<Vec<Markup>> =
        status.models.iter().map(|model| vec![html! { (model.kind) }, html! { (model.version) }]).collect();
    let main = html! {
        dl .facts {
            (fact("Version", html! { (status.version) }))
            (fact("Mode", text::mode(status.mode)))
            (fact("Started (UTC)", text::moment(&status.started)))
            (fact("Running for", html! { (text::span(status.uptime_s * 1_000)) }))
            (fact("Store", html! { (status.store) }))
            (fact("Records waiting", html! { (status.queue.length) " of " (status.queue.capacity) }))
            (fact("Records dropped", html! { (text::count(status.queue.dropped)) }))
            (fact("Open sessions", html! { (status.open_sessions) }))
        }
        section aria-labelledby="models" { h2 #models { "Models" } (table("Models in use", &["Judges", "Name and version"], &models, "None.")) }
        section aria-labelledby="parts" { h2 #parts { "Parts" } (table("State of each part", &["Part", "State", "Detail"], &components, "None.")) }
        (frame.form("/reload", "panel", html! {
            h2 { "Configuration" }
            p { "Reads the file again. Mode, sensitivity, routes, exclusions, the allowlist and tokens take effect at once; a file with a fault changes nothing." }
            button type="submit" { "Reload" }
        }))
    };
    page(&frame, "Status", main, StatusCode::OK)
}

/// `POST /reload`
pub(super) async fn reload(State(console): State<Console>, change: Change) -> Response {
    let reloaded = reload::run(&console.parts, &change.login.actor).await;
    change.done(&console, reloaded.map(|reloaded| told(&reloaded)), "/status")
}

fn told(reloaded: &Reloaded) -> String {
    let keys: Vec<_> = reloaded.changed.iter().map(|change| change.key.as_str()).collect();
    let changed = if keys.is_empty() { "Nothing changed".to_owned() } else { format!("Changed: {}", keys.join(", ")) };
    let restart = match reloaded.needs_restart.join(", ") {
        none if none.is_empty() => String::new(),
        some => format!(" A restart is needed for: {some}."),
    };
    format!("{changed}.{restart}")
}
