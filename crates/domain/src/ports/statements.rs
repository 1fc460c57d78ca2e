//! The port that stores imported statements, their lines and matches.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::matching::IndexedPayment;
use crate::payment::{PaymentId, Reference};
use crate::receipt::{ReceiptNumber, StatementLineId};
use crate::statement::{
    BankLine, ImportId, ImportState, ImportWork, LineState, MatchId, MatchState, NewImport, NewMatch,
    StatementImport, StoredLine, StoredMatch,
};

/// A batch of the bank that is booked, as one receipt or by its transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedBatch {
    /// The bank's id.
    pub id: String,
    /// The amount of the receipt, or of the largest transfer, in minor units.
    pub minor: i64,
}

/// The result of a line, to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineResult {
    /// The line.
    pub line: StatementLineId,
    /// What happened to the line.
    pub state: LineState,
    /// The receipt that books the line.
    pub receipt: Option<ReceiptNumber>,
}

/// A position in the list of matches, which is ordered by time and then by identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchPosition {
    /// The time of the proposal.
    pub created_at: DateTime<Utc>,
    /// The identifier.
    pub id: MatchId,
}

/// A filter of matches. A match is listed if it fits every given field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchFilter {
    /// The state.
    pub state: Option<MatchState>,
    /// The import.
    pub import: Option<ImportId>,
    /// List only matches after this position.
    pub after: Option<MatchPosition>,
}

