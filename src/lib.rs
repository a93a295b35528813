//! Portcullis: a reverse-proxy web application firewall on Cloudflare's Pingora.
//!
//! It stands in front of a website, reads what requests carry with a text classifier (ONNX), refuses attacks,
//! logs the activity, judges closed visits as normal or abnormal and bars clients with too many abnormal ones.
//!
//! # The request's way
//!
//! ```text
//! listener → proxy/hooks → client (who?) → banlist (barred?) → session (which visit?) → proxy/body (bounded read)
//!          → inspection (targets → transformations → classifier → findings) → policy (verdict)
//!          → proxy/respond (refuse)  or  proxy/upstream (forward) → proxy/record → activity (bounded queue → store)
//! later, off the request path:  session/sweep → behaviour (features → classifier → strikes) → banlist
//! ```
//!
//! Hooks read memory only. Nothing on the way in awaits a database; every queue is bounded and counts what it drops.
//!
//! # Layers
//!
//! Each module uses only modules below it; `tests/layering.rs` checks this table.
//!
//! ```text
//! 4  main cli app config     → anything
//! 3  proxy admin dataset     → 2 1 0 (never each other)
//! 2  storage model audit     → traits and types of 1; 0 (never each other)
//! 1  behaviour → activity → policy → inspection; policy → banlist; behaviour, activity → session;
//!    banlist, session, crawlers → client; behaviour → crawlers
//! 0  client expression id live logging metrics octets spool time → nothing of ours but each other's ids and moments
//! ```
//!
//! Traits are declared by the domain that needs them, implemented one layer up and joined in [`app`].
//! `pingora`, `ort` and `mongodb` are each named in one folder. Domains never read config files, clocks
//! (`now` is an argument), the environment or globals.
//!
//! # Failure modes
//!
//! | what fails | what happens |
//! | --- | --- |
//! | the store, at start | the start is refused (`storage.on_unreachable = "refuse"`) or goes on without it (`"start"`) |
//! | the store, later | requests go on; records and judged visits go to the spool on disk and from there to the store when it is back; past `storage.spool_limit` the oldest are dropped and counted; `/readyz` is 503 |
//! | the store and the disk | records wait in the queue; past its capacity they are dropped and counted |
//! | the text model, on an input | counted; then `inspection.on_error`: `refuse` (default) or `allow` |
//! | the behaviour model | counted; the session is stored as `newSession`, without a judgement |
//! | the audit export | its queue is bounded; what finds no room is dropped and counted |
//! | the resolver (`banlist.crawlers`) | nothing is proved: an offender is banned like everyone, no later than `banlist.resolver_timeout` |
//! | the scorer's backlog | bounded; a session that finds no room is counted and left unjudged |

pub mod activity;
pub mod admin;
pub mod app;
pub mod audit;
pub mod banlist;
pub mod behaviour;
pub mod cli;
pub mod client;
pub mod config;
pub mod crawlers;
pub mod dataset;
pub mod expression;
pub mod id;
pub mod inspection;
pub mod live;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod octets;
pub mod policy;
pub mod proxy;
pub mod session;
pub mod spool;
pub mod storage;
pub mod time;
pub use app::App;
pub use config::Config;
