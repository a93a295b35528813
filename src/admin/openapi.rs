//! The OpenAPI document, from the types the API answers with.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{activity, audit, bans, classifier, dry_run, label, release, reload, sessions, status};

/// Everything under `/api`.
#[derive(OpenApi)]
#[openapi(
    info(title = "Portcullis admin API", description = "See, explain and change what the filter does."),
    paths(
        status::show, bans::list, bans::add, bans::remove, release::many, sessions::list, sessions::show, label::put,
        activity::list, activity::show, audit::list, dry_run::classify, reload::post, document, classifier::ask
    ),
    modifiers(&BearerToken),
    security(("token" = []))
)]
pub(super) struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "status",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), super::error::ReadErrors))]
pub(super) async fn document() -> impl IntoResponse {
    Json(Document::openapi())
}
