//! Errors of the API: what the caller reads is not what the log keeps.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::activity::ActivityStoreError;
use crate::behaviour::AssessmentStoreError;

/// Every error's body.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorDetail {
    /// Stable name, for programs.
    code: String,
    /// For people.
    message: String,
    /// Each thing wrong, where there may be several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
}

/// What every call that reads may answer beside its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum ReadErrors {
    /// The query or path makes no sense; the message says why.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// No token, or a wrong one.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// Too many wrong tokens came from this address; `Retry-After` says how many seconds to wait.
    #[response(status = 429)]
    Throttled(ErrorBody),
    /// The store did not answer in time.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// What every call that sends a body may answer beside its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum BodyErrors {
    /// The body is larger than 64 KiB.
    #[response(status = 413)]
    TooLarge(ErrorBody),
}

/// What every call that changes something may answer beside its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum ChangeErrors {
    /// The token is a viewer's.
    #[response(status = 403)]
    Forbidden(ErrorBody),
}

/// A request that was not carried out.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    /// Stable name, for programs.
    code: &'static str,
    /// For people.
    message: String,
    /// Each thing wrong, where there may be several.
    faults: Vec<String>,
    /// For the log only.
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// An error the caller is told all of.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), faults: Vec::new(), cause: None }
    }

    /// The caller's request makes no sense.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The thing asked for does not exist.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// What was read is understood and wrong in these ways.
    pub(super) fn unprocessable(code: &'static str, message: &str, faults: Vec<String>) -> Self {
        Self { faults, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message) }
    }

    /// Something of ours failed; the cause is logged and not told.
    pub(super) fn failed(
        status: StatusCode,
        code: &'static str,
        message: &str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(status, code, message) }
    }

    /// What a person is told.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Each thing wrong, where there may be several.
    pub(super) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Writes the cause to the log, where there is one.
    pub(super) fn log(&self) {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code, error = %cause, "admin request failed");
        }
    }

    fn store(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::failed(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store did not answer", cause)
    }
}

impl From<ActivityStoreError> for ApiError {
    fn from(error: ActivityStoreError) -> Self {
        Self::store(error)
    }
}

impl From<AssessmentStoreError> for ApiError {
    fn from(error: AssessmentStoreError) -> Self {
        Self::store(error)
    }
}

impl From<tokio::time::error::Elapsed> for ApiError {
    fn from(error: tokio::time::error::Elapsed) -> Self {
        Self::store(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let detail = ErrorDetail { code: self.code.to_owned(), message: self.message, faults: self.faults };
        (self.status, Json(ErrorBody { error: detail })).into_response()
    }
}
