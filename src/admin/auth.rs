//! Who may use the API.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::error::ApiError;
use super::keyring::{Actor, Keyring};
use super::login::Logins;
use super::role::{Role, TokenHash};
use super::serve::Peer;
use super::throttle::Throttle;
use crate::client::{self, ClientIp};
use crate::metrics::AdminMetrics;
use crate::time::Timestamp;

/// Characters a token has at least.
pub const MIN_TOKEN_CHARS: usize = 16;

/// The secret that opens the API. Never shown by `Debug`.
#[derive(Clone)]
pub struct AdminToken {
    secret: String,
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
        Ok(Self { secret: URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// The secret itself, to be shown once to the operator who started the filter, and never logged.
    pub fn reveal(&self) -> &str {
        &self.secret
    }
}

impl TryFrom<String> for AdminToken {
    type Error = WeakToken;

    /// Takes surrounding whitespace off, as a file's last line break.
    fn try_from(text: String) -> Result<Self, WeakToken> {
        let secret = text.trim();
        let fits = secret.len() >= MIN_TOKEN_CHARS && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self { secret: secret.to_owned() }) } else { Err(WeakToken) }
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// Who may come in: the tokens, the console's logins, and who has failed too often.
pub(super) struct Gatekeeper {
    pub(super) keyring: Keyring,
    pub(super) logins: Logins,
    throttle: Throttle,
    clients: client::Config,
    metrics: AdminMetrics,
}

/// Why nobody was let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The token is none of ours.
    Wrong,
    /// This client has failed too often and has to wait so long.
    Throttled(Duration),
}

impl Gatekeeper {
    pub(super) fn new(keyring: Keyring, clients: client::Config, metrics: AdminMetrics) -> Self {
        Self { keyring, logins: Logins::default(), throttle: Throttle::default(), clients, metrics }
    }

    /// Who holds this token. A client that has failed too often is refused unheard, so that guessing is slow.
    pub(super) fn admit(&self, offered: &[u8], peer: IpAddr, now: Timestamp) -> Result<(Actor, TokenHash), Refused> {
        let client = self.clients.key(ClientIp::new(peer));
        if let Some(wait) = self.throttle.wait(client, now) {
            self.metrics.login_refused("throttled");
            return Err(Refused::Throttled(wait));
        }
        let offered = TokenHash::of(offered);
        match self.keyring.holder(&offered) {
            Some(token) => Ok((Actor { name: token.name.clone(), role: token.role, address: Some(peer) }, token.hash)),
            None => {
                self.throttle.failed(client, now);
                self.metrics.login_refused("wrong_token");
                tracing::warn!(%peer, "a wrong admin token was refused");
                Err(Refused::Wrong)
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Wrong => unauthorized("the token is wrong"),
            Self::Throttled(wait) => {
                let seconds = wait.as_secs() + 1;
                let message = format!("too many wrong tokens came from this address; try again in {seconds} s");
                let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttled", message);
                ([(header::RETRY_AFTER, seconds.to_string())], error).into_response()
            }
        }
    }
}

/// Lets a request through that has a token, and notes whose it is.
pub(super) async fn require_token(
    State(gatekeeper): State<Arc<Gatekeeper>>,
    Extension(Peer(peer)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(offered) = bearer(request.headers()) else {
        return unauthorized("send the admin token as Authorization: Bearer TOKEN");
    };
    match gatekeeper.admit(offered, peer, Timestamp::now()) {
        Ok((actor, _)) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

/// Lets a request through whose token may change things; stands behind [`require_token`].
pub(super) async fn require_operator(Extension(actor): Extension<Actor>, request: Request, next: Next) -> Response {
    match actor.role {
        Role::Operator => next.run(request).await,
        Role::Viewer => forbidden().into_response(),
    }
}

/// A viewer's token was used for a change.
pub(super) fn forbidden() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", "this token is a viewer's; a change needs an operator's")
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
    fn generated_tokens_differ() {
        let (one, other) = (AdminToken::generate().unwrap(), AdminToken::generate().unwrap());
        assert_eq!(one.reveal().len(), 43);
        assert_ne!(one.reveal(), other.reveal());
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
