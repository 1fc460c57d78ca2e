//! Fail points: steps at which a process under test kills itself, as in a power failure.
//!
//! Processing a booking hits each [`FailPoint`] in turn. `HERMES_TEST_FAULT_POINT=after-commit:3` kills the process
//! with `SIGKILL` on the third hit of `after-commit`. `commit-sent:1:500` waits half a millisecond before the kill.
//! Without the variable, nothing happens.
//!
//! **Invariant:** only tests contain fail points. Other crates depend on this crate only through their feature
//! `fault-injection`, which only the dev-dependencies of tests enable.

mod registry;

use std::future::poll_fn;
use std::pin::pin;

pub use registry::VARIABLE;

/// A step in the processing of a booking or of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailPoint {
    /// The request is parsed.
    AfterParse,
    /// The command is in the write queue.
    AfterEnqueue,
    /// The payments of the batch are written, and none of its other rows.
    AfterFirstInsert,
    /// All rows of the batch are written.
    BeforeCommit,
    /// COMMIT is sent, and the database has not responded.
    CommitSent,
    /// The database has committed.
    AfterCommit,
    /// The cache version is replaced: every read shows the booking.
    AfterInvalidation,
    /// The response is ready to be sent.
    BeforeReply,
    /// The event is in the stream, and the relay has not recorded its position.
    AfterXadd,
    /// The lines of a batch of a statement import are stored.
    AfterLinesStored,
    /// The matches of a batch of a statement import are stored.
    AfterMatchesStored,
    /// Some matches of a statement import are inserted, and their transaction is open.
    AfterMatchesInserted,
    /// The lines of a batch of a statement import are in the ledger.
    AfterLinesBooked,
    /// The results of a batch of a statement import are stored.
    AfterImportBatch,
    /// A migration has rebuilt some rows of the audit log and not the rest.
    AfterRebuiltChunk,
}

impl FailPoint {
    /// All fail points: first those of a booking in the order in which it hits them, the last of which exists only with a
    /// stream; then those of a statement import; then that of a migration.
    pub const ALL: [Self; 15] = [
        Self::AfterParse,
        Self::AfterEnqueue,
        Self::AfterFirstInsert,
        Self::BeforeCommit,
        Self::CommitSent,
        Self::AfterCommit,
        Self::AfterInvalidation,
        Self::BeforeReply,
        Self::AfterXadd,
        Self::AfterLinesStored,
        Self::AfterMatchesStored,
        Self::AfterMatchesInserted,
        Self::AfterLinesBooked,
        Self::AfterImportBatch,
        Self::AfterRebuiltChunk,
    ];

    /// Returns the name used in [`VARIABLE`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterParse => "after-parse",
            Self::AfterEnqueue => "after-enqueue",
            Self::AfterFirstInsert => "after-first-insert",
            Self::BeforeCommit => "before-commit",
            Self::CommitSent => "commit-sent",
            Self::AfterCommit => "after-commit",
            Self::AfterInvalidation => "after-invalidation",
            Self::BeforeReply => "before-reply",
            Self::AfterXadd => "after-xadd",
            Self::AfterLinesStored => "after-lines-stored",
            Self::AfterMatchesStored => "after-matches-stored",
            Self::AfterMatchesInserted => "after-matches-inserted",
            Self::AfterLinesBooked => "after-lines-booked",
            Self::AfterImportBatch => "after-import-batch",
            Self::AfterRebuiltChunk => "after-rebuilt-chunk",
        }
    }
}

/// Hits a fail point. Kills the process if the fail point is armed and this is the configured hit.
pub fn hit(point: FailPoint) {
    registry::hit(point);
}

/// Runs a future and hits the fail point when the future first returns `Pending`.
///
/// For a request over a connection, the request is then sent and its response is not read.
pub async fn hit_while_pending<F: Future>(point: FailPoint, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut is_hit = false;
    poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() && !is_hit {
            is_hit = true;
            hit(point);
        }
        polled
    })
    .await
}
