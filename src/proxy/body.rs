//! Request bodies: read before the upstream is contacted, or withheld until judged.
//!
//! Pingora sends the request's header to the upstream before it calls `request_body_filter`, and replays to it at
//! most 64 KiB that were read earlier. So a body announced with at most that much is read and judged first and the
//! upstream sees nothing of a refused request; a larger or chunked one is withheld as it comes (with empty `Bytes`:
//! `None` would end it) and released or refused at its end, when the upstream has seen the header and no byte of
//! the body. (Pingora 0.9.1, `pingora-proxy/src/proxy_h1.rs`.)

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pingora_core::{Error, ErrorType, Result};
use pingora_proxy::Session;

use super::admit::{body_head, weigh};
use super::{Gate, RequestContext};
use crate::policy::{BodyLimitAction, Reason, Terms, Verdict};

/// Bytes Pingora can replay to the upstream after they were read.
pub(super) const REPLAY_LIMIT: u64 = 64 * 1024;

/// Status of a request whose body did not come in time.
const REQUEST_TIMEOUT: u16 = 408;

/// A request's body, as far as the filter holds it.
pub(super) enum HeldBody {
    /// Nothing is held: no body, one that passes uninspected, or one released.
    None,
    /// It was read and judged before the upstream was contacted; Pingora replays it. Kept for the log.
    Judged(Bytes),
    /// It is withheld from the upstream.
    Withheld { so_far: BytesMut, limit: usize, over_limit: BodyLimitAction },
    /// It was judged and released; its beginning is kept for the log.
    Released(Bytes),
}

impl HeldBody {
    pub(super) fn withhold(terms: &Terms) -> Self {
        let limit = usize::try_from(terms.body_limit).unwrap_or(usize::MAX);
        Self::Withheld { so_far: BytesMut::new(), limit, over_limit: terms.over_limit }
    }

    /// Begins anew: another upstream connection is tried, and Pingora replays from the start.
    pub(super) fn restart(&mut self) {
        if let Self::Withheld { so_far, .. } = self {
            so_far.clear();
        }
    }

    /// What there is to log.
    pub(super) fn seen(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Judged(body) | Self::Released(body) => body,
            Self::Withheld { so_far, .. } => so_far,
        }
    }
}

/// Reads the whole body, which is announced to fit the replay buffer.
pub(super) async fn read_whole(downstream: &mut Session, deadline: Duration) -> Result<Bytes> {
    downstream.enable_retry_buffering();
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = downstream.read_request_body().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    match tokio::time::timeout(deadline, read).await {
        Ok(read) => read,
        Err(_) => Error::e_explain(ErrorType::HTTPStatus(REQUEST_TIMEOUT), "the body did not come in time"),
    }
}

/// Handles one piece of a withheld body: keeps it, or replaces it by all that was kept.
///
/// # Errors
/// With the refusal's status when the body is refused; `ctx.verdict` says why.
pub(super) async fn filter(
    gate: &Gate,
    downstream: &Session,
    piece: &mut Option<Bytes>,
    end: bool,
    ctx: &mut RequestContext,
) -> Result<()> {
    let HeldBody::Withheld { so_far, limit, over_limit } = &mut ctx.body else { return Ok(()) };
    if let Some(piece) = piece.take() {
        so_far.extend_from_slice(&piece);
    }
    let (over, limit, over_limit) = (so_far.len() > *limit, *limit, *over_limit);
    if !over && !end {
        *piece = Some(Bytes::new());
        return Ok(());
    }
    let body = std::mem::take(so_far).freeze();
    ctx.verdict = if over {
        judge_oversized(gate, downstream, ctx, body.slice(..limit), over_limit).await
    } else {
        let inspected = gate.inspector.inspect_body_of(body_head(downstream), &body, false).await;
        weigh(gate, downstream, ctx, inspected)
    };
    ctx.body = HeldBody::Released(body.slice(..body.len().min(limit)));
    match ctx.verdict {
        Verdict::Refuse(reason) => {
            Error::e_explain(ErrorType::HTTPStatus(super::respond::status(reason)), "withheld body refused")
        }
        Verdict::Allow | Verdict::Flag(_) => {
            *piece = Some(body);
            Ok(())
        }
    }
}

async fn judge_oversized(
    gate: &Gate,
    downstream: &Session,
    ctx: &mut RequestContext,
    prefix: Bytes,
    over_limit: BodyLimitAction,
) -> Verdict {
    let Some(terms) = ctx.terms else { return Verdict::Refuse(Reason::BodyTooLarge) };
    gate.metrics.over_limit(over_limit.as_str());
    match over_limit {
        BodyLimitAction::Refuse => ctx.verdict.graver(gate.policy.judge_oversized(&terms)),
        BodyLimitAction::Pass => ctx.verdict,
        BodyLimitAction::InspectPrefix => {
            let inspected = gate.inspector.inspect_body_of(body_head(downstream), &prefix, true).await;
            weigh(gate, downstream, ctx, inspected)
        }
    }
}
