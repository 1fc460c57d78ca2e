//! Stores imported statements, their lines and matches, beside the ledger.
//!
//! **Round trips** of a batch of 64 lines on a server: five to store the lines, five to store matches, four to store the
//! results. Reading the payments of a batch takes one.

mod batches;
mod imports;
mod lines;
mod matches;
mod payments;
mod personal;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::matching::IndexedPayment;
use hermes_domain::payment::{PaymentId, Reference};
use hermes_domain::ports::{BookedBatch, LineResult, MatchFilter, StatementStore, StoreError};
use hermes_domain::receipt::{ReceiptNumber, StatementLineId};
use hermes_domain::statement::{
    BankLine, ImportId, ImportState, ImportWork, LineState, MatchId, MatchState, NewImport, NewMatch,
    StatementImport, StoredLine, StoredMatch,
};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use crate::Database;
use crate::error::statement_error;

/// Imported statements on SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlStatementStore {
    database: Database,
}

impl SqlStatementStore {
    /// Creates a store on an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

/// Begins a transaction that writes. On SQLite, the transaction takes the lock at once; servers ignore the mode.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await.map_err(statement_error)
}

#[async_trait]
impl StatementStore for SqlStatementStore {
    async fn insert_import(&self, import: &NewImport) -> Result<(), StoreError> {
        let import = import.clone();
        self.database
            .writer
            .write(|connection| async move { imports::insert(&connection, &import).await })
            .await
    }

    async fn find_import(&self, id: ImportId) -> Result<Option<StatementImport>, StoreError> {
        self.database.reader.read(|connection| async move { imports::find(&connection, id).await }).await
    }

    async fn unclaimed_imports(&self, now: DateTime<Utc>) -> Result<Vec<ImportId>, StoreError> {
        self.database
            .reader
            .read(|connection| async move { imports::unclaimed(&connection, now).await })
            .await
    }

    async fn claim_import(
        &self,
        id: ImportId,
        work: ImportWork,
        process: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let claim =
            move |connection| async move { imports::claim(&connection, id, work, process, now, until).await };
        self.database.writer.write(claim).await
    }

    async fn release_import(&self, id: ImportId, process: Uuid) -> Result<(), StoreError> {
        self.database
            .writer
            .write(|connection| async move { imports::release(&connection, id, process).await })
            .await
    }

    async fn set_import_state(
        &self,
        id: ImportId,
        work: ImportWork,
        state: ImportState,
        reason: Option<&str>,
        finished_at: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let reason = reason.map(str::to_owned);
        let set = move |connection| async move {
            imports::set_state(&connection, id, work, state, reason, finished_at).await
        };
        self.database.writer.write(set).await
    }

    async fn begin_undo(&self, id: ImportId, actor: &str, reason: &str) -> Result<bool, StoreError> {
        let (actor, reason) = (actor.to_owned(), reason.to_owned());
        let begin = |connection| async move { imports::begin_undo(&connection, id, actor, reason).await };
        self.database.writer.write(begin).await
    }

    async fn insert_lines(
        &self,
        import: ImportId,
        lines: &[BankLine],
    ) -> Result<Option<Vec<StoredLine>>, StoreError> {
        let lines = lines.to_vec();
        self.database
            .writer
            .write(|connection| async move { lines::insert(&connection, import, &lines).await })
            .await
    }

    async fn insert_matches(&self, import: ImportId, matches: &[NewMatch]) -> Result<bool, StoreError> {
        let matches = matches.to_vec();
        self.database
            .writer
            .write(|connection| async move { matches::insert(&connection, import, &matches).await })
            .await
    }

    async fn matches_of_lines(
        &self,
        import: ImportId,
        lines: &[StatementLineId],
    ) -> Result<Vec<StoredMatch>, StoreError> {
        let lines = lines.to_vec();
        let read = |connection| {
            let lines = lines.clone();
            async move { matches::of_lines(&connection, import, &lines).await }
        };
        self.database.reader.read(read).await
    }

    async fn finish_lines(
        &self,
        import: ImportId,
        results: &[LineResult],
        from: Option<LineState>,
        position: Option<i64>,
    ) -> Result<(), StoreError> {
        let results = results.to_vec();
        let finish =
            |connection| async move { lines::finish(&connection, import, &results, from, position).await };
        self.database.writer.write(finish).await
    }

    async fn lines_of_import(
        &self,
        import: ImportId,
        state: LineState,
        after: i64,
        limit: u64,
    ) -> Result<Vec<StoredLine>, StoreError> {
        let read =
            move |connection| async move { lines::of_import(&connection, import, state, after, limit).await };
        self.database.reader.read(read).await
    }

