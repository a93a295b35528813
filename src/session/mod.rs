//! Visits of one client.

mod state;

pub use state::{Outcome, Session, SessionId};
