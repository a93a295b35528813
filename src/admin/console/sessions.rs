//! Visits, and one of them with its requests and numbers.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::change::Change;
use super::frame::{Frame, SPANS, choice, field, given, listed, page, show_or_clear, table, trouble};
use super::{Console, features, text};
use crate::admin::activity;
use crate::admin::error::ApiError;
use crate::admin::extract::{Params, encoded};
use crate::admin::label;
use crate::admin::login::Login;
use crate::admin::sessions::{self, ListParams, SessionView};
use crate::behaviour::Limit;

/// Sessions on a page.
const PAGE: &str = "50";
/// Requests in a timeline.
const TIMELINE: &str = "200";
const COLUMNS: [&str; 9] =
    ["Ended (UTC)", "Client", "Judgement", "Rests on", "Requests", "POST", "Logins", "4xx", "Lasted"];

/// `GET /sessions`
pub(super) async fn list(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    params: Result<Params<ListParams>, ApiError>,
) -> Response {
    let frame = Frame::new(&console, &login, "/sessions");
    let find = async |params: &mut ListParams| {
        params.limit = Some(PAGE.to_owned());
        sessions::page(&console.parts, params).await
    };
    let (params, found) = listed(params, find).await;
    let main = html! {
        (filters(&params))
        @match found {
            Err(error) => (trouble(&error)),
            Ok(found) => {
                (table("Sessions, open ones first", &COLUMNS, &found.open.iter().chain(&found.judged).map(row).collect::<Vec<_>>(),
                    "No session matches. A session is judged while it runs, and when it closes some seconds after its last request."))
                @if let Some(next) = &found.next {
                    p .more { a .button href={ "/sessions?" (query(&params)) "&cursor=" (next) } { "Older sessions" } }
                }
            }
        }
    };
    page(&frame, "Sessions", main, StatusCode::OK)
}

/// `GET /sessions/{id}`
pub(super) async fn show(
    State(console): State<Console>,
    Extension(login): Extension<Login>,
    Path(id): Path<String>,
) -> Response {
    let frame = Frame::new(&console, &login, "/sessions");
    let session = match sessions::find(&console.parts, &id).await {
        Ok(session) => session,
        Err(error) => return page(&frame, "Session", trouble(&error), error.status),
    };
    let asked = activity::ListParams {
        session: Some(session.id.clone()),
        limit: Some(TIMELINE.to_owned()),
        ..Default::default()
    };
    let timeline = activity::page(&console.parts, &asked).await;
    page(&frame, "Session", one(&frame, &session, timeline), StatusCode::OK)
}

/// `POST /sessions/{id}/label`
pub(super) async fn label(State(console): State<Console>, Path(id): Path<String>, change: Change) -> Response {
    let labelled = label::set(&console.parts, &change.login.actor, &id, change.needed("behavior")).await;
    let told = labelled.map(|session| format!("Labelled: {}.", session.behavior.unwrap_or_default()));
    change.done(&console, told, &format!("/sessions/{}", encoded(&id)))
}

fn row(session: &SessionView) -> Vec<Markup> {
    let number = |feature: &str| html! { span .number { (text::count(session.number(feature))) } };
    vec![
        html! { a href={ "/sessions/" (session.id) } { (text::moment(&session.end)) } },
        html! { span .mono { (session.client) } },
        text::behaviour(session.behavior),
        html! { span .quiet { (cause(session.cause)) " " (text::percent(session.score)) } },
        number("numOfReqs"),
        number("numOfPostReqs"),
        number("numOfLoginAttempts"),
        number("sesCodes4xx"),
        html! { span .number { (text::span(session.number("sesDuration"))) } },
    ]
}

fn cause(cause: Option<&str>) -> &'static str {
    match cause {
        Some("text") => "an attack in a request",
        Some("features") => "its numbers",
        Some(limit) => passed(limit).unwrap_or_default(),
        None => "",
    }
}

