//! Puts entries into the store: requests in batches, visits once they are over.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use futures_util::{TryStreamExt, stream};

use super::visits::Visits;
use super::{Fault, Item};
use crate::activity::ActivityRecord;
use crate::behaviour::{Assessment, Behaviour, Judge};
use crate::session::{self, LoginEndpoints, Session};
use crate::storage::Storage;
use crate::time::Timestamp;

/// Requests handed to the store at once.
const BATCH: usize = 500;
/// Visits stored at the same time.
const VISITS_AT_ONCE: usize = 16;
/// Faults that are kept to be shown.
const FAULTS_SHOWN: usize = 10;

/// What became of what was read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Entries read, refused ones included.
    pub(crate) read: u64,
    /// Requests handed to the store; those there before were left as they were.
    pub(crate) requests: u64,
    /// Visits stored.
    pub(crate) visits: u64,
    /// Visits that were there before, and stay.
    pub(crate) known_visits: u64,
    /// Entries of the predecessor's `clientips`, passed over.
    pub(crate) clients: u64,
    /// Entries that could not be read.
    pub(crate) refused: u64,
    /// The first of their faults, each with its file.
    pub(crate) faults: Vec<String>,
    /// The time of the oldest request.
    pub(crate) oldest: Option<Timestamp>,
}

/// Imports into one store.
pub(crate) struct Importer {
    storage: Storage,
    judge: Judge,
    visits: Visits,
    batch: Vec<ActivityRecord>,
    closed: Vec<Assessment>,
    report: Report,
}

impl Importer {
    /// Into this store, with visits cut by these rules and judged by this judge.
    pub(crate) fn new(storage: Storage, judge: Judge, sessions: &session::Config, logins: LoginEndpoints) -> Self {
        let visits = Visits::new(sessions, logins);
        Self { storage, judge, visits, batch: Vec::new(), closed: Vec::new(), report: Report::default() }
    }

    /// Takes an entry of this file.
    ///
    /// # Errors
    /// When the store fails; what was taken since is not all stored, and importing again mends that.
    pub(crate) async fn take(&mut self, file: &str, entry: Result<Item, Fault>) -> anyhow::Result<()> {
        self.report.read += 1;
        match entry {
            Ok(Item::Request(record)) => self.take_request(*record),
            Ok(Item::Visit(visit)) => self.closed.push(Assessment { active: false, ..*visit }),
            Ok(Item::Client) => self.report.clients += 1,
            Err(fault) => {
                self.report.refused += 1;
                if self.report.faults.len() < FAULTS_SHOWN {
                    self.report.faults.push(format!("{file}: {fault}"));
                }
            }
        }
        if self.batch.len() >= BATCH || self.closed.len() >= BATCH { self.store().await } else { Ok(()) }
    }

    /// Stores what waits, the visits still open included.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn finish(mut self) -> anyhow::Result<Report> {
        let fresh = Visits::new(&session::Config::default(), LoginEndpoints::default());
        for visit in std::mem::replace(&mut self.visits, fresh).finish() {
            self.close(&visit);
            if self.closed.len() >= BATCH {
                self.store().await?;
            }
        }
        self.store().await?;
        Ok(self.report)
    }

    fn take_request(&mut self, mut record: ActivityRecord) {
        self.report.requests += 1;
        self.report.oldest = Some(self.report.oldest.map_or(record.timestamp, |oldest| oldest.min(record.timestamp)));
        for visit in self.visits.add(&mut record) {
            self.close(&visit);
        }
        self.batch.push(record);
    }

    /// An imported visit is no strike: it is not active.
    fn close(&mut self, visit: &Session) {
        self.closed.push(Assessment { active: false, ..self.judge.assess(visit) });
    }

    /// Requests first: a visit without its requests would be of no use.
    async fn store(&mut self) -> anyhow::Result<()> {
        self.storage.activity.append(&self.batch).await?;
        self.batch.clear();
        let waiting = self.closed.len() as u64;
        let visits = distinct(std::mem::take(&mut self.closed));
        let storing = visits.iter().map(|visit| Ok(keep(&self.storage, visit)));
        let kept: Vec<bool> = stream::iter(storing).try_buffer_unordered(VISITS_AT_ONCE).try_collect().await?;
        let stored = kept.iter().filter(|stored| **stored).count() as u64;
        self.report.visits += stored;
        self.report.known_visits += waiting - stored;
        Ok(())
    }
}

/// One of each visit: as a collection has it judged, rather than put together from its requests.
fn distinct(visits: Vec<Assessment>) -> Vec<Assessment> {
    let mut distinct: Vec<Assessment> = Vec::with_capacity(visits.len());
    let mut places = HashMap::new();
    for visit in visits {
        match places.entry(visit.session) {
            Entry::Vacant(free) => {
                free.insert(distinct.len());
                distinct.push(visit);
            }
            Entry::Occupied(place) => {
                let known = &mut distinct[*place.get()];
                if known.behaviour == Behaviour::NewSession {
                    *known = visit;
                }
            }
        }
    }
    distinct
}

/// Stores a visit where that adds something; whether it did.
async fn keep(storage: &Storage, visit: &Assessment) -> anyhow::Result<bool> {
    let known = storage.assessments.by_session(visit.session).await?;
    let adds = known.is_none_or(|known| adds(visit, &known));
    if adds {
        storage.assessments.put(visit).await?;
    }
    Ok(adds)
}

/// Whether a visit says more than the one that is kept: judged where it was not, or, of a log that has grown since, with
/// more requests. A judgement is never taken back, and one that is not of our model is never replaced.
fn adds(visit: &Assessment, known: &Assessment) -> bool {
    let judged = |visit: &Assessment| visit.behaviour != Behaviour::NewSession;
    match (judged(visit), judged(known)) {
        (true, false) => true,
        (false, true) => false,
        (false, false) => visit.features.requests > known.features.requests,
        (true, true) => visit.features.requests > known.features.requests && !known.model.is_empty(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read      {}", self.read)?;
        writeln!(f, "requests  {}", self.requests)?;
        writeln!(f, "visits    {} ({} were there before)", self.visits, self.known_visits)?;
        if self.clients > 0 {
            writeln!(
                f,
                "clients   {} passed over: they come with their requests, and bans are not imported",
                self.clients
            )?;
        }
        write!(f, "refused   {}", self.refused)?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}
