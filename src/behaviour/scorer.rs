//! Takes visits, open and closed, and passed limits; judges, counts strikes and bans.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::judge::Judge;
use super::ledger::{Entry, Ledger, LedgerWriter};
use super::offences::Offences;
use super::struck::{Early, Struck};
use super::{
    Assessment, AssessmentStore, AssessmentStoreError, Behaviour, BehaviourClassifier, Breach, Cause, Config,
    CustomNames, Strikes, Thresholds,
};
use crate::banlist::{Ban, BanList, BanOrigin, BanOutcome, BanScope};
use crate::client::ClientKey;
use crate::id::RequestId;
use crate::metrics::BehaviourMetrics;
use crate::session::{ClosedSession, OpenSession, Session};
use crate::spool::Spool;
use crate::time::Timestamp;

/// How long the store may take to tell what a visit of before a restart was judged.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a scorer works with.
pub struct Parts {
    /// The feature model and the scores from which it means abnormal; `None` in collection mode.
    pub classifier: Option<(Arc<dyn BehaviourClassifier>, Thresholds)>,
    /// The custom features, in the order visits gather them.
    pub custom: CustomNames,
    /// Where assessments are kept.
    pub store: Arc<dyn AssessmentStore>,
    /// Where they wait while that is away; `None`: in memory.
    pub spool: Option<Arc<Spool>>,
    /// The book of strikes, shared with whoever lifts bans.
    pub strikes: Arc<Strikes>,
    /// The edge blacklist.
    pub bans: Arc<BanList>,
    /// Counts.
    pub metrics: BehaviourMetrics,
}

/// What comes to a scorer.
pub struct Inlets {
    /// Visits nothing more will be added to.
    pub closed: mpsc::Receiver<ClosedSession>,
    /// Visits at a milestone.
    pub open: mpsc::Receiver<OpenSession>,
    /// Passed limits.
    pub breaches: mpsc::Receiver<Breach>,
}

/// Judges visits one after the other, off the request's way.
pub struct BehaviourScorer {
    bench: Bench,
    writer: LedgerWriter,
}

impl BehaviourScorer {
    /// A scorer of these parts.
    pub fn new(config: Config, parts: Parts) -> Self {
        let Parts { classifier, custom, store, spool, strikes, bans, metrics } = parts;
        let (classifier, thresholds) =
            classifier.map_or((None, Thresholds::NEVER), |(model, thresholds)| (Some(model), thresholds));
        let (ledger, writer) = Ledger::new(Arc::clone(&store), spool, metrics.clone());
        let judge = Judge { classifier, thresholds, custom, metrics: metrics.clone() };
        let offences = Offences::new(config.growth());
        let struck = Struck::default();
        Self { bench: Bench { config, judge, ledger, store, strikes, struck, offences, bans, metrics }, writer }
    }

    /// Judges until told to stop, or until the tracker is gone; then what still waits, until all is stored.
    ///
    /// Passed limits go before open visits, and these before closed ones: what still runs is to be stopped.
    pub async fn run(self, inlets: Inlets, mut stop: watch::Receiver<bool>) {
        let Self { mut bench, writer } = self;
        let Inlets { mut closed, mut open, mut breaches } = inlets;
        let writing = tokio::spawn(writer.run());
        let mut stopping = false;
        bench.offences.take_up(&bench.bans.list(Timestamp::now()), &bench.config);
        loop {
            let come = tokio::select! {
                biased;
                Some(breach) = breaches.recv() => Come::Breach(breach),
                Some(OpenSession(session)) = open.recv() => Come::Open(session),
                session = closed.recv() => session.map_or(Come::End, |ClosedSession(session)| Come::Closed(session)),
                _ = stop.wait_for(|stop| *stop), if !stopping => Come::Stop,
            };
            match come {
                Come::Breach(breach) => bench.breach(&breach, Timestamp::now()).await,
                Come::Open(session) => bench.open(&session, Timestamp::now()).await,
                Come::Closed(session) => bench.close(&session, Timestamp::now()).await,
                // What was sent before is still received; nothing is sent after.
                Come::Stop => {
                    closed.close();
                    stopping = true;
                }
                Come::End => break,
            }
            bench.metrics.queued.set(i64::try_from(closed.len()).unwrap_or(i64::MAX));
        }
        drop(bench);
        // A writer that panicked has already said so; there is nothing left to store with.
        let _ = writing.await;
    }
}

/// What came next.
#[allow(clippy::large_enum_variant)] // Lives for one turn of the loop.
enum Come {
    Breach(Breach),
    Open(Session),
    Closed(Session),
    Stop,
    End,
}

struct Bench {
    config: Config,
    judge: Judge,
    ledger: Ledger,
    store: Arc<dyn AssessmentStore>,
    strikes: Arc<Strikes>,
    struck: Struck,
    offences: Offences,
    bans: Arc<BanList>,
    metrics: BehaviourMetrics,
}

