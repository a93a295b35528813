//! Data sets: what is read to measure the filter, and what it gives away for training.
//!
//! ```text
//! labelled (JSONL, HttpParams CSV, raw requests) → the filter's own inspection → evaluation (tables, JSON, picture)
//! store → export (features and strings CSV; requests and sessions JSONL)
//! access logs, the predecessor's collections → import → store
//! ```
//!
//! Everything streams: a file's size does not matter to memory.

pub(crate) mod evaluation;
pub(crate) mod export;
pub(crate) mod import;
mod labelled;
mod raw_request;
mod recorded_request;
mod recording;
mod sample;

pub(crate) use labelled::{BadRow, Defaults, LabelledRow, NORM, rows};
pub(crate) use raw_request::RawRequest;
pub(crate) use recorded_request::RecordedRequest;
pub(crate) use recording::{Fault, Recording};
pub(crate) use sample::{Sample, object};
