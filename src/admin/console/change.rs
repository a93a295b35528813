//! A change asked for by a form of ours.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use subtle::ConstantTimeEq;

use super::Console;
use super::frame::{Frame, page};
use crate::admin::auth::forbidden;
use crate::admin::error::ApiError;
use crate::admin::login::Login;
use crate::admin::role::Role;

/// The fields of a form that came from a page of this login, sent by someone who may change things.
pub(super) struct Change {
    pub(super) login: Login,
    fields: HashMap<String, String>,
}

impl Change {
    /// A field, without surrounding whitespace; `None` where it is missing or empty.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field that has to be there.
    pub(super) fn needed(&self, name: &str) -> &str {
        self.field(name).unwrap_or_default()
    }

    /// Says what came of it on the next page, and goes there: where the form asked for, among our own pages.
    pub(super) fn done(&self, console: &Console, result: Result<String, ApiError>, usual: &str) -> Response {
        let notice = match result {
            Ok(told) => (true, told),
            Err(error) => {
                error.log();
                let faults = error.faults().iter().map(|fault| format!("\n{fault}")).collect::<String>();
                (false, format!("{}{faults}", error.message()))
            }
        };
        console.gatekeeper.logins.tell(&self.login, notice);
        let back = self.field("back").filter(|back| is_ours(back)).unwrap_or(usual);
        Redirect::to(back).into_response()
    }
}

/// Whether this is a path on this listener and nowhere else.
pub(super) fn is_ours(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
}

impl FromRequest<Console> for Change {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let refused = |login: Option<&Login>, error: &ApiError| match login {
            Some(login) => {
                let frame = Frame::new(console, login, "");
                page(&frame, "Not done", maud::html! { p .lead { (error.message()) } }, error.status).into_response()
            }
            None => Redirect::to("/login").into_response(),
        };
        let login = request.extensions().get::<Login>().cloned();
        let Some(login) = login else { return Err(refused(None, &forbidden())) };
        let form = Form::<HashMap<String, String>>::from_request(request, console).await;
        let Ok(Form(fields)) = form else {
            let error = ApiError::bad_request("bad_form", "the form could not be read; it has at most 64 KiB");
            return Err(refused(Some(&login), &error));
        };
        let offered = fields.get("csrf").map(String::as_bytes).unwrap_or_default();
        if !bool::from(offered.ct_eq(login.csrf.as_bytes())) {
            let message =
                "this form is not of your login, or of an earlier one; go back, reload the page and try again";
            return Err(refused(Some(&login), &ApiError::new(StatusCode::FORBIDDEN, "csrf", message)));
        }
        if login.actor.role != Role::Operator {
            return Err(refused(Some(&login), &forbidden()));
        }
        Ok(Self { login, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn goes_nowhere_else() {
        assert!(is_ours("/requests?client=192.0.2.7"));
        for elsewhere in
            ["", "requests", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
        {
            assert!(!is_ours(elsewhere), "{elsewhere}");
        }
    }
}
