//! Black-box tests: the real binary on free ports, between a client that speaks bytes and an origin that remembers
//! what it saw.
#![allow(missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activity;
mod admin;
mod admin_access;
mod audit;
mod backup;
mod bans;
mod blocking;
mod bodies;
mod config;
mod data;
mod early;
mod eval;
mod failure_modes;
mod forwarding;
mod harness;
mod monitoring;
mod outages;
mod privacy;
mod real_ip;
mod secrets;
mod sessions;
mod shared_store;
mod shutdown;
mod tls;
