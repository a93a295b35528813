//! Forms: signing in, comments, uploads.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use memchr::memmem;

use super::form;
use super::page::{escape, page};
use super::shop::{Comment, Shop};

/// The only account there is.
const NAME: &str = "demo";
/// Its password: a demo site has no secrets.
const PASSWORD: &str = "drawbridge";

/// `GET /login`
pub(super) async fn login_form() -> Html<String> {
    page("Sign in", &login_content(""))
}

/// `POST /login`
pub(super) async fn login(body: Bytes) -> Response {
    let name = form::value(&body, "username").unwrap_or_default();
    let password = form::value(&body, "password").unwrap_or_default();
    if name == NAME && password == PASSWORD {
        let cookie = [(header::SET_COOKIE, "shop_session=demo; Path=/; HttpOnly; SameSite=Lax")];
        return (cookie, page("Welcome", "<h1>Welcome back</h1><p>You are signed in.</p>")).into_response();
    }
    let told = "<p class=\"wrong\">This name and password do not go together.</p>";
    (StatusCode::UNAUTHORIZED, page("Sign in", &login_content(told))).into_response()
}

fn login_content(told: &str) -> String {
    format!(
        "<h1>Sign in</h1>{told}<form method=\"post\" action=\"/login\">\
         <label>Name <input name=\"username\" autocomplete=\"username\" required></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\
         <button>Sign in</button></form><p class=\"hint\">The demo account is {NAME} with {PASSWORD}.</p>"
    )
}

/// `GET /comments`
pub(super) async fn comments(State(shop): State<Arc<Shop>>) -> Html<String> {
    let mut content = "<h1>Guest book</h1><form method=\"post\" action=\"/comments\">\
         <label>Name <input name=\"author\" maxlength=\"80\" required></label>\
         <label>Comment <textarea name=\"text\" rows=\"4\" maxlength=\"2000\" required></textarea></label>\
         <button>Leave it</button></form>"
        .to_owned();
    for comment in shop.comments.newest(|Comment { author, text }| (escape(author), escape(text))) {
        // Writing to a String cannot fail.
        let _ = write!(content, "<blockquote><p>{}</p><footer>{}</footer></blockquote>", comment.1, comment.0);
    }
    page("Guest book", &content)
}

/// `POST /comments`
pub(super) async fn comment(State(shop): State<Arc<Shop>>, body: Bytes) -> Response {
    let author = form::value(&body, "author").unwrap_or_else(|| "Somebody".to_owned());
    let Some(text) = form::value(&body, "text").or_else(|| form::value(&body, "comment")) else {
        return (StatusCode::BAD_REQUEST, page("Guest book", "<h1>Nothing was written</h1>")).into_response();
    };
    shop.comments.push(|_| Comment { author: first(&author, 80), text: first(&text, 2_000) });
    Redirect::to("/comments").into_response()
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// `GET /upload`
pub(super) async fn upload_form() -> Html<String> {
    page(
        "Send a picture",
        "<h1>Send us a picture</h1><p>Of a product of ours at your home. Nothing is kept.</p>\
         <form method=\"post\" action=\"/upload\" enctype=\"multipart/form-data\">\
         <label>Title <input name=\"title\" maxlength=\"120\"></label>\
         <label>File <input name=\"file\" type=\"file\" required></label><button>Send</button></form>",
    )
}

/// `POST /upload`: counts what arrived and forgets it.
pub(super) async fn upload(headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with(b"multipart/form-data") {
        let told = "<h1>That was no form with a file</h1>";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, page("Send a picture", told)).into_response();
    }
    let files = memmem::find_iter(&body, b"filename=").count();
    let told = format!("<h1>Thank you</h1><p>{files} file(s) arrived, {} bytes in all.</p>", body.len());
    page("Thank you", &told).into_response()
}
