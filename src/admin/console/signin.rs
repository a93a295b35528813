//! Signing in with a token, and out.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use http::{HeaderMap, StatusCode, header};
use maud::html;
use serde_json::Value;

use super::Console;
use super::change::is_ours;
use super::frame::{document, mark};
use super::guard::{COOKIE, cookie};
use crate::admin::auth::Refused;
use crate::admin::login::Login;
use crate::admin::serve::Peer;
use crate::time::Timestamp;

/// `GET /login`
pub(super) async fn show(Query(query): Query<HashMap<String, String>>) -> Response {
    form(query.get("then").map_or("/", String::as_str), None, StatusCode::OK)
}

/// `POST /login`
pub(super) async fn enter(
    State(console): State<Console>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let then = fields.get("then").map(String::as_str).filter(|then| is_ours(then)).unwrap_or("/");
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return form(then, Some("another site sent this form; sign in here"), StatusCode::FORBIDDEN);
    }
    let token = fields.get("token").map(|token| token.trim()).unwrap_or_default();
    let now = Timestamp::now();
    let (actor, token) = match console.gatekeeper.admit(token.as_bytes(), peer, now) {
        Ok(admitted) => admitted,
        Err(Refused::Wrong) => {
            return form(then, Some("This is not a token of this filter."), StatusCode::UNAUTHORIZED);
        }
        Err(Refused::Throttled(wait)) => {
            let told = format!("Too many wrong tokens came from this address. Try again in {} s.", wait.as_secs() + 1);
            let mut answer = form(then, Some(&told), StatusCode::TOO_MANY_REQUESTS);
            answer.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
            return answer;
        }
    };
    let Ok(value) = console.gatekeeper.logins.begin(actor.clone(), token, now) else {
        return form(then, Some("The operating system gives no randomness."), StatusCode::INTERNAL_SERVER_ERROR);
    };
    console.parts.audit.note(&actor, "login", "console", Value::Null, Value::Null).await;
    let secure = if console.over_tls { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(then)).into_response()
}

/// `POST /logout`. Harmless for another site to ask for, and impossible: the cookie is not sent then.
pub(super) async fn leave(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    headers: HeaderMap,
) -> Response {
    if let Some(value) = cookie(&headers) {
        console.gatekeeper.logins.end(value);
    }
    console.parts.audit.note(&login.actor, "logout", "console", Value::Null, Value::Null).await;
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/login")).into_response()
}

fn form(then: &str, problem: Option<&str>, status: StatusCode) -> Response {
    let whole = document(
        "Sign in",
        html! {
            main #main .signin tabindex="-1" {
                div .brand { (mark()) span { "Portcullis" } }
                h1 { "Sign in" }
                @if let Some(problem) = problem { p .notice.bad role="alert" { (problem) } }
                form method="post" action="/login" {
                    input type="hidden" name="then" value=(then);
                    label { "Admin token"
                        input type="password" name="token" required autocomplete="current-password" spellcheck="false" autofocus;
                    }
                    button .primary type="submit" { "Sign in" }
                }
                p .quiet {
                    "The filter prints its token at the start and keeps it in the token file, "
                    code { "admin.token" } " in the data directory, unless its environment names another. "
                    code { "portcullis token new" } " makes more."
                }
            }
        },
    );
    (status, Html(whole.into_string())).into_response()
}
