//! Reading requests to the API, so that every fault is answered alike.

use std::fmt::Display;
use std::str::FromStr;

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
