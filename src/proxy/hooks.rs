//! Pingora's hooks, each a thin caller of the module that knows what to do.

use async_trait::async_trait;
use bytes::Bytes;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorSource, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{FailToProxy, ProxyHttp, Session};

use super::upstream::{REQUEST_ID, rewrite_headers};
use super::{RequestContext, WafProxy, admit, body, record, respond};
use crate::activity::Redaction;
use crate::octets;
use crate::policy::Verdict;

#[async_trait]
impl ProxyHttp for WafProxy {
    type CTX = RequestContext;

    fn new_ctx(&self) -> RequestContext {
        RequestContext::new(&self.gate.ids, &self.gate.metrics)
    }

    async fn request_filter(&self, downstream: &mut Session, ctx: &mut RequestContext) -> Result<bool> {
        ctx.verdict = admit::admit(&self.gate, downstream, ctx).await?;
        match ctx.verdict {
            Verdict::Refuse(reason) => {
                respond::answer(downstream, ctx, respond::status(reason)).await?;
                Ok(true)
            }
            Verdict::Allow | Verdict::Flag(_) => Ok(false),
        }
    }

    async fn upstream_peer(&self, _downstream: &mut Session, ctx: &mut RequestContext) -> Result<Box<HttpPeer>> {
        ctx.body.restart();
        self.upstream.peer()
    }

    async fn upstream_request_filter(
        &self,
        _downstream: &mut Session,
        request: &mut RequestHeader,
        ctx: &mut RequestContext,
    ) -> Result<()> {
        rewrite_headers(request, ctx, &self.gate.client, self.gate.over_tls)
    }

    async fn request_body_filter(
        &self,
        downstream: &mut Session,
        piece: &mut Option<Bytes>,
        end: bool,
        ctx: &mut RequestContext,
    ) -> Result<()> {
        body::filter(&self.gate, downstream, piece, end, ctx).await
    }

    async fn response_filter(
        &self,
        _downstream: &mut Session,
        response: &mut ResponseHeader,
        ctx: &mut RequestContext,
    ) -> Result<()> {
        response.insert_header(REQUEST_ID, ctx.id.to_string())
    }

    async fn fail_to_proxy(&self, downstream: &mut Session, error: &Error, ctx: &mut RequestContext) -> FailToProxy {
        let status = failure_status(error);
        ctx.upstream_failed = *error.esource() == ErrorSource::Upstream;
        if status > 0
            && let Err(error) = respond::answer(downstream, ctx, status).await
        {
            tracing::debug!(%error, request = %ctx.id, "answer not sent");
        }
        FailToProxy { error_code: status, can_reuse_downstream: false }
    }

    async fn logging(&self, downstream: &mut Session, _error: Option<&Error>, ctx: &mut RequestContext) {
        record::record(&self.gate, downstream, ctx);
    }

    /// What Pingora's own log lines say of a request: its id, and its target without secrets.
    fn request_summary(&self, downstream: &Session, ctx: &RequestContext) -> String {
        let request = downstream.req_header();
        let target = octets::shown(Redaction::url(&octets::text(request.raw_path())));
        format!("request {} {} {target}", ctx.id, request.method)
    }

    fn suppress_error_log(&self, _downstream: &Session, ctx: &RequestContext, _error: &Error) -> bool {
        ctx.verdict.is_refusal()
    }
}

/// The status of a request that failed; 0 when the client is gone.
fn failure_status(error: &Error) -> u16 {
    match (error.etype(), error.esource()) {
        (ErrorType::HTTPStatus(status), _) => *status,
        (ErrorType::ReadTimedout | ErrorType::ConnectTimedout, ErrorSource::Upstream) => 504,
        (_, ErrorSource::Upstream) => 502,
        (ErrorType::WriteError | ErrorType::ReadError | ErrorType::ConnectionClosed, ErrorSource::Downstream) => 0,
        (ErrorType::ReadTimedout, ErrorSource::Downstream) => 408,
        (_, ErrorSource::Downstream) => 400,
        (_, ErrorSource::Internal | ErrorSource::Unset) => 500,
    }
}