/// Stores statements beside the ledger.
///
/// # Contract
/// Every method can be repeated with the same arguments: a crash between two calls loses nothing and stores nothing twice.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait StatementStore: Send + Sync {
    /// Stores a new import in the state [`ImportState::Checking`].
    async fn insert_import(&self, import: &NewImport) -> Result<(), StoreError>;

    /// Finds an import with its counts.
    async fn find_import(&self, id: ImportId) -> Result<Option<StatementImport>, StoreError>;

    /// Lists imports that a process must continue and that no process has claimed, oldest first.
    async fn unclaimed_imports(&self, now: DateTime<Utc>) -> Result<Vec<ImportId>, StoreError>;

    /// Claims an import until a time, or renews the claim of the same process. Returns whether it succeeded; it does not if
    /// the import does not need this work.
    async fn claim_import(
        &self,
        id: ImportId,
        work: ImportWork,
        process: uuid::Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Gives the claim of a process up, so that another process can work on the import at once.
    async fn release_import(&self, id: ImportId, process: uuid::Uuid) -> Result<(), StoreError>;

    /// Changes the state of an import that needs this work. Returns whether it did.
    async fn set_import_state(
        &self,
        id: ImportId,
        work: ImportWork,
        state: ImportState,
        reason: Option<&str>,
        finished_at: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError>;

    /// Changes an import to [`ImportState::Undoing`], also while it is posted. Returns whether it was neither being undone nor
    /// undone.
    async fn begin_undo(&self, id: ImportId, actor: &str, reason: &str) -> Result<bool, StoreError>;

    /// Stores lines that no import has stored, and takes over lines of undone imports that no receipt books, and lines of
    /// refused imports that are still new. The matches of such lines are undone. Returns the lines that now belong to this
    /// import, in the order of the file; `None` if the import is not being posted any more.
    async fn insert_lines(
        &self,
        import: ImportId,
        lines: &[BankLine],
    ) -> Result<Option<Vec<StoredLine>>, StoreError>;

    /// Stores all proposed matches of an import, or none of them. An existing match remains unchanged. Returns whether the
    /// import is still being posted; otherwise, nothing is stored.
    async fn insert_matches(&self, import: ImportId, matches: &[NewMatch]) -> Result<bool, StoreError>;

    /// Returns the matches of lines that an import has stored.
    async fn matches_of_lines(
        &self,
        import: ImportId,
        lines: &[StatementLineId],
    ) -> Result<Vec<StoredMatch>, StoreError>;

    /// Stores the results of those lines of an import that are in the state `from`, if it is given, and the number of lines
    /// that the import has processed, unless it is greater already. A reversed line remains reversed. So a late result of a
    /// process that was slow changes nothing.
    async fn finish_lines(
        &self,
        import: ImportId,
        results: &[LineResult],
        from: Option<LineState>,
        position: Option<i64>,
    ) -> Result<(), StoreError>;

    /// Returns lines of an import in a state, ordered by number, after a number.
    async fn lines_of_import(
        &self,
        import: ImportId,
        state: LineState,
        after: i64,
        limit: u64,
    ) -> Result<Vec<StoredLine>, StoreError>;

    /// Returns the latest credit lines of the same account and amount that are booked as a receipt.
    async fn lines_like(&self, line: &BankLine) -> Result<Vec<StoredLine>, StoreError>;

    /// Returns the lines with these identities that any import has stored.
    async fn find_lines(&self, ids: &[StatementLineId]) -> Result<Vec<StoredLine>, StoreError>;

    /// Finds the line of an import with a number.
    async fn find_line(&self, import: ImportId, number: i64) -> Result<Option<StoredLine>, StoreError>;

    /// Returns those batches of an account that are booked as one receipt, or are about to be, with their amounts. A line with
    /// such an id that does not say that it is a batch counts. A batch whose receipt is reversed is not booked. A batch without
    /// a receipt is not about to be booked if a transfer of it is booked.
    async fn booked_batches(&self, account: &str, batches: &[String])
    -> Result<Vec<BookedBatch>, StoreError>;

    /// Returns whether a receipt is reversed.
    async fn is_reversed(&self, receipt: ReceiptNumber) -> Result<bool, StoreError>;

    /// Returns those batches of an account of which a transfer is booked, or about to be, or was returned by the bank, each with
    /// the amount of its largest such transfer.
    async fn batches_with_booked_parts(
        &self,
        account: &str,
        batches: &[String],
    ) -> Result<Vec<BookedBatch>, StoreError>;

    /// Returns the batches of an import that are booked neither as one receipt nor by their transfers, ordered by number.
    async fn open_batches(&self, import: ImportId, limit: u64) -> Result<Vec<StoredLine>, StoreError>;

    /// Changes the state of a line without a receipt. Returns whether it had the expected state.
    async fn change_line(
        &self,
        line: StatementLineId,
        from: LineState,
        to: LineState,
    ) -> Result<bool, StoreError>;

    /// Finds a match.
    async fn find_match(&self, id: MatchId) -> Result<Option<StoredMatch>, StoreError>;

    /// Lists matches, oldest first.
    async fn list_matches(&self, filter: &MatchFilter, limit: u64) -> Result<Vec<StoredMatch>, StoreError>;

    /// Changes a proposed match to [`MatchState::Accepting`] or [`MatchState::Rejected`]. Returns whether it did: the match
    /// must be proposed, and to be accepted, no other match of its line may be in the process of being accepted.
    async fn decide_match(
        &self,
        id: MatchId,
        state: MatchState,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Changes a match that is being accepted back to proposed, because the ledger did not allocate its payments.
    async fn return_match(&self, id: MatchId) -> Result<(), StoreError>;

    /// Stores that the payments of a match are allocated: the match is accepted, the other proposals of its line are
    /// rejected, and the line is posted. Returns whether it did; it does not if the match is undone.
    async fn finish_match(&self, id: MatchId, actor: &str, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Changes a posted match that the ledger did not accept to rejected.
    async fn withdraw_match(&self, id: MatchId, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Marks every match that an import has stored for the lines as undone.
    async fn undo_matches(&self, import: ImportId, lines: &[StatementLineId]) -> Result<(), StoreError>;

    /// Reads the live payments with an amount outstanding and an id after the given one, at most `limit`, by id.
    async fn open_payments(
        &self,
        after: Option<PaymentId>,
        limit: u64,
    ) -> Result<Vec<IndexedPayment>, StoreError>;

    /// Reads payments in any state.
    async fn payments(&self, references: &[Reference]) -> Result<Vec<IndexedPayment>, StoreError>;
}