    async fn lines_like(&self, line: &BankLine) -> Result<Vec<StoredLine>, StoreError> {
        let line = line.clone();
        let read = |connection| {
            let line = line.clone();
            async move { lines::like(&connection, &line).await }
        };
        self.database.reader.read(read).await
    }

    async fn find_lines(&self, ids: &[StatementLineId]) -> Result<Vec<StoredLine>, StoreError> {
        let ids = ids.to_vec();
        let read = |connection| {
            let ids = ids.clone();
            async move { lines::find(&connection, &ids).await }
        };
        self.database.reader.read(read).await
    }

    async fn find_line(&self, import: ImportId, number: i64) -> Result<Option<StoredLine>, StoreError> {
        let read = move |connection| async move { lines::with_number(&connection, import, number).await };
        self.database.reader.read(read).await
    }

    async fn booked_batches(
        &self,
        account: &str,
        batches: &[String],
    ) -> Result<Vec<BookedBatch>, StoreError> {
        let (account, batches) = (account.to_owned(), batches.to_vec());
        let read = |connection| {
            let (account, batches) = (account.clone(), batches.clone());
            async move { batches::booked(&connection, &account, &batches).await }
        };
        self.database.reader.read(read).await
    }

    async fn is_reversed(&self, receipt: ReceiptNumber) -> Result<bool, StoreError> {
        let read = move |connection| async move { batches::is_reversed(&connection, receipt).await };
        self.database.reader.read(read).await
    }

    async fn batches_with_booked_parts(
        &self,
        account: &str,
        batches: &[String],
    ) -> Result<Vec<BookedBatch>, StoreError> {
        let (account, batches) = (account.to_owned(), batches.to_vec());
        let read = |connection| {
            let (account, batches) = (account.clone(), batches.clone());
            async move { batches::with_booked_parts(&connection, &account, &batches).await }
        };
        self.database.reader.read(read).await
    }

    async fn open_batches(&self, import: ImportId, limit: u64) -> Result<Vec<StoredLine>, StoreError> {
        let read = move |connection| async move { batches::open(&connection, import, limit).await };
        self.database.reader.read(read).await
    }

    async fn change_line(
        &self,
        line: StatementLineId,
        from: LineState,
        to: LineState,
    ) -> Result<bool, StoreError> {
        let change = move |connection| async move { lines::change(&connection, line, from, to).await };
        self.database.writer.write(change).await
    }

    async fn find_match(&self, id: MatchId) -> Result<Option<StoredMatch>, StoreError> {
        self.database.reader.read(|connection| async move { matches::find(&connection, id).await }).await
    }

    async fn list_matches(&self, filter: &MatchFilter, limit: u64) -> Result<Vec<StoredMatch>, StoreError> {
        let filter = *filter;
        self.database
            .reader
            .read(|connection| async move { matches::list(&connection, &filter, limit).await })
            .await
    }

    async fn decide_match(
        &self,
        id: MatchId,
        state: MatchState,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        let decide = |connection| async move { matches::decide(&connection, id, state, &actor, now).await };
        self.database.writer.write(decide).await
    }

    async fn return_match(&self, id: MatchId) -> Result<(), StoreError> {
        self.database
            .writer
            .write(|connection| async move { matches::return_proposed(&connection, id).await })
            .await
    }

    async fn finish_match(&self, id: MatchId, actor: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        let finish = move |connection| async move { matches::finish(&connection, id, &actor, now).await };
        self.database.writer.write(finish).await
    }

    async fn withdraw_match(&self, id: MatchId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.database
            .writer
            .write(|connection| async move { matches::withdraw(&connection, id, now).await })
            .await
    }

    async fn undo_matches(&self, import: ImportId, lines: &[StatementLineId]) -> Result<(), StoreError> {
        let lines = lines.to_vec();
        self.database
            .writer
            .write(|connection| async move { matches::undo(&connection, import, &lines).await })
            .await
    }

    async fn open_payments(
        &self,
        after: Option<PaymentId>,
        limit: u64,
    ) -> Result<Vec<IndexedPayment>, StoreError> {
        self.database
            .reader
            .read(|connection| async move { payments::open(&connection, after, limit).await })
            .await
    }

    async fn payments(&self, references: &[Reference]) -> Result<Vec<IndexedPayment>, StoreError> {
        let references = references.to_vec();
        let read = |connection| {
            let references = references.clone();
            async move { payments::with_references(&connection, &references).await }
        };
        self.database.reader.read(read).await
    }
}
