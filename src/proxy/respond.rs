//! The single place that writes an answer of the filter's own.

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};
use pingora_core::Result;
use pingora_http::ResponseHeader;
use pingora_proxy::Session;

use super::RequestContext;
use super::upstream::REQUEST_ID;
use crate::policy::Reason;

/// The status of a refusal. Says no more than that: the rule stays with the operator.
pub(super) const fn status(reason: Reason) -> u16 {
    match reason {
        Reason::BodyTooLarge => 413,
        Reason::Banned | Reason::Attack(_) | Reason::Malformed | Reason::Uninspected => 403,
    }
}

/// Answers with this status and a short page that names the request's id: JSON for a client that asked for JSON.
///
/// The connection is closed after it.
pub(super) async fn answer(downstream: &mut Session, ctx: &RequestContext, status: u16) -> Result<()> {
    let phrase = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("Error");
    let (content_type, page) = if wants_json(downstream) {
        ("application/json", json_page(status, phrase, ctx))
    } else {
        ("text/html; charset=utf-8", html_page(status, phrase, ctx))
    };
    let mut header = ResponseHeader::build(status, Some(8))?;
    header.insert_header(CONTENT_TYPE, content_type)?;
    header.insert_header(CONTENT_LENGTH, page.len())?;
    header.insert_header(CACHE_CONTROL, "no-store")?;
    header.insert_header(X_CONTENT_TYPE_OPTIONS, "nosniff")?;
    header.insert_header(REQUEST_ID, ctx.id.to_string())?;
    let body = if downstream.req_header().method == Method::HEAD { Bytes::new() } else { Bytes::from(page) };
    downstream.as_downstream_mut().write_error_response(header, body).await
}

fn wants_json(downstream: &Session) -> bool {
    let accept = downstream.req_header().headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let position = |kind: &str| accept.find(kind);
    match (position("json"), position("text/html")) {
        (Some(json), Some(html)) => json < html,
        (json, _) => json.is_some(),
    }
}

fn html_page(status: u16, phrase: &str, ctx: &RequestContext) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{status} {phrase}</title></head>\n\
         <body><h1>{status} {phrase}</h1>\n<p>If you think this is a mistake, tell the site's owner this request id: \
         <code>{id}</code></p></body></html>\n",
        id = ctx.id
    )
}

fn json_page(status: u16, phrase: &str, ctx: &RequestContext) -> String {
    format!("{{\"error\":{{\"code\":{status},\"message\":\"{phrase}\",\"request_id\":\"{}\"}}}}\n", ctx.id)
}
