//! What an answered request adds to its visit.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use pingora_proxy::Session;

use super::{Gate, RequestContext};
use crate::behaviour::finding_kind;
use crate::expression::{Answer, Facts};
use crate::session::{Addend, BROWSER_HEADERS, FINDING_KINDS, Login, Media, Method, Outcome};
use crate::time::Timestamp;

/// Bytes of a body that tell one attempt from another.
const TOLD_APART_BY: usize = 4096;

/// The outcome, and the fingerprint of what makes it an attack or a guess: its text or its credentials. `body` is what
/// the log keeps of the request's.
pub(super) fn outcome(
    gate: &Gate,
    downstream: &Session,
    ctx: &RequestContext,
    timestamp: Timestamp,
    status: u16,
    body: Option<&serde_json::Value>,
) -> (Outcome, u64) {
    let request = downstream.req_header();
    let (path, agent) = (request.uri.path(), request.headers.get(USER_AGENT));
    let media = downstream
        .response_written()
        .and_then(|response| response.headers.get(CONTENT_TYPE)?.to_str().ok())
        .map_or(Media::Other, Media::of);
    let outcome = Outcome {
        timestamp,
        status,
        method: Method::of(request.method.as_str()),
        kind: ctx.kind,
        media,
        login: login(gate, request.method.as_str(), path, &request.headers, status),
        path: gate.fingerprints.of(path.as_bytes()),
        agent: agent.map_or(0, |agent| gate.fingerprints.of(agent.as_bytes())),
        missing_headers: missing_headers(&request.headers),
        request_bytes: u64::try_from(downstream.body_bytes_read()).unwrap_or(u64::MAX),
        response_bytes: u64::try_from(downstream.body_bytes_sent()).unwrap_or(u64::MAX),
        findings: u32::from(ctx.is_attack),
        finding_kind: ctx.findings.worst().map_or(FINDING_KINDS - 1, |(class, _)| finding_kind(class)),
        score: ctx.score.unwrap_or(0.0),
        body: gate.body_reader.read(body),
        custom: if gate.custom.is_empty() { Vec::new() } else { addends(gate, downstream, ctx, status) },
    };
    let text = if outcome.findings > 0 || outcome.login != Login::None {
        fingerprint(gate, downstream, ctx, outcome.login)
    } else {
        0
    };
    (outcome, text)
}

/// What the configured expressions make of the request.
fn addends(gate: &Gate, downstream: &Session, ctx: &RequestContext, status: u16) -> Vec<Option<Addend>> {
    let request = downstream.req_header();
    let content_type = downstream.response_written().and_then(|response| response.headers.get(CONTENT_TYPE));
    let answer = Answer {
        status,
        bytes: u64::try_from(downstream.body_bytes_sent()).unwrap_or(u64::MAX),
        content_type: content_type.and_then(|value| value.to_str().ok()).unwrap_or_default(),
        millis: u64::try_from(ctx.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        findings: u32::from(ctx.is_attack),
        score: ctx.score.unwrap_or(0.0),
    };
    let Some(client) = ctx.client else { return Vec::new() };
    gate.custom.addends(&gate.expressions.on(&Facts {
        method: request.method.as_str(),
        target: request.raw_path(),
        headers: &request.headers,
        client: client.ip.addr(),
        bytes: u64::try_from(downstream.body_bytes_read()).unwrap_or(u64::MAX),
        answer: Some(answer),
    }))
}

fn login(gate: &Gate, method: &str, path: &str, headers: &HeaderMap, status: u16) -> Login {
    if gate.logins.matches(method, path) {
        return if (400..500).contains(&status) { Login::Failure } else { Login::Attempt };
    }
    let basic = || headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Basic "));
    if status == 401 && basic() { Login::Rejected } else { Login::None }
}

/// The attack's excerpt where there is one, so that an editor that saves its text again and again counts once;
/// else the credentials: the `Authorization` header, the target and the body's beginning.
fn fingerprint(gate: &Gate, downstream: &Session, ctx: &RequestContext, login: Login) -> u64 {
    let request = downstream.req_header();
    let excerpt = ctx.findings.0.iter().map(|finding| finding.excerpt.as_str()).find(|excerpt| !excerpt.is_empty());
    if let (Some(excerpt), Login::None) = (excerpt, login) {
        return gate.fingerprints.of(&[request.uri.path().as_bytes(), b"\0", excerpt.as_bytes()].concat());
    }
    let body = ctx.body.seen();
    let credentials = request.headers.get(AUTHORIZATION).map_or(&[][..], http::HeaderValue::as_bytes);
    let parts = [request.raw_path(), b"\0", credentials, b"\0", &body[..body.len().min(TOLD_APART_BY)]];
    gate.fingerprints.of(&parts.concat())
}

fn missing_headers(headers: &HeaderMap) -> u8 {
    BROWSER_HEADERS.iter().map(|name| u8::from(!headers.contains_key(*name))).sum()
}
