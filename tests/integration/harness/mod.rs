//! The real binary between a client that speaks bytes and an origin that remembers what it saw.

pub mod client;
pub mod mongod;
pub mod origin;
pub mod waf;

use std::sync::atomic::{AtomicU32, Ordering};
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

/// A port nobody listens on: each is given away once, from below those of outgoing connections, of which one could take it
/// before it is listened on.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ports = 12_000..32_000_u32;
    let of_process = std::process::id() * 97;
    let mut tried = ports.clone().map(|_| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(of_process);
        u16::try_from(ports.start + number % (ports.end - ports.start)).unwrap()
    });
    tried.find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
