//! A value that may be swapped while running and is read without a lock.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// A shared, swappable value: readers never wait, a writer replaces the whole.
#[derive(Debug)]
pub struct Live<T>(Arc<ArcSwap<T>>);

impl<T> Live<T> {
    /// Starts with this value.
    pub fn new(value: T) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }

    /// The value of this moment; hold it briefly.
    pub fn load(&self) -> Guard<Arc<T>> {
        self.0.load()
    }

    /// Replaces the value for all who load after this.
    pub fn store(&self, value: T) {
        self.0.store(Arc::new(value));
    }

    /// Replaces the value by what `change` makes of it; `change` runs again when another writer came first.
    pub fn update(&self, change: impl FnMut(&Arc<T>) -> T) {
        self.0.rcu(change);
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
