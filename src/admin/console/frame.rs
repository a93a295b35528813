//! What all pages have: the head, the way around, who is signed in, what the last change came to.

use std::sync::Arc;

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::{Console, text};
use crate::admin::error::ApiError;
use crate::admin::extract::{Params, encoded};
use crate::admin::login::Login;
use crate::admin::role::Role;

/// The pages one can go to: address, name.
const PAGES: [(&str, &str); 7] = [
    ("/", "Overview"),
    ("/requests", "Requests"),
    ("/sessions", "Sessions"),
    ("/bans", "Bans"),
    ("/rules", "Rules"),
    ("/status", "Status"),
    ("/audit", "Audit"),
];

/// What surrounds a page.
pub(super) struct Frame {
    name: String,
    role: Role,
    csrf: Arc<str>,
    mode: &'static str,
    here: &'static str,
    notice: Option<(bool, String)>,
}

impl Frame {
    /// Around the page at this address, for this login.
    pub(super) fn new(console: &Console, login: &Login, here: &'static str) -> Self {
        Self {
            name: login.actor.name.clone(),
            role: login.actor.role,
            csrf: Arc::clone(&login.csrf),
            mode: (console.parts.status)().mode.as_str(),
            here,
            notice: console.gatekeeper.logins.take_notice(login),
        }
    }

    /// Whether who looks may change things.
    pub(super) fn may_change(&self) -> bool {
        self.role == Role::Operator
    }

    /// A form that changes something, with this login's secret in it; nothing for a viewer.
    pub(super) fn form(&self, action: &str, class: &str, inner: Markup) -> Markup {
        html! {
            @if self.may_change() {
                form method="post" action=(action) class=(class) {
                    input type="hidden" name="csrf" value=(self.csrf);
                    (inner)
                }
            }
        }
    }
}

/// A whole page.
pub(super) fn page(frame: &Frame, title: &str, main: Markup, status: StatusCode) -> Response {
    let whole = document(
        title,
        html! {
            header .bar {
                a .brand href="/" { (mark()) span { "Portcullis" } }
                (text::mode(frame.mode))
                nav aria-label="Pages" {
                    ul {
                        @for (address, name) in PAGES {
                            li { a href=(address) aria-current=[(address == frame.here).then_some("page")] { (name) } }
                        }
                    }
                }
                form .who method="post" action="/logout" {
                    input type="hidden" name="csrf" value=(frame.csrf);
                    span { (frame.name) " " span .quiet { (frame.role.as_str()) } }
                    button .link type="submit" { "Sign out" }
                }
            }
            main #main tabindex="-1" {
                h1 { (title) }
                @if let Some((good, told)) = &frame.notice {
                    p class=(if *good { "notice good" } else { "notice bad" }) role="status" { (told) }
                }
                (main)
            }
        },
    );
    (status, Html(whole.into_string())).into_response()
}

/// The document around a page's body.
pub(super) fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Portcullis" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/console.css";
                script src="/console.js" defer {}
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    }
}

/// The mark: a gate of bars.
pub(super) fn mark() -> Markup {
    html! {
        svg .mark viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            path d="M4 21V8a8 8 0 0 1 16 0v13M4 11h16M4 16h16M8 4.5V21M12 3v18M16 4.5V21" {}
        }
    }
}

/// What is said in place of content that could not be had.
pub(super) fn trouble(error: &ApiError) -> Markup {
    error.log();
    html! {
        p .notice.bad role="alert" {
            (error.message()) ". "
            @if error.status == StatusCode::SERVICE_UNAVAILABLE {
                "Counts and bans come from memory and are right; records come back when the store does."
            }
        }
    }
}

/// What a list's address asks for, and what is found of it. Filters that cannot be read are left empty and say why.
pub(super) async fn listed<P: Default, T>(
    params: Result<Params<P>, ApiError>,
    find: impl AsyncFnOnce(&mut P) -> Result<T, ApiError>,
) -> (P, Result<T, ApiError>) {
    match params {
        Ok(Params(mut params)) => {
            let found = find(&mut params).await;
            (params, found)
        }
        Err(error) => (P::default(), Err(error)),
    }
}

/// The filters that are given, for the address of the next page.
pub(super) fn given(filters: &[(&str, &Option<String>)]) -> String {
    let given =
        filters.iter().filter_map(|(key, value)| Some((key, value.as_deref().filter(|value| !value.is_empty())?)));
    given.map(|(key, value)| format!("{key}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// A table that scrolls by itself, with the name of each column; on a phone each row is a card.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>], empty: &str) -> Markup {
    html! {
        @if rows.is_empty() {
            p .empty { (empty) }
        } @else {
            div .scroll {
                // The roles are the elements' own; some browsers forget them where a style lays rows out as cards.
                table role="table" {
                    caption .unseen { (caption) }
                    thead role="rowgroup" { tr role="row" { @for column in columns { th role="columnheader" scope="col" { (column) } } } }
                    tbody role="rowgroup" {
                        @for row in rows {
                            tr role="row" { @for (cell, column) in row.iter().zip(columns) { td role="cell" data-label=(column) { div .cell { (cell) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// A choice in a filter.
pub(super) fn choice(name: &str, label: &str, chosen: Option<&str>, options: &[(&str, &str)]) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                @for (value, shown) in options {
                    option value=(value) selected[chosen.unwrap_or_default() == *value] { (shown) }
                }
            }
        }
    }
}

/// A field in a filter.
pub(super) fn field(name: &str, label: &str, value: Option<&str>, example: &str) -> Markup {
    html! {
        label { (label)
            input name=(name) value=(value.unwrap_or_default()) placeholder=(example) autocomplete="off" spellcheck="false";
        }
    }
}

/// Spans of time one may look at.
pub(super) const SPANS: [(&str, &str); 6] = [
    ("", "Any time"),
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("24h", "Last day"),
    ("7d", "Last week"),
    ("30d", "Last month"),
];

/// The buttons of a filter: show what matches, or everything again.
pub(super) fn show_or_clear(address: &str) -> Markup {
    html! {
        div .go {
            button type="submit" { "Show" }
            a .button.quiet href=(address) { "Clear" }
        }
    }
}
