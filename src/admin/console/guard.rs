//! Who looks at a page: the cookie, and where to go without one.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method, header};

use super::Console;
use crate::admin::extract::encoded;
use crate::time::Timestamp;

/// The cookie's name.
pub(super) const COOKIE: &str = "portcullis";

/// Lets a request through whose cookie stands for a login, and notes whose; sends others to the sign-in.
pub(super) async fn require_login(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let gatekeeper = &console.gatekeeper;
    let login = cookie(request.headers())
        .and_then(|cookie| gatekeeper.logins.of(cookie, &gatekeeper.keyring, Timestamp::now()));
    match login {
        Some(login) => {
            request.extensions_mut().insert(login);
            next.run(request).await
        }
        None if request.method() == Method::GET && request.uri().path() != "/live" => {
            let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
            Redirect::to(&format!("/login?then={}", encoded(wanted))).into_response()
        }
        None => Redirect::to("/login").into_response(),
    }
}

/// The value of our cookie.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}