/// What a client did that passed this limit.
fn passed(limit: &str) -> Option<&'static str> {
    Limit::ALL.into_iter().find(|known| known.as_str() == limit).map(Limit::describe)
}

fn filters(params: &ListParams) -> Markup {
    let judgements =
        [("", "Any judgement"), ("Abnormal", "abnormal"), ("Normal", "normal"), ("newSession", "not judged")];
    html! {
        form .filters method="get" action="/sessions" role="search" aria-label="Filter sessions" {
            (field("client", "Client", params.client.as_deref(), "192.0.2.7"))
            (choice("behavior", "Judgement", params.behavior.as_deref(), &judgements))
            (choice("since", "Time", params.since.as_deref(), &SPANS))
            (show_or_clear("/sessions"))
        }
    }
}

fn query(params: &ListParams) -> String {
    given(&[("client", &params.client), ("behavior", &params.behavior), ("since", &params.since)])
}

fn one(frame: &Frame, session: &SessionView, timeline: Result<activity::RequestPage, ApiError>) -> Markup {
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    let count = |feature: &str| html! { (text::count(session.number(feature))) };
    html! {
        p .lead { (text::behaviour(session.behavior)) " " (judgement(session)) }
        @if session.state == "judged" { (labels(frame, session)) }
        dl .facts {
            (fact("Client", html! { a .mono href={ "/requests?client=" (encoded(&session.client)) } { (session.client) } }))
            (fact("Session id", html! { span .mono { (session.id) } }))
            (fact("Last moment (UTC)", text::moment(&session.end)))
            (fact("Requests", count("numOfReqs")))
            (fact("POST requests", count("numOfPostReqs")))
            (fact("Login attempts", count("numOfLoginAttempts")))
            (fact("Answers 400 to 499", count("sesCodes4xx")))
            (fact("Lasted", html! { (text::span(session.number("sesDuration"))) }))
            @if let Some(active) = session.active { (fact("Counts towards a ban", html! { (if active { "yes" } else { "no" }) })) }
            @if let Some(model) = &session.model { (fact("Judged by", html! { (model) })) }
        }
        (features::spoke(session))
        section aria-labelledby="timeline" {
            h2 #timeline { "Timeline" }
            @match timeline {
                Err(error) => (trouble(&error)),
                Ok(found) => (table("Requests of the session, newest first", &super::requests::COLUMNS,
                    &found.requests.iter().map(super::requests::row).collect::<Vec<_>>(), "No request of it is stored.")),
            }
        }
    }
}

fn judgement(session: &SessionView) -> String {
    let passed = session.cause.and_then(passed).map(|what| format!("Its client passed a limit: {what}."));
    let score =
        session.score.map(|score| format!(" The model of visits gives {} for abnormal.", text::percent(Some(score))));
    let why = match (session.behavior, session.cause) {
        (Some("Abnormal"), Some("text")) => "A request of it carried a text taken for an attack.",
        (Some("Abnormal"), _) => "Its numbers below are those of an abnormal visit.",
        (Some("Normal"), Some(_)) => "It was judged abnormal, and a person says that it was normal.",
        (Some("Normal"), None) => "Nothing about it counts as abnormal.",
        (Some(_), _) => "It was not judged.",
        (None, _) => "It is still open: it is judged as it goes on and when it closes.",
    };
    let why = passed.filter(|_| session.behavior == Some("Abnormal")).unwrap_or_else(|| why.to_owned());
    format!("{why}{}", score.unwrap_or_default())
}

fn labels(frame: &Frame, session: &SessionView) -> Markup {
    let action = format!("/sessions/{}/label", session.id);
    let inner = html! {
        fieldset {
            legend { "What was it really?" }
            @for (value, word) in [("Normal", "Normal"), ("Abnormal", "Abnormal"), ("newSession", "Not judged")] {
                button type="submit" name="behavior" value=(value) aria-pressed=(if session.behavior == Some(value) { "true" } else { "false" }) { (word) }
            }
        }
    };
    frame.form(&action, "labels", inner)
}
