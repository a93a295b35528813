//! Takes visits, open and closed, and passed limits; judges, counts strikes and bans.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::inquiry::{Inquiries, Next, Offence};
use super::judge::Judge;
use super::ledger::{Entry, Ledger, LedgerWriter};
use super::offences::Offences;
use super::struck::{Early, Struck};
use super::together::Together;
use super::{
    Assessment, AssessmentStore, AssessmentStoreError, Behaviour, BehaviourClassifier, Breach, Cause, Config,
    CustomNames, Strikes, Thresholds,
};
use crate::activity::Pseudonyms;
use crate::banlist::{Ban, BanList, BanOrigin, BanOutcome, BanScope, Standing};
use crate::client::ClientKey;
use crate::crawlers::Crawlers;
use crate::metrics::BehaviourMetrics;
use crate::session::{ClosedSession, OpenSession, Session, SessionId};
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
    /// Stand in place of clients' addresses in stored assessments; strikes and bans keep the addresses.
    pub pseudonyms: Option<Pseudonyms>,
    /// The book of strikes, shared with whoever lifts bans.
    pub strikes: Arc<Strikes>,
    /// The edge blacklist.
    pub bans: Arc<BanList>,
    /// Tells search engines, which are not banned; `None` bans them like everyone.
    pub crawlers: Option<Arc<Crawlers>>,
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
        let Parts { classifier, custom, store, spool, pseudonyms, strikes, bans, crawlers, metrics } = parts;
        let (classifier, thresholds) =
            classifier.map_or((None, Thresholds::NEVER), |(model, thresholds)| (Some(model), thresholds));
        let (ledger, writer) = Ledger::new(Arc::clone(&store), spool, pseudonyms, metrics.clone());
        let judge = Judge { classifier, thresholds, custom, metrics: metrics.clone() };
        let offences = Offences::new(config.growth());
        let struck = Struck::default();
        let together = Together::new(Arc::clone(&store));
        let inquiries = Inquiries::new(crawlers, metrics.clone());
        let bench =
            Bench { config, judge, ledger, store, strikes, struck, offences, bans, inquiries, together, metrics };
        Self { bench, writer }
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
                Some(next) = bench.inquiries.answered() => Come::Answered(next),
                Some(breach) = breaches.recv() => Come::Breach(breach),
                Some(OpenSession(session)) = open.recv() => Come::Open(session),
                session = closed.recv() => session.map_or(Come::End, Come::Closed),
                () = told(&mut stop), if !stopping => Come::Stop,
                session = bench.together.abandoned() => Come::Abandoned(session),
            };
            match come {
                Come::Answered(next) => _ = bench.follow(next, Timestamp::now()).await,
                Come::Breach(breach) => bench.breach(&breach, Timestamp::now()).await,
                Come::Open(session) => bench.open(&session, Timestamp::now()).await,
                Come::Closed(ClosedSession { session, since }) => {
                    bench.close(&session, Timestamp::now()).await;
                    bench.metrics.verdict_time.observe(since.elapsed().as_secs_f64());
                }
                Come::Abandoned(session) => bench.take_over(session, Timestamp::now()).await,
                // What was sent before is still received; nothing is sent after.
                Come::Stop => {
                    closed.close();
                    stopping = true;
                }
                Come::End => break,
            }
            bench.metrics.queued.set(i64::try_from(closed.len()).unwrap_or(i64::MAX));
        }
        while let Some(next) = bench.inquiries.answered().await {
            bench.follow(next, Timestamp::now()).await;
        }
        drop(bench);
        // A writer that panicked has already said so; there is nothing left to store with.
        let _ = writing.await;
    }
}

/// What came next.
#[allow(clippy::large_enum_variant)] // Lives for one turn of the loop.
enum Come {
    /// What the DNS said of an offender's address.
    Answered(Next),
    Breach(Breach),
    Open(Session),
    Closed(ClosedSession),
    /// A session that another filter claimed and did not finish with.
    Abandoned(Session),
    Stop,
    End,
}

/// Returns when told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone is a filter that has stopped.
    let _ = stop.wait_for(|stop| *stop).await;
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
    inquiries: Inquiries,
    together: Together,
    metrics: BehaviourMetrics,
}

impl Bench {
    /// A visit has closed. Of several filters on one store, the one that claims it judges it.
    async fn close(&mut self, session: &Session, now: Timestamp) {
        if self.together.claim(session).await {
            self.judge_closed(session, now).await;
        } else {
            self.struck.take(session.id);
        }
    }

    /// Another filter left a visit; what it said of it while it was open is in the store.
    async fn take_over(&mut self, session: Session, now: Timestamp) {
        tracing::info!(session = %session.id, "judging a session that another filter left");
        self.judge_closed(&Session { restored: true, ..session }, now).await;
    }

