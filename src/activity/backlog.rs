//! How much waits for the store.

use parking_lot::Mutex;
use serde_json::Value;

use super::ActivityRecord;

/// What a record takes beside its texts, roughly.
const RECORD_BYTES: usize = 512;
/// What a header, finding or JSON value takes beside its texts, roughly.
const PART_BYTES: usize = 64;

/// Counts waiting records and their bytes against fixed limits.
#[derive(Debug)]
pub(super) struct Backlog {
    max_records: usize,
    max_bytes: usize,
    /// A lock and not two atomics: both limits are tested and taken together. Held for an addition only.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    records: usize,
    bytes: usize,
}

impl Backlog {
    pub(super) fn new(max_records: usize, max_bytes: usize) -> Self {
        Self { max_records: max_records.max(1), max_bytes, waiting: Mutex::default() }
    }

    /// Records that may wait.
    pub(super) fn max_records(&self) -> usize {
        self.max_records
    }

    /// Takes room for one record; whether there was room. A single record is let in whatever its size.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        let mut waiting = self.waiting.lock();
        let full = waiting.records >= self.max_records
            || (waiting.records > 0 && waiting.bytes.saturating_add(bytes) > self.max_bytes);
        if !full {
            waiting.records += 1;
            waiting.bytes += bytes;
        }
        !full
    }

    /// Gives the room of these records back.
    pub(super) fn release(&self, records: &[ActivityRecord]) {
        let bytes = records.iter().map(weight).sum::<usize>();
        let mut waiting = self.waiting.lock();
        waiting.records = waiting.records.saturating_sub(records.len());
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }

    /// Whether half of the room is taken, beside the records that the writer has in hand: the store does not keep up.
    pub(super) fn is_crowded(&self, in_hand: usize) -> bool {
        let waiting = self.waiting.lock();
        waiting.records.saturating_sub(in_hand) > self.max_records / 2 || waiting.bytes > self.max_bytes / 2
    }

    /// Records waiting now.
    pub(super) fn records(&self) -> usize {
        self.waiting.lock().records
    }
}

/// Bytes a record holds, roughly.
pub(super) fn weight(record: &ActivityRecord) -> usize {
    let headers = record.headers.iter().map(|(name, value)| name.len() + value.len() + PART_BYTES).sum::<usize>();
    let findings = record.findings.iter().map(|f| f.excerpt.len() + f.target.name.len() + PART_BYTES).sum::<usize>();
    let body = record.request_body.as_ref().map_or(0, json_weight);
    RECORD_BYTES + record.url.len() + record.origin.len() + headers + findings + body
}

fn json_weight(value: &Value) -> usize {
    PART_BYTES
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(json_weight).sum(),
            Value::Object(fields) => fields.iter().map(|(name, item)| name.len() + json_weight(item)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}
