//! What the filter would make of a text.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Parts;
use super::error::{ApiError, BodyErrors, ErrorBody, ReadErrors};
use super::extract::JsonBody;
use crate::inspection::ClassifierError;

/// Where in a request a text may stand; `value` where the caller does not say.
pub const PLACES: [&str; 5] = ["query", "body", "header", "path", "value"];

/// Judges a text as the filter would, without a request.
#[async_trait]
pub trait DryRun: Send + Sync {
    /// The judgement as JSON, with `label`, `score` and `verdict` as `portcullis classify` writes them.
    ///
    /// `place` is one of [`PLACES`].
    ///
    /// # Errors
    /// When the model is saturated, late or fails.
    async fn classify(&self, text: &str, place: &str) -> Result<Value, ClassifierError>;
}

/// A text to judge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    text: String,
    /// `query`, `body`, `header`, `path` or `value`; `value` where not given.
    #[serde(rename = "where")]
    place: Option<String>,
}

/// A judgement.
#[derive(Serialize, ToSchema)]
pub(super) struct Judgement {
    /// `norm` or a class of attack.
    label: String,
    /// Probability of attack, 0 to 1.
    score: f32,
    /// `allow`, `flag` or `refuse`.
    verdict: String,
}

/// What the filter would make of a text. Changes nothing, so a viewer may ask.
#[utoipa::path(post, path = "/api/v1/classify", tag = "status", request_body = Question,
    responses((status = 200, description = "The judgement", body = Judgement),
        (status = 500, description = "The model failed", body = ErrorBody), ReadErrors, BodyErrors))]
pub(super) async fn classify(
    State(parts): State<Arc<Parts>>,
    JsonBody(question): JsonBody<Question>,
) -> Result<Json<Value>, ApiError> {
    let place = question.place.as_deref().unwrap_or("value");
    if !PLACES.contains(&place) {
        return Err(ApiError::bad_request("bad_place", format!("where: expected one of {}", PLACES.join(", "))));
    }
    parts.dry_run.classify(&question.text, place).await.map(Json).map_err(|error| {
        let status = match error {
            ClassifierError::Saturated | ClassifierError::Deadline => StatusCode::SERVICE_UNAVAILABLE,
            ClassifierError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::failed(status, "classifier", &error.to_string(), error)
    })
}
