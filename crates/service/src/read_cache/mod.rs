//! What is asked again and again (the list of bookings, filtered pages, one booking, the sums) out of three
//! caches, never stale.
//!
//! **Promise G:** after any instance has acknowledged a write, every read that starts later, on any instance,
//! shows it. An answer is l1 as bytes in this process (L1), in the shared cache (L2: the list as
//! `payments:all`), and as rows in the database.
//!
//! ```text
//! write, after COMMIT   bump: a fresh version for everything             (two tries)
//!                       if that failed: acknowledge D after the commit; by then every instance
//!                       has asked the database anew
//! word                  the head (number and token), as the database said it not longer than D ago;
//!                       asked again every D/3 while there are reads; every load is one as well
//! admits(answer)        its head is that of the word; when the word has run out, or is older than the
//!                       answer: its head is the one asked for after this read arrived
//! read                  v = the version, asked after this read arrived (the question is shared)
//!                       L1 has version v and is serve_if_valid                -> L1
//!                       the entry of L2, by the same two tests          -> keep in L1
//!                       else load from the database, once per v for all -> keep, store_in_l2 L2 if v is still it
//!                       a load that somebody else began and that is not serve_if_valid
//!                                                                       -> once per head, asked again
//! L2 is away            the database's head takes the place of v
//! ```
//!
//! A head is only ever compared for being the same. So nothing has to be dropped when the database loses commits
//! and gives their numbers to others: the tokens differ.
//!
//! Files: `policy` has the rules; `read` tells a read from end to end, `confirm` what the database says to it, `served`
//! what it comes to; `barrier` the write's side; `cached_head` keeps the word; `version` and `heads` are the two questions;
//! `load` reads the database; `query` says what can be read; `l1` is L1, of `snapshot`s with their `encodings`;
//! `question` and `flights` make many reads ask once; `link` knows whether the cache is away; `warm` reads ahead;
//! `compare` looks whether all this is true; `metrics` counts and `status` tells.

#[cfg(feature = "fault-injection")]
mod cache_aside;
mod cache_version;
mod cached_head;
mod compression;
mod consistency_check;
mod entry;
mod head_query;
mod invalidate;
mod l1;
mod loader;
mod metrics;
mod outage;
mod query;
mod read;
mod refresh;
mod response;
pub mod rules;
mod stats;
mod validate;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "fault-injection")]
pub use cache_aside::VARIABLE as CACHE_ASIDE_VARIABLE;
pub use compression::Encoding;
pub use consistency_check::{CheckResult, run_consistency_checker};
pub use entry::CacheEntry;
pub use l1::QueryLimits;
pub use metrics::{CacheStats, ReadCounts};
pub use outage::OutageStatus;
pub use query::{PageQuery, Query, Rendered, Renderer};
pub use read::ReadCache;
pub use response::{CacheTier, CachedResponse, ReadError};
pub use stats::Status;

/// The limits of freshness.
#[derive(Debug, Clone, Copy)]
pub struct ReadCacheConfig {
    /// D: for how long a word counts, and how long a write waits when the cache is away.
    pub staleness_bound: Duration,
    /// How long a read waits for the database's head before it counts as away.
    pub head_deadline: Duration,
    /// How long a cache that was away is left alone before it is asked again.
    pub retry_cache_after: Duration,
    /// How many of the newest payments the list has.
    pub window: u64,
    /// How many pages are loaded at a time.
    pub page_loads_max: usize,
    /// How much is l1 of other answers than the list.
    pub queries: QueryLimits,
    /// What a read gets when the database is away but the cache says that nothing has changed.
    pub unverified_reads: UnverifiedReads,
}

/// What is done with an entry whose version is current while the database cannot confirm it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnverifiedReads {
    /// It is served and labelled.
    Serve,
    /// The read fails.
    Reject,
}

/// What reads work with.
#[derive(Clone)]
pub struct ReadCacheDeps {
    /// The cache that instances share.
    pub cache: Arc<dyn hermes_domain::ports::SharedCache>,
    /// The database.
    pub reader: Arc<dyn hermes_domain::ports::PaymentReader>,
    /// Writes answers.
    pub renderer: Arc<dyn Renderer>,
}
