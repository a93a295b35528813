//! The activity log: every request, refused and failed ones too.
//!
//! [`ActivityLog::record`] puts a record into a bounded queue and returns; a writer of its own hands batches to an
//! [`ActivityStore`]. While the store is away, slow, or records wait from before, batches go to a
//! [`Spool`](crate::spool::Spool) on disk, and from there to the store in the order they came. No request ever waits; where
//! the disk fails too, the queue fills, and past its capacity records are dropped and counted. [`Redaction`] takes secrets out before a record is built.

mod backlog;
mod closing;
mod codec;
mod config;
mod delivery;
mod drain;
mod log;
mod part;
mod pseudonym;
mod record;
mod redact;
mod retention;
mod store;
mod writer;

#[cfg(test)]
mod spool_tests;
#[cfg(test)]
mod tests;

pub use config::{BodyLogging, Config, RequestLogging};
pub use log::ActivityLog;
pub use part::RecordPart;
pub use pseudonym::{MIN_KEY_BYTES, Pseudonyms};
pub use record::ActivityRecord;
pub use redact::Redaction;
pub use store::{ActivityQuery, ActivityStore, ActivityStoreError};
