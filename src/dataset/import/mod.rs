//! What others recorded: access logs and the predecessor's collections, into the configured store.
//!
//! ```text
//! reader (lines, arrays, BSON) → access_log, json_log, storage::exchange → entry (redacted record) → importer
//!                                                                          importer → store, visits → judge → store
//! ```
//!
//! Ids are made of what is imported, so that importing twice doubles nothing. Imports never ban: imported visits do
//! not count as strikes.

mod access_log;
mod entry;
mod importer;
mod json_log;
mod reader;
mod visits;

pub(crate) use importer::{Importer, Report};
pub(crate) use json_log::Fields;
pub(crate) use reader::{Fault, Item, Reader, Terms};

#[cfg(test)]
mod tests;
