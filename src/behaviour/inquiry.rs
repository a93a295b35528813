//! Bans that wait for the DNS to say whether an address is a search engine's. The scorer goes on meanwhile.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::banlist::Standing;
use crate::client::{ClientIp, ClientKey};
use crate::crawlers::{Crawlers, Known};
use crate::id::RequestId;
use crate::metrics::BehaviourMetrics;
use crate::time::Timestamp;

/// Addresses asked about at the same time at most; past it nobody is banned unasked, and the client's next offence asks
/// again. Each is answered within the configured time.
const MOST: usize = 256;

/// What a ban is for.
pub(super) struct Offence {
    pub(super) client: ClientKey,
    /// Address of the request that brought it about.
    pub(super) ip: ClientIp,
    /// What the decision rests on.
    pub(super) standing: Standing,
    pub(super) evidence: RequestId,
    pub(super) reason: String,
}

/// What becomes of an offence.
pub(super) enum Next {
    /// Its address is no search engine's, or nobody is asked.
    Ban(Offence),
    /// Its address is a search engine's.
    Spare(Offence),
    /// The DNS is asked, or was about to be.
    Wait,
}

pub(super) struct Inquiries {
    /// `None` where nobody is asked.
    crawlers: Option<Arc<Crawlers>>,
    running: JoinSet<(Offence, Known)>,
    asked: HashSet<ClientIp>,
    metrics: BehaviourMetrics,
}

impl Inquiries {
    pub(super) fn new(crawlers: Option<Arc<Crawlers>>, metrics: BehaviourMetrics) -> Self {
        Self { crawlers, running: JoinSet::new(), asked: HashSet::new(), metrics }
    }

    /// What is to become of an offence; one whose address is not known yet comes back by [`Self::answered`].
    pub(super) fn about(&mut self, offence: Offence, now: Timestamp) -> Next {
        let Some(crawlers) = &self.crawlers else { return Next::Ban(offence) };
        if let Some(known) = crawlers.known(offence.ip, now) {
            return next(offence, known);
        }
        if self.asked.contains(&offence.ip) {
            return Next::Wait;
        }
        if self.asked.len() >= MOST {
            self.metrics.crawler_asked("skipped");
            return Next::Wait;
        }
        self.asked.insert(offence.ip);
        let crawlers = Arc::clone(crawlers);
        self.running.spawn(async move {
            let known = crawlers.ask(offence.ip, now).await;
            (offence, known)
        });
        Next::Wait
    }

    /// Waits for an answer; `None` while nobody is asked.
    pub(super) async fn answered(&mut self) -> Option<Next> {
        let (offence, known) = self.running.join_next().await?.ok()?;
        self.asked.remove(&offence.ip);
        self.metrics.crawler_asked(match known {
            Known::Crawler => "crawler",
            Known::Other => "other",
            Known::Unknown => "unknown",
        });
        Some(next(offence, known))
    }
}

/// What is not proved is no reason to spare anyone.
fn next(offence: Offence, known: Known) -> Next {
    if known == Known::Crawler { Next::Spare(offence) } else { Next::Ban(offence) }
}
