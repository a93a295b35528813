//! Reading requests to the API, so that every fault is answered alike.

use std::fmt::Display;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::StatusCode;
use http::request::Parts as Head;
use serde::de::DeserializeOwned;

use super::MAX_BODY_BYTES;
use super::error::ApiError;
use crate::banlist::BanScope;
use crate::client::{self, ClientIp, ClientKey};
use crate::id::RequestId;
use crate::time::Timestamp;

/// A JSON body, whatever content type it claims.
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state).await.map_err(unread)?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| ApiError::bad_request("bad_json", format!("the body is not the expected JSON: {error}")))
    }
}

fn unread(rejection: BytesRejection) -> ApiError {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(status, "body_too_large", format!("a body has at most {MAX_BODY_BYTES} bytes"))
    } else {
        ApiError::bad_request("bad_body", "the body ended early")
    }
}

/// Query parameters; unknown ones are refused by the types that use this.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(head: &mut Head, _state: &S) -> Result<Self, ApiError> {
        Query::try_from_uri(&head.uri)
            .map(|Query(params)| Self(params))
            .map_err(|rejection| ApiError::bad_request("bad_query", rejection.body_text()))
    }
}

/// The value of a query parameter; an empty one counts as absent.
pub(super) fn optional<T>(name: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
where
    T: FromStr<Err: Display>,
{
    text.filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(|error| ApiError::bad_request("bad_query", format!("{name}: {error}"))))
        .transpose()
}

/// Where a page begins: `cursor`, the `next` of another page, or `before`, as it was called once.
pub(super) fn position<T>(cursor: Option<&str>, before: Option<&str>) -> Result<Option<T>, ApiError>
where
    T: FromStr<Err: Display>,
{
    match optional("cursor", cursor)? {
        None => optional("before", before),
        cursor => Ok(cursor),
    }
}

/// How many entries were asked for, `default` where not said.
pub(super) fn limit(text: Option<&str>, default: u32, most: u32) -> Result<u32, ApiError> {
    let limit = optional("limit", text)?.unwrap_or(default);
    if (1..=most).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::bad_request("bad_query", format!("limit: expected 1 to {most}")))
    }
}

/// The key of the client named in a query: an address is counted as the filter counts it, a range is taken as it is.
pub(super) fn client_key(text: Option<&str>, clients: &client::Config) -> Result<Option<ClientKey>, ApiError> {
    let scope: Option<BanScope> = optional("client", text)?;
    Ok(scope.map(|scope| {
        let net = scope.net();
        if net.prefix_len() == net.max_prefix_len() {
            clients.key(ClientIp::new(net.addr()))
        } else {
            ClientKey::from(net)
        }
    }))
}
/// How long the store may take to answer a call.
const STORE_DEADLINE: Duration = Duration::from_secs(3);

/// What the store answers, or an error when it takes too long: no page hangs on a dead store.
pub(super) async fn timely<T, E: Into<ApiError>>(call: impl Future<Output = Result<T, E>>) -> Result<T, ApiError> {
    tokio::time::timeout(STORE_DEADLINE, call).await?.map_err(Into::into)
}

/// A span of time that was asked for; ids tell it to the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Span {
    /// From two moments, each RFC 3339 or so long before `now`.
    pub(super) fn read(since: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<Self, ApiError> {
        Ok(Self { since: moment("since", since, now)?, until: moment("until", until, now)? })
    }

    /// Whether this moment is within.
    pub(super) fn holds(&self, moment: Timestamp) -> bool {
        self.since.is_none_or(|since| moment >= since) && self.until.is_none_or(|until| moment <= until)
    }

    /// The id before which the span's requests stand, or the cursor where that is earlier.
    pub(super) fn before(&self, cursor: Option<RequestId>) -> Option<RequestId> {
        let end = self.until.map(|until| first_of_second(until.plus(Duration::from_secs(1))));
        match (end, cursor) {
            (Some(end), Some(cursor)) => Some(end.min(cursor)),
            (end, cursor) => end.or(cursor),
        }
    }

    /// Whether the span reaches back to this request.
    pub(super) fn reaches(&self, id: RequestId) -> bool {
        self.since.is_none_or(|since| id >= first_of_second(since))
    }
}

fn moment(name: &str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if let Ok(moment) = humantime::parse_rfc3339_weak(text) {
        return Ok(Some(moment.into()));
    }
    match humantime::parse_duration(text) {
        Ok(ago) => {
            let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
            Ok(Some(Timestamp::from_millis(now.as_millis().saturating_sub(ago).max(0))))
        }
        Err(_) => {
            let message =
                format!("{name}: expected a moment such as 2026-01-31T12:00:00Z or how long ago, such as 15m");
            Err(ApiError::bad_request("bad_query", message))
        }
    }
}

/// The least id of this moment's second.
fn first_of_second(moment: Timestamp) -> RequestId {
    let seconds = u32::try_from(moment.as_millis().div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
    let [a, b, c, d] = seconds.to_be_bytes();
    RequestId::from_bytes([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// A text as a value in a query or a part of a path.
pub(super) fn encoded(text: &str) -> impl Display {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}