/// What a ban is for.
struct Offence {
    client: ClientKey,
    evidence: RequestId,
    reason: String,
}

impl Bench {
    /// A visit has closed. One that was abnormal while it was open stays so, and brings no second strike.
    async fn close(&mut self, session: &Session, now: Timestamp) {
        self.remember_restored(session).await;
        let mut assessment = self.judge.assess(session);
        let early = self.struck.take(session.id);
        if let Some(early) = early {
            assessment.behaviour = Behaviour::Abnormal;
            assessment.cause = assessment.cause.or(Some(early.cause));
            assessment.active = !early.used;
        }
        self.metrics.assessed(assessment.behaviour);
        tracing::debug!(session = %assessment.session, client = %assessment.client,
            behaviour = assessment.behaviour.as_str(), "session judged");
        self.ledger.enter(Entry::Put(Box::new(assessment.clone())));
        if assessment.behaviour == Behaviour::Abnormal && early.is_none() {
            self.strike(&assessment, now).await;
        }
    }

    /// An open visit is at a milestone. Abnormal, it counts at once and is stored as far as it went.
    async fn open(&mut self, session: &Session, now: Timestamp) {
        self.remember_restored(session).await;
        if !self.judge.judges() || self.struck.contains(session.id) {
            return;
        }
        let assessment = self.judge.assess_open(session);
        self.metrics.assessed_early(assessment.behaviour);
        let Some(cause) = assessment.cause else { return };
        self.struck.note(session.id, Early { client: session.client, cause, used: false });
        self.ledger.enter(Entry::Put(Box::new(assessment.clone())));
        self.strike(&assessment, now).await;
    }

    /// A limit was passed: the visit is abnormal, and its client is banned at once.
    async fn breach(&mut self, breach: &Breach, now: Timestamp) {
        let (client, limit) = (breach.client.key, breach.limit);
        tracing::info!(%client, request = %breach.request, limit = limit.as_str(), "client passed a limit");
        if let Some(session) = breach.session.filter(|_| self.judge.judges()) {
            let early = Early { client, cause: Cause::Limit(limit), used: false };
            if self.struck.note(session, early) {
                self.strikes.add(client, session, now);
            }
        }
        self.ban(Offence { client, evidence: breach.request, reason: limit.describe().to_owned() }, now).await;
    }

    async fn strike(&mut self, assessment: &Assessment, now: Timestamp) {
        let strikes = self.strikes.add(assessment.client, assessment.session, now);
        if strikes > self.config.max_abnormal {
            let reason = format!("{strikes} abnormal sessions, {} allowed", self.config.max_abnormal);
            let evidence = assessment.session.first_request();
            self.ban(Offence { client: assessment.client, evidence, reason }, now).await;
        }
    }

    async fn ban(&mut self, offence: Offence, now: Timestamp) {
        let Offence { client, evidence, reason } = offence;
        let duration = self.offences.duration(client, &self.config, now);
        if self.config.dry_run {
            self.metrics.would_ban.inc();
            tracing::info!(%client, %evidence, reason, ?duration, "client would have been banned: dry run");
            self.strikes.clear(client);
            return;
        }
        if !self.config.block_ip {
            return;
        }
        let ban = Ban {
            scope: BanScope::from(client.net()),
            origin: BanOrigin::Behaviour,
            reason,
            evidence: Some(evidence),
            since: now,
            until: Some(now.plus(duration)),
        };
        match self.bans.ban(ban).await {
            Ok(BanOutcome::InGrace(until)) => {
                tracing::info!(%client, %until, "client not banned: an operator let it in lately");
            }
            Ok(outcome @ (BanOutcome::Banned { .. } | BanOutcome::Kept(_))) => {
                tracing::info!(%client, %evidence, ?duration, "client banned");
                if matches!(outcome, BanOutcome::Banned { .. }) {
                    self.offences.note(client, now);
                }
                self.strikes.clear(client);
                self.struck.use_up(client);
                self.ledger.enter(Entry::Deactivate(client));
            }
            Err(error) => {
                self.metrics.ban_errors.inc();
                tracing::warn!(%client, %error, "client not banned");
            }
        }
    }

    /// A visit of before a restart may have been judged then. The only question the scorer asks a store; it does not
    /// wait long for the answer.
    async fn remember_restored(&mut self, session: &Session) {
        if !session.restored || self.struck.contains(session.id) {
            return;
        }
        let asked = tokio::time::timeout(PATIENCE, self.store.by_session(session.id)).await;
        match asked.unwrap_or_else(|_| Err(AssessmentStoreError("no answer in time".into()))) {
            Ok(Some(before)) if before.behaviour == Behaviour::Abnormal => {
                let cause = before.cause.unwrap_or(Cause::Features);
                self.struck.note(session.id, Early { client: session.client, cause, used: !before.active });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, session = %session.id, "what it was judged before is not known"),
        }
    }
}
