//! The edge blacklist.

mod ban;
mod store;

pub use ban::{Ban, BanOrigin, BanScope, InvalidScope};
pub use store::{BanStore, BanStoreError};
