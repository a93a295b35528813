//! Open visits by age, oldest first: what the sweeper and the cap look at, so that neither walks the whole map.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::SessionKey;
use super::visit::SharedVisit;
use crate::time::Timestamp;

/// A visit, with when it was put into the queue.
pub(super) struct Aged {
    pub(super) key: SessionKey,
    pub(super) visit: Arc<SharedVisit>,
    pub(super) queued: Timestamp,
}

/// A queue with second chances (CLOCK): a visit that was active since it was queued goes to the back again.
///
/// It is locked when a visit begins or ends, not for each request.
#[derive(Default)]
pub(super) struct Ages(Mutex<VecDeque<Aged>>);

impl Ages {
    pub(super) fn push(&self, aged: Aged) {
        self.0.lock().push_back(aged);
    }

    pub(super) fn pop(&self) -> Option<Aged> {
        self.0.lock().pop_front()
    }

    /// The oldest visit, if it was queued longer ago than this; or later than now by as much, since the clock stepped
    /// back.
    pub(super) fn pop_due(&self, span: Duration, now: Timestamp) -> Option<Aged> {
        let mut queue = self.0.lock();
        if queue.front().is_some_and(|aged| now.distance(aged.queued) > span) { queue.pop_front() } else { None }
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().len()
    }
}
