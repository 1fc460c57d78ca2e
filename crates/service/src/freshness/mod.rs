//! The list of bookings, out of three caches, never stale.
//!
//! **Promise G:** after any instance has acknowledged a write, every read that starts later, on any instance,
//! shows it. The list is kept as bytes in this process (L1), as `payments:all` in the shared cache (L2), and
//! as rows in the database.
//!
//! ```text
//! write, after COMMIT   bump: a fresh version, the entry is gone         (two tries)
//!                       if that failed: acknowledge D after the commit; by then every instance
//!                       has anchored itself on the database anew; the bump is owed
//! anchor                at least every D while there are reads: the head, from the database
//!                       if it went back: a new era begins, and a bump is owed
//! admits(entry)         entry.head >= anchor.head (the era counts first), and the anchor is valid;
//!                       when it is not: entry.head >= the head, asked after this read arrived
//! read                  v = the version, asked after this read arrived (the question is shared;
//!                       a bump that is owed comes before it)
//!                       L1 has version v and is admitted               -> L1
//!                       the entry of L2, by the same two tests          -> keep in L1
//!                       else load from the database, once per v for all -> keep, fill L2 if v is still it
//!                       a load that somebody else began and that is not admitted
//!                                                                       -> once per head, asked again
//! L2 is away            the database's head takes the place of v
//! ```
//!
//! The promise is not kept when two things happen between two questions for the head: the database loses commits
//! and gives their numbers to others, and the writer of those others cannot bump. A list does not know the token
//! of its head, so one of before cannot be told from one of afterwards by its number alone.
//!
//! Files: `list` tells the read from end to end; `barrier` the write's side; `anchor` what may be
//! admitted; `version` and `heads` are the two questions; `load` reads the database; `kept` is L1;
//! `question` and `flights` make many reads ask once; `link` knows whether the cache is away.

mod anchor;
mod barrier;
mod flights;
mod heads;
mod kept;
mod link;
mod list;
mod load;
mod question;
mod snapshot;
mod version;

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::payment::Payment;
use hermes_domain::ports::Position;

pub use link::LinkStatus;
pub use list::{FreshList, ReadError, Served, Tier};
pub use snapshot::Snapshot;

/// Writes the list as it is served; the same on every instance.
pub trait ListRenderer: Send + Sync {
    /// The whole list.
    fn body(&self, payments: &[Payment]) -> Vec<u8>;
    /// The cursor of the page that follows a place.
    fn next_cursor(&self, last: Position) -> String;
}

/// The limits of freshness.
#[derive(Debug, Clone, Copy)]
pub struct FreshnessSettings {
    /// D: for how long an anchor is valid, and how long a write waits when the cache is away.
    pub staleness_bound: Duration,
    /// How long a read waits for the database's head before it counts as away.
    pub head_deadline: Duration,
    /// How long a cache that was away is left alone before it is asked again.
    pub retry_cache_after: Duration,
    /// How many of the newest payments the list has.
    pub window: u64,
    /// What a read gets when the database is away but the cache says that nothing has changed.
    pub unanchored: Unanchored,
}

/// What is done with an entry whose version is current while the database cannot confirm it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanchored {
    /// It is served and labelled.
    ServeLabelled,
    /// The read fails.
    Refuse,
}

/// What the list works with.
#[derive(Clone)]
pub struct FreshnessParts {
    /// The cache that instances share.
    pub cache: Arc<dyn hermes_domain::ports::SharedCache>,
    /// The database.
    pub reader: Arc<dyn hermes_domain::ports::PaymentReader>,
    /// Writes the list.
    pub renderer: Arc<dyn ListRenderer>,
}
