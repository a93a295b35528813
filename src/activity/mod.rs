//! The activity log: every request, refused and failed ones too.
//!
//! [`ActivityLog::record`] puts a record into a bounded queue and returns; a writer of its own hands batches to an
//! [`ActivityStore`]. A store that fails makes the queue grow, never a request wait; past the queue's capacity
//! records are dropped and counted. [`Redaction`] takes secrets out before a record is built.

mod backlog;
mod config;
mod log;
mod record;
mod redact;
mod retention;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub use config::{BodyLogging, Config};
pub use log::ActivityLog;
pub use record::ActivityRecord;
pub use redact::Redaction;
pub use store::{ActivityQuery, ActivityStore, ActivityStoreError};
