//! Who may use the API.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::ApiError;

/// Characters a token has at least.
pub const MIN_TOKEN_CHARS: usize = 16;

/// The secret that opens the API. Never shown by `Debug`.
#[derive(Clone)]
pub struct AdminToken {
    secret: String,
    digest: [u8; 32],
}

/// A text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an admin token has at least {MIN_TOKEN_CHARS} characters, all of them visible ASCII")]
pub struct WeakToken;

impl AdminToken {
    /// A new token of 32 random bytes, in 43 characters of base64url.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self::of(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret itself, to be shown once to the operator who started the filter, and never logged.
    pub fn reveal(&self) -> &str {
        &self.secret
    }

    /// Whether this is the token. Takes the same time whatever is offered: digests are compared.
    fn admits(&self, offered: &[u8]) -> bool {
        Sha256::digest(offered).as_slice().ct_eq(&self.digest).into()
    }

    fn of(secret: String) -> Self {
        Self { digest: Sha256::digest(secret.as_bytes()).into(), secret }
    }
}

impl TryFrom<String> for AdminToken {
    type Error = WeakToken;

    /// Takes surrounding whitespace off, as a file's last line break.
    fn try_from(text: String) -> Result<Self, WeakToken> {
        let secret = text.trim();
        let fits = secret.len() >= MIN_TOKEN_CHARS && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self::of(secret.to_owned())) } else { Err(WeakToken) }
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// Lets a request through that has the token.
pub(super) async fn require_token(State(token): State<Arc<AdminToken>>, request: Request, next: Next) -> Response {
    match bearer(request.headers()) {
        Some(offered) if token.admits(offered) => next.run(request).await,
        Some(_) => {
            tracing::warn!("a wrong admin token was refused");
            unauthorized("the token is wrong")
        }
        None => unauthorized("send the admin token as Authorization: Bearer TOKEN"),
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

fn unauthorized(message: &str) -> Response {
    let mut response = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_tokens_are_refused_and_none_is_shown() {
        for weak in ["", "short", "fifteen-chars-x", "has a space in the middle", "umlaut-äöü-äöü-äöü"] {
            assert_eq!(AdminToken::try_from(weak.to_owned()).err(), Some(WeakToken), "{weak}");
        }
        let token = AdminToken::try_from(" sixteen-chars-xx\n".to_owned()).unwrap();
        assert_eq!(token.reveal(), "sixteen-chars-xx");
        assert!(!format!("{token:?}").contains("sixteen"));
    }

    #[test]
    fn generated_tokens_differ_and_admit_only_themselves() {
        let (one, other) = (AdminToken::generate().unwrap(), AdminToken::generate().unwrap());
        assert_eq!(one.reveal().len(), 43);
        assert!(one.admits(one.reveal().as_bytes()));
        assert!(!one.admits(other.reveal().as_bytes()));
        assert!(!one.admits(b""));
    }

    #[test]
    fn reads_one_bearer_header() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            headers
        };
        assert_eq!(bearer(&headers(&["bearer  abc"])), Some(b"abc".as_slice()));
        for none in [&[][..], &["Basic abc"], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(none)), None, "{none:?}");
        }
    }
}
