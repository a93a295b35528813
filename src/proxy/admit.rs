//! The ordered checks of a request; returns at the first refusal.

use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use pingora_core::protocols::l4::socket::SocketAddr as PeerSocket;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::RequestHeader;
use pingora_proxy::Session;

use super::body::{HeldBody, REPLAY_LIMIT};
use super::{Gate, RequestContext, body};
use crate::behaviour::Asker;
use crate::client::{ClientIdentity, PeerAddr};
use crate::expression::Facts;
use crate::inspection::{BodyHead, ClassifierError, Inspection, RequestHead};
use crate::policy::{BodyLimitAction, Mode, Reason, Terms, Verdict};
use crate::session::{Kind, Method, Visit, part_of};

/// Who is it, is he barred, which visit, what does the head carry, what does the body carry.
pub(super) async fn admit(gate: &Gate, downstream: &mut Session, ctx: &mut RequestContext) -> Result<Verdict> {
    let peer = peer_addr(downstream)?;
    name_host(downstream)?;
    let client = gate.client.identify(peer, &downstream.req_header().headers);
    ctx.client = Some(client);
    if gate.bans.check(client.ip, ctx.now).is_some() {
        return Ok(Verdict::Refuse(Reason::Banned));
    }
    enter(gate, downstream, ctx, &client);
    let terms = gate.policy.terms(downstream.req_header().raw_path());
    ctx.terms = Some(terms);
    if terms.mode == Mode::Off {
        return Ok(Verdict::Allow);
    }
    let inspected = inspect_head(gate, downstream).await;
    let verdict = weigh(gate, downstream, ctx, inspected);
    if verdict.is_refusal() {
        return Ok(verdict);
    }
    admit_body(gate, downstream, ctx, &terms).await
}

/// Joins the request to its visit, and counts its arrival.
fn enter(gate: &Gate, downstream: &Session, ctx: &mut RequestContext, client: &ClientIdentity) {
    let request = downstream.req_header();
    let fetch = request.headers.get("sec-fetch-dest").map(http::HeaderValue::as_bytes);
    ctx.kind = Kind::of(Method::of(request.method.as_str()), request.raw_path(), fetch);
    if gate.grouping {
        let part = session_part(gate, request, client);
        ctx.visit = Some(gate.sessions.begin(client, part, ctx.id, ctx.now));
    }
    let session = ctx.visit.as_ref().map(Visit::session);
    gate.watch.arrive(&Asker { client: *client, request: ctx.id, session }, ctx.kind, ctx.now);
}

/// What tells the visitor from others of his address; 0 where nothing does.
fn session_part(gate: &Gate, request: &RequestHeader, client: &ClientIdentity) -> u64 {
    let Some(expression) = gate.session_key.expression() else { return gate.session_key.of_headers(&request.headers) };
    let facts = Facts {
        method: request.method.as_str(),
        target: request.raw_path(),
        headers: &request.headers,
        client: client.ip.addr(),
        bytes: 0,
        answer: None,
    };
    part_of(expression, &gate.expressions.on(&facts)).unwrap_or_else(|error| {
        gate.custom.without_value();
        tracing::debug!(%error, "session key without a value");
        0
    })
}

/// Reads and judges a small body now; makes ready to withhold a larger one.
async fn admit_body(gate: &Gate, downstream: &mut Session, ctx: &mut RequestContext, terms: &Terms) -> Result<Verdict> {
    if downstream.is_body_empty() {
        return Ok(ctx.verdict);
    }
    let length = content_length(downstream);
    if length.is_some_and(|length| length > terms.body_limit) {
        gate.metrics.over_limit(terms.over_limit.as_str());
        match terms.over_limit {
            BodyLimitAction::Refuse => return Ok(gate.policy.judge_oversized(terms)),
            BodyLimitAction::Pass => return Ok(ctx.verdict),
            BodyLimitAction::InspectPrefix => {}
        }
    }
    if length.is_none_or(|length| length > REPLAY_LIMIT.min(terms.body_limit)) {
        ctx.body = HeldBody::withhold(terms);
        return Ok(ctx.verdict);
    }
    if downstream.req_header().headers.contains_key(EXPECT) {
        downstream.write_continue_response().await?;
        ctx.continued = true;
    }
    let read = body::read_whole(downstream, gate.body_timeout).await?;
    let inspected = gate.inspector.inspect_body_of(body_head(downstream), &read, false).await;
    ctx.body = HeldBody::Judged(read);
    Ok(weigh(gate, downstream, ctx, inspected))
}

/// Gives a request of HTTP/2 the `Host` that the site will see, which Pingora makes of `:authority` after the request
/// was judged; so it is inspected and logged as that of HTTP/1.
fn name_host(downstream: &mut Session) -> Result<()> {
    if downstream.is_http2()
        && let Some(authority) = downstream.req_header().uri.authority().map(ToString::to_string)
    {
        downstream.req_header_mut().insert_header(HOST, authority)?;
    }
    Ok(())
}

async fn inspect_head(gate: &Gate, downstream: &Session) -> Result<Inspection, ClassifierError> {
    let request = downstream.req_header();
    let raw_target = request.raw_path();
    let (path, query) = match raw_target.iter().position(|byte| *byte == b'?') {
        Some(mark) => (&raw_target[..mark], Some(&raw_target[mark + 1..])),
        None => (raw_target, None),
    };
    let head = RequestHead { method: request.method.as_str(), path, query, headers: &request.headers };
    gate.inspector.inspect(&head).await
}

/// Takes an inspection into the context; the verdict on all that is known so far.
pub(super) fn weigh(
    gate: &Gate,
    downstream: &Session,
    ctx: &mut RequestContext,
    inspected: Result<Inspection, ClassifierError>,
) -> Verdict {
    let Some(terms) = ctx.terms else { return ctx.verdict };
    let verdict = match inspected {
        Ok(inspection) => {
            ctx.absorb(inspection);
            let path = downstream.req_header().raw_path();
            let in_block_mode = gate.policy.judge(&Terms { mode: Mode::Block, ..terms }, path, &ctx.findings);
            ctx.is_attack = matches!(in_block_mode, Verdict::Refuse(Reason::Attack(_)));
            in_block_mode.under(terms.mode)
        }
        Err(error) => {
            tracing::warn!(%error, request = %ctx.id, "request not inspected");
            gate.policy.judge_uninspected(&terms)
        }
    };
    ctx.verdict = ctx.verdict.graver(verdict);
    ctx.verdict
}

/// What the request says of its body.
pub(super) fn body_head(downstream: &Session) -> BodyHead {
    BodyHead::of(&downstream.req_header().headers)
}

/// The announced length; `None` for a chunked body or where none is announced.
fn content_length(downstream: &Session) -> Option<u64> {
    let headers = &downstream.req_header().headers;
    if headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn peer_addr(downstream: &Session) -> Result<PeerAddr> {
    match downstream.client_addr() {
        Some(PeerSocket::Inet(address)) => Ok(PeerAddr(*address)),
        _ => Err(Error::explain(ErrorType::InternalError, "the connection has no address")),
    }
}