    /// One that was abnormal while it was open stays so, and brings no second strike.
    async fn judge_closed(&mut self, session: &Session, now: Timestamp) {
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

    /// A limit was passed: the visit is abnormal, and its client is banned at once. Only a visit that brings no ban
    /// asks the store, which other filters count strikes in.
    async fn breach(&mut self, breach: &Breach, now: Timestamp) {
        let (client, limit) = (breach.client.key, breach.limit);
        let standing = self.bans.standing(BanScope::from(client.net())).await;
        tracing::info!(%client, request = %breach.request, limit = limit.as_str(), "client passed a limit");
        let early = Early { client, cause: Cause::Limit(limit), used: false };
        let session = breach.session.filter(|session| self.judge.judges() && self.struck.note(*session, early));
        if let Some(session) = session {
            self.strikes.add(client, session, now);
        }
        let (ip, evidence, reason) = (breach.client.ip, breach.request, limit.describe().to_owned());
        let offence = Offence { client, ip, standing, evidence, reason };
        if !self.ban(offence, now).await
            && let Some(session) = session
        {
            self.count_everywhere(client, session).await;
        }
    }

    async fn strike(&mut self, assessment: &Assessment, now: Timestamp) {
        let (client, session) = (assessment.client, assessment.session);
        let standing = self.standing(client).await;
        let here = self.strikes.add(client, session, now);
        self.strikes.rest_on(client, standing);
        let strikes = self.count_everywhere(client, session).await.map_or(here, |everywhere| everywhere.max(here));
        if strikes > self.config.max_abnormal {
            let reason = format!("{strikes} abnormal sessions, {} allowed", self.config.max_abnormal);
            let (ip, evidence) = (assessment.client_ip, session.first_request());
            self.ban(Offence { client, ip, standing, evidence, reason }, now).await;
        }
    }

    /// What a strike of this client rests on: what his first one did. Of a count begun before an unban nothing comes.
    async fn standing(&self, client: ClientKey) -> Standing {
        match self.strikes.standing(client) {
            Some(standing) => standing,
            None => self.bans.standing(BanScope::from(client.net())).await,
        }
    }

    /// Counts a strike for all filters on the store. One in a dry run keeps its strikes to itself, so that it brings
    /// about no ban by another.
    async fn count_everywhere(&self, client: ClientKey, session: SessionId) -> Option<usize> {
        if self.config.dry_run {
            return None;
        }
        self.together.strike(client, session, self.config.window).await
    }

    /// Bans where that is asked for; whether the client is banned now, or would be but for the dry run. One who may be a
    /// search engine is asked about first.
    async fn ban(&mut self, offence: Offence, now: Timestamp) -> bool {
        if !self.config.dry_run && !self.config.block_ip {
            return false;
        }
        let next = self.inquiries.about(offence, now);
        self.follow(next, now).await
    }

    async fn follow(&mut self, next: Next, now: Timestamp) -> bool {
        match next {
            Next::Ban(offence) => self.ban_other(offence, now).await,
            Next::Spare(Offence { client, ip, evidence, reason, .. }) => {
                self.metrics.spared.inc();
                tracing::info!(%client, %ip, %evidence, reason, "client not banned: it is a search engine, as the DNS says");
                self.strikes.clear(client);
                false
            }
            Next::Wait => false,
        }
    }

    async fn ban_other(&mut self, offence: Offence, now: Timestamp) -> bool {
        let Offence { client, standing, evidence, reason, .. } = offence;
        let duration = self.offences.duration(client, &self.config, now);
        if self.config.dry_run {
            self.metrics.would_ban.inc();
            tracing::info!(%client, %evidence, reason, ?duration, "client would have been banned: dry run");
            self.strikes.clear(client);
            return true;
        }
        let ban = Ban {
            scope: BanScope::from(client.net()),
            origin: BanOrigin::Behaviour,
            reason,
            evidence: Some(evidence),
            since: now,
            until: Some(now.plus(duration)),
        };
        match self.bans.ban_if(ban, standing).await {
            Ok(BanOutcome::InGrace(until)) => {
                tracing::info!(%client, %until, "client not banned: an operator let it in lately");
            }
            Ok(BanOutcome::Lifted) => {
                tracing::info!(%client, "client not banned: an operator let it in meanwhile; its count begins anew");
                self.strikes.clear(client);
            }
            Ok(outcome @ (BanOutcome::Banned { .. } | BanOutcome::Kept(_))) => {
                tracing::info!(%client, %evidence, ?duration, "client banned");
                if matches!(outcome, BanOutcome::Banned { .. }) {
                    self.offences.note(client, now);
                }
                self.strikes.clear(client);
                self.struck.use_up(client);
                self.ledger.enter(Entry::Deactivate(client));
                self.together.clear_strikes(client.net()).await;
                return true;
            }
            Err(error) => {
                self.metrics.ban_errors.inc();
                tracing::warn!(%client, %error, "client not banned");
            }
        }
        false
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
