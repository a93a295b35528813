//! What is noted of an answered request: its visit, the activity log, the metrics.

use http::Version;
use http::header::{CONTENT_TYPE, HOST};
use pingora_proxy::Session;

use super::{Gate, RequestContext, outcome};
use crate::activity::{ActivityRecord, Redaction};
use crate::audit::Wire;
use crate::behaviour::Asker;
use crate::inspection::AttackClass;
use crate::octets;
use crate::policy::{Mode, Reason, Verdict};
use crate::time::Timestamp;

/// Notes a request after the end of its answer. Waits for nothing.
pub(super) fn record(gate: &Gate, downstream: &mut Session, ctx: &mut RequestContext) {
    let timestamp = Timestamp::now();
    let latency = ctx.started.elapsed();
    let status = downstream.response_written().map_or(0, |response| response.status.as_u16());
    let attack = ctx.findings.worst();
    let (request_bytes, response_bytes) =
        (body_bytes(downstream.body_bytes_read()), body_bytes(downstream.body_bytes_sent()));
    count(gate, ctx, latency, attack);
    gate.metrics.sent(status, request_bytes, response_bytes);
    let session = ctx.visit.as_ref().map(crate::session::Visit::session);
    let content_type = downstream.req_header().headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let request_body = body_to_keep(gate, content_type, ctx);
    if let (Some(client), false) = (ctx.client, ctx.verdict == Verdict::Refuse(Reason::Banned)) {
        let (outcome, text) = outcome::outcome(gate, downstream, ctx, timestamp, status, request_body.as_ref());
        gate.watch.answer(&Asker { client, request: ctx.id, session }, &outcome, text);
        if let Some(visit) = ctx.visit.take() {
            visit.finish(&outcome);
        }
    }
    let Some(client) = ctx.client else { return };
    let logged = gate.requests.keeps(ctx.verdict != Verdict::Allow);
    if !logged && gate.audit.is_none() {
        return;
    }
    let request = downstream.req_header();
    let record = ActivityRecord {
        id: ctx.id,
        session,
        timestamp,
        client_ip: client.ip,
        client: client.key,
        method: request.method.to_string(),
        url: Redaction::url(&octets::text(request.raw_path())),
        origin: origin(gate, downstream),
        headers: Redaction::headers(&request.headers),
        status,
        request_bytes,
        response_bytes,
        content_type: response_type(downstream),
        latency,
        verdict: ctx.verdict,
        findings: std::mem::take(&mut ctx.findings.0),
        score: ctx.score,
        request_body,
        escaped: Vec::new(),
        cut: Vec::new(),
    }
    .escape();
    export(gate, downstream, ctx, &record);
    if logged {
        gate.log.record(record);
    }
}

/// Exports a refusal, and in detect mode what would have been one.
fn export(gate: &Gate, downstream: &Session, ctx: &RequestContext, record: &ActivityRecord) {
    let Some(audit) = &gate.audit else { return };
    let enforcing = ctx.terms.is_none_or(|terms| terms.mode == Mode::Block);
    let (true, Some(client)) = (record.verdict.is_refusal() || !enforcing && ctx.is_attack, ctx.client) else { return };
    let shown = |(name, value)| (name, octets::shown(value));
    let response_headers = downstream
        .response_written()
        .map(|response| Redaction::headers(&response.headers).into_iter().map(shown).collect());
    let wire = Wire {
        peer: client.peer.0,
        host: downstream.server_addr().and_then(|address| address.as_inet().copied()),
        http_version: version(downstream.req_header().version),
        response_headers: response_headers.unwrap_or_default(),
        enforcing,
    };
    audit.record(record, &wire);
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2.0",
        _ => "1.1",
    }
}

fn count(gate: &Gate, ctx: &RequestContext, latency: std::time::Duration, attack: Option<(AttackClass, f32)>) {
    let verdict = ctx.verdict.as_str();
    gate.metrics.answered(verdict, latency);
    if let Verdict::Refuse(reason) = ctx.verdict {
        gate.metrics.refused(reason.as_str());
        let client = ctx.client.map(|client| client.ip.to_string());
        tracing::debug!(request = %ctx.id, client, reason = reason.as_str(), class = attack.map(|(class, _)| class.as_str()), "refused");
    }
    if let Some((class, _)) = attack {
        gate.metrics.attacked(class.as_str(), verdict);
    }
    if let Some(score) = ctx.score {
        gate.metrics.scored(score);
    }
    if ctx.upstream_failed {
        gate.metrics.upstream_errors.inc();
    }
}

fn body_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The body as far as the filter held it, redacted, where the configuration keeps it.
fn body_to_keep(gate: &Gate, content_type: Option<&str>, ctx: &RequestContext) -> Option<serde_json::Value> {
    let suspected = ctx.verdict != Verdict::Allow;
    let seen = ctx.body.seen();
    (gate.bodies.keeps(suspected) && !seen.is_empty()).then(|| Redaction::body(content_type, seen)).flatten()
}

/// Scheme and host as the client named them.
fn origin(gate: &Gate, downstream: &Session) -> String {
    let request = downstream.req_header();
    let host = match request.headers.get(HOST) {
        Some(host) => octets::text(host.as_bytes()).into_owned(),
        None => request.uri.host().unwrap_or_default().to_owned(),
    };
    format!("{}://{host}", if gate.over_tls { "https" } else { "http" })
}

fn response_type(downstream: &Session) -> Option<String> {
    let value = downstream.response_written()?.headers.get(CONTENT_TYPE)?;
    Some(octets::text(value.as_bytes()).into_owned())
}
