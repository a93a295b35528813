//! Errors of the API: what the caller reads is not what the log keeps.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::activity::ActivityStoreError;
use crate::behaviour::AssessmentStoreError;

/// A request that was not carried out.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    /// Stable name, for programs.
    code: &'static str,
    /// For people.
    message: String,
    /// For the log only.
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// An error the caller is told all of.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), cause: None }
    }

    /// The caller's request makes no sense.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The thing asked for does not exist.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code, error = %cause, "admin request failed");
        }
        (self.status, Json(json!({"error": {"code": self.code, "message": self.message}}))).into_response()
    }
}
