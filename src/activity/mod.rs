//! The activity log: every request, refused and failed ones too.

mod record;
mod store;

pub use record::ActivityRecord;
pub use store::{ActivityQuery, ActivityStore, ActivityStoreError};
