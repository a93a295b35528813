//! The real binary between a client that speaks bytes and an origin that remembers what it saw.

pub mod client;
pub mod mongod;
pub mod origin;
pub mod waf;

use std::time::{Duration, Instant};

pub use client::exchange;
pub use origin::Origin;
pub use waf::Waf;

/// Longest wait for any condition.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until `condition` gives a value.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port nobody listens on.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
