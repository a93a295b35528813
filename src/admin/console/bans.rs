//! Bans: see, add, lift one, lift many.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::Console;
use super::change::Change;
use super::frame::{Frame, choice, field, listed, page, show_or_clear, table, trouble};
use super::text;
use crate::admin::bans::{self, BanView, ListParams, NewBan};
use crate::admin::error::ApiError;
use crate::admin::extract::{Params, encoded};
use crate::admin::login::Login;
use crate::admin::release::{self, Released};

/// Bans on a page.
const PAGE: &str = "100";
const COLUMNS: [&str; 6] = ["Address", "By", "Since (UTC)", "Until (UTC)", "Reason", "Let in"];

/// `GET /bans`
pub(super) async fn list(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    params: Result<Params<ListParams>, ApiError>,
) -> Response {
    let frame = Frame::new(&console, &login, "/bans");
    let find = async |params: &mut ListParams| {
        params.limit = Some(PAGE.to_owned());
        bans::page(&console.parts, params, 100)
    };
    let (params, found) = listed(params, find).await;
    let main = html! {
        (filters(&params))
        @match found {
            Err(error) => (trouble(&error)),
            Ok(found) => {
                p .quiet { (text::count(u64::try_from(found.total).unwrap_or(u64::MAX))) " in force" }
                (table("Bans, newest first", &COLUMNS, &found.bans.iter().map(|ban| row(&frame, ban)).collect::<Vec<_>>(),
                    "Nobody is banned."))
                @if let Some(next) = &found.next {
                    p .more { a .button href={ "/bans?client=" (encoded(params.client.as_deref().unwrap_or_default())) "&cursor=" (next) } { "Older bans" } }
                }
            }
        }
        div .columns { (ban_form(&frame, "", "")) (release_form(&frame)) }
    };
    page(&frame, "Bans", main, StatusCode::OK)
}

/// `POST /bans`
pub(super) async fn add(State(console): State<Console>, change: Change) -> Response {
    let asked = NewBan {
        address: change.needed("address").to_owned(),
        duration: change.field("duration").map(str::to_owned),
        reason: change.field("reason").map(str::to_owned),
    };
    let made = bans::make(&console.parts, &change.login.actor, &asked).await;
    let told = made.map(|made| format!("{} is banned{}", made.ban.address, stored(made.saved)));
    change.done(&console, told, "/bans")
}

/// `POST /bans/lift`
pub(super) async fn lift(State(console): State<Console>, change: Change) -> Response {
    let lifted = match bans::scope(change.needed("address")) {
        Ok(scope) => release::one(&console.parts, &change.login.actor, scope).await,
        Err(error) => Err(error),
    };
    change.done(&console, lifted.map(|released| told(&released)), "/bans")
}

/// `POST /bans/release`
pub(super) async fn release(State(console): State<Console>, change: Change) -> Response {
    let addresses: Vec<_> = change
        .needed("addresses")
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let released = release::all(&console.parts, &change.login.actor, &addresses).await;
    change.done(&console, released.map(|released| told(&released)), "/bans")
}

fn told(released: &Released) -> String {
    let lifted = match released.lifted.as_slice() {
        [] => "No ban was lifted".to_owned(),
        [one] => format!("{one} may come in again"),
        many => format!("{} bans are lifted", many.len()),
    };
    let without = match released.without_ban.len() {
        0 => String::new(),
        some => format!("; {some} had no ban, their strikes are cleared"),
    };
    format!("{lifted}{without}{}", stored(released.saved))
}

fn stored(saved: bool) -> &'static str {
    if saved { "." } else { "; the store did not take it yet and is told again." }
}

fn row(frame: &Frame, ban: &BanView) -> Vec<Markup> {
    vec![
        html! { span .mono { (ban.address) } },
        html! { (ban.origin) },
        text::moment(&ban.since),
        html! { @match &ban.until { Some(until) => (text::moment(until)), None => span .quiet { "until lifted" } } },
        html! { (ban.reason) @if let Some(session) = &ban.evidence { " " a href={ "/sessions/" (session) } { "session" } } },
        lift_button(frame, &ban.address, "/bans"),
    ]
}

/// A button that lifts the ban of this address and comes back.
pub(super) fn lift_button(frame: &Frame, address: &str, back: &str) -> Markup {
    frame.form(
        "/bans/lift",
        "inline",
        html! {
            input type="hidden" name="address" value=(address);
            input type="hidden" name="back" value=(back);
            button type="submit" aria-label={ "Unban " (address) } { "Unban" }
        },
    )
}

/// A form that bans, filled in with this.
pub(super) fn ban_form(frame: &Frame, address: &str, reason: &str) -> Markup {
    frame.form(
        "/bans",
        "panel",
        html! {
            h2 { "Ban" }
            label { "Address or range" input name="address" value=(address) required placeholder="192.0.2.0/24" autocomplete="off" spellcheck="false"; }
            label { "For; empty: until someone lifts it" input name="duration" placeholder="10m" autocomplete="off"; }
            label { "Reason, for other operators" input name="reason" value=(reason) maxlength="256" autocomplete="off"; }
            button .danger type="submit" { "Ban" }
        },
    )
}

fn release_form(frame: &Frame) -> Markup {
    frame.form(
        "/bans/release",
        "panel",
        html! {
            h2 { "Let many in" }
            label { "Addresses and ranges, one a line; of a range, every ban within it is lifted"
                textarea name="addresses" rows="4" required spellcheck="false" {} }
            p .quiet { "Strikes and the score of the session under way are cleared as well, and behaviour bans nobody there for the time of grace." }
            button type="submit" { "Let in" }
        },
    )
}

fn filters(params: &ListParams) -> Markup {
    let origins = [("", "Anyone"), ("behaviour", "behaviour"), ("operator", "operator"), ("import", "import")];
    html! {
        form .filters method="get" action="/bans" role="search" aria-label="Filter bans" {
            (field("client", "Touches address or range", params.client.as_deref(), "192.0.2.7"))
            (choice("origin", "Asked for by", params.origin.as_deref(), &origins))
            (show_or_clear("/bans"))
        }
    }
}
