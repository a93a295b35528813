//! Every change, newest first.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::frame::{Frame, page, table};
use super::{Console, text};
use crate::admin::audit::Change;
use crate::admin::login::Login;

/// Changes on the page; the API pages through more.
const LATEST: usize = 200;

/// `GET /audit`
pub(super) async fn show(State(console): State<Console>, Extension(login): Extension<Login>) -> Response {
    let frame = Frame::new(&console, &login, "/audit");
    let rows: Vec<_> = console.parts.audit.latest(LATEST).iter().map(|change| row(change)).collect();
    let columns = ["Time (UTC)", "Who", "What", "Of", "Before", "After"];
    let main = html! {
        p .quiet { "The latest " (LATEST) " changes; " code { "GET /api/v1/audit" } " has more, the files " code { "audit.*.jsonl" } " in the data directory all." }
        (table("Changes, newest first", &columns, &rows, "Nothing was changed yet."))
    };
    page(&frame, "Audit", main, StatusCode::OK)
}

fn row(change: &Change) -> Vec<Markup> {
    vec![
        text::moment(&change.time),
        html! { (change.actor) " " span .quiet { (change.role.as_str()) " " (change.address.as_deref().unwrap_or("")) } },
        html! { (change.action) },
        html! { span .mono { (change.target) } },
        value(&change.before),
        value(&change.after),
    ]
}

/// What a change was made from or to: its keys and values, those without a value left out.
fn value(value: &Value) -> Markup {
    match value {
        Value::Null => html! { span .quiet { "–" } },
        Value::Object(fields) => html! {
            ul .pairs {
                @for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    li { span .quiet { (key) } " " (self::value(value)) }
                }
            }
        },
        Value::Array(entries) => html! { @for entry in entries { (self::value(entry)) } },
        Value::String(text) => html! { (text) },
        other => html! { (other) },
    }
}
