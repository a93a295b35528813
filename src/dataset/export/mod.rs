//! What the store gives away: the predecessor's two data sets, and the activity as JSON lines.
//!
//! A store is read page by page, newest first, so that its size does not matter to memory.

mod features;
mod filter;
mod strings;

use std::io::Write;

use crate::activity::{ActivityQuery, ActivityRecord, ActivityStore};
use crate::behaviour::{Assessment, AssessmentQuery, AssessmentStore};
use crate::storage::{Storage, exchange};

pub(crate) use filter::{Filter, Label, moment};

/// Records read at once: one may be some megabytes long.
const PAGE: u32 = 200;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DataSet {
    /// The numbers of each visit, CSV, with the predecessor's columns.
    Features,
    /// The texts that requests carried, CSV, with HttpParams' columns: payload, length, attack_type, label.
    Strings,
    /// Every request, JSON lines, as `mongoexport` writes `httplogs`.
    Requests,
    /// Every closed visit, JSON lines, as `mongoexport` writes `sesfeatures`.
    Sessions,
}

/// Writes a data set; gives back how many rows it has. `tick` is told of each row as it is written.
///
/// # Errors
/// When the store fails, or what is written to.
pub(crate) async fn export(
    storage: &Storage,
    data_set: DataSet,
    filter: &Filter,
    out: &mut impl Write,
    tick: &impl Fn(),
) -> anyhow::Result<u64> {
    let mut rows = 0;
    match data_set {
        DataSet::Features => {
            let mut csv = csv::Writer::from_writer(&mut *out);
            csv.write_record(features::COLUMNS)?;
            each_visit(&*storage.assessments, filter, |visit| {
                csv.write_record(features::row(visit))?;
                tick();
                rows += 1;
                Ok(())
            })
            .await?;
            csv.flush()?;
        }
        DataSet::Strings => {
            let mut csv = strings::writer(&mut *out)?;
            each_request(&*storage.activity, filter, |request| {
                for row in strings::rows(request).filter(|row| filter.label.takes_text(row.attack_type)) {
                    row.write(&mut csv)?;
                    tick();
                    rows += 1;
                }
                Ok(())
            })
            .await?;
            csv.flush()?;
        }
        DataSet::Requests => {
            each_request(&*storage.activity, filter, |request| {
                if !filter.label.takes_request(request) {
                    return Ok(());
                }
                writeln!(out, "{}", exchange::record_json(request))?;
                tick();
                rows += 1;
                Ok(())
            })
            .await?;
        }
        DataSet::Sessions => {
            each_visit(&*storage.assessments, filter, |visit| {
                writeln!(out, "{}", exchange::assessment_json(visit))?;
                tick();
                rows += 1;
                Ok(())
            })
            .await?;
        }
    }
    out.flush()?;
    Ok(rows)
}

async fn each_request(
    store: &dyn ActivityStore,
    filter: &Filter,
    mut with: impl FnMut(&ActivityRecord) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let before = filter.first_id();
    let mut query = ActivityQuery { client: filter.client_key, before, limit: PAGE, ..ActivityQuery::default() };
    loop {
        let page = store.page(&query).await?;
        let Some(last) = page.last() else { return Ok(()) };
        query.before = Some(last.id);
        for request in page.iter().filter(|request| filter.takes(request.timestamp, request.client_ip)) {
            with(request)?;
        }
        if filter.is_past(last.id) {
            return Ok(());
        }
    }
}

async fn each_visit(
    store: &dyn AssessmentStore,
    filter: &Filter,
    mut with: impl FnMut(&Assessment) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let before = filter.first_id().map(Into::into);
    let behaviour = filter.label.behaviour();
    let mut query = AssessmentQuery { client: filter.client_key, behaviour, before, limit: PAGE };
    loop {
        let page = store.page(&query).await?;
        let Some(last) = page.last() else { return Ok(()) };
        query.before = Some(last.session);
        for visit in page.iter().filter(|visit| filter.takes(visit.end, visit.client_ip)) {
            with(visit)?;
        }
        if filter.is_past(last.session.first_request()) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
