//! A store with one import, which is done, and one match, which is rejected. It stores nothing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::matching::{Certainty, IndexedPayment};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{PaymentId, Reference};
use hermes_domain::ports::{BookedBatch, LineResult, MatchFilter, StatementStore, StoreError};
use hermes_domain::receipt::{ReceiptNumber, StatementLineId};
use hermes_domain::statement::{
    BankLine, ImportCounts, ImportId, ImportState, ImportWork, LineState, MatchId, MatchState, NewImport,
    NewMatch, StatementImport, StoredLine, StoredMatch,
};
use uuid::Uuid;

/// The id of the import and of the match.
pub const ID: &str = "0198c0de-0000-7000-8000-000000000001";

pub struct OneStatement;

impl OneStatement {
    fn import(id: ImportId) -> StatementImport {
        StatementImport {
            file: NewImport {
                id,
                file_name: "november.xml".to_owned(),
                format: "camt.053.001.08".to_owned(),
                csv_profile: None,
                csv_account: None,
                lines: 1,
                imported_by: "open".to_owned(),
                created_at: DateTime::UNIX_EPOCH,
            },
            state: ImportState::Done,
            reason: None,
            undone_by: None,
            position: 1,
            counts: ImportCounts { unallocated: 1, ..ImportCounts::default() },
            finished_at: Some(DateTime::UNIX_EPOCH),
        }
    }

    fn rejected_match(id: MatchId) -> StoredMatch {
        StoredMatch {
            proposal: NewMatch {
                id,
                import: ImportId(id.0),
                line: StatementLineId([7; 32]),
                certainty: Certainty::Reference,
                parts: Vec::new(),
                evidence: vec!["the text contains REF001".to_owned()],
                state: MatchState::Rejected,
                created_at: DateTime::UNIX_EPOCH,
            },
            amount: Money::from_minor(100, Currency::USD),
            receipt: None,
            decided_by: Some("open".to_owned()),
            decided_at: Some(DateTime::UNIX_EPOCH),
        }
    }
}

fn is_known(id: Uuid) -> bool {
    id.to_string() == ID
}

#[async_trait]
impl StatementStore for OneStatement {
    async fn insert_import(&self, _: &NewImport) -> Result<(), StoreError> {
        Ok(())
    }

    async fn find_import(&self, id: ImportId) -> Result<Option<StatementImport>, StoreError> {
        Ok(is_known(id.0).then(|| Self::import(id)))
    }

    async fn unclaimed_imports(&self, _: DateTime<Utc>) -> Result<Vec<ImportId>, StoreError> {
        Ok(Vec::new())
    }

    async fn claim_import(
        &self,
        _: ImportId,
        _: ImportWork,
        _: Uuid,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn release_import(&self, _: ImportId, _: Uuid) -> Result<(), StoreError> {
        Ok(())
    }

    async fn set_import_state(
        &self,
        _: ImportId,
        _: ImportWork,
        _: ImportState,
        _: Option<&str>,
        _: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn begin_undo(&self, id: ImportId, _: &str, _: &str) -> Result<bool, StoreError> {
        Ok(is_known(id.0))
    }

    async fn insert_lines(&self, _: ImportId, _: &[BankLine]) -> Result<Option<Vec<StoredLine>>, StoreError> {
        Ok(None)
    }

    async fn insert_matches(&self, _: ImportId, _: &[NewMatch]) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn matches_of_lines(
        &self,
        _: ImportId,
        _: &[StatementLineId],
    ) -> Result<Vec<StoredMatch>, StoreError> {
        Ok(Vec::new())
    }

    async fn finish_lines(
        &self,
        _: ImportId,
        _: &[LineResult],
        _: Option<LineState>,
        _: Option<i64>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lines_of_import(
        &self,
        _: ImportId,
        _: LineState,
        _: i64,
        _: u64,
    ) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn lines_like(&self, _: &BankLine) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_lines(&self, _: &[StatementLineId]) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_line(&self, _: ImportId, _: i64) -> Result<Option<StoredLine>, StoreError> {
        Ok(None)
    }

    async fn booked_batches(&self, _: &str, _: &[String]) -> Result<Vec<BookedBatch>, StoreError> {
        Ok(Vec::new())
    }

    async fn is_reversed(&self, _: ReceiptNumber) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn batches_with_booked_parts(&self, _: &str, _: &[String]) -> Result<Vec<BookedBatch>, StoreError> {
        Ok(Vec::new())
    }

    async fn open_batches(&self, _: ImportId, _: u64) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn change_line(&self, _: StatementLineId, _: LineState, _: LineState) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn find_match(&self, id: MatchId) -> Result<Option<StoredMatch>, StoreError> {
        Ok(is_known(id.0).then(|| Self::rejected_match(id)))
    }

    async fn list_matches(&self, _: &MatchFilter, _: u64) -> Result<Vec<StoredMatch>, StoreError> {
        let id = Uuid::try_parse(ID).map(MatchId);
        Ok(id.map(Self::rejected_match).into_iter().collect())
    }

    async fn decide_match(
        &self,
        _: MatchId,
        _: MatchState,
        _: &str,
        _: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn return_match(&self, _: MatchId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn finish_match(&self, _: MatchId, _: &str, _: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn withdraw_match(&self, _: MatchId, _: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn undo_matches(&self, _: ImportId, _: &[StatementLineId]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn open_payments(&self, _: Option<PaymentId>, _: u64) -> Result<Vec<IndexedPayment>, StoreError> {
        Ok(Vec::new())
    }

    async fn payments(&self, _: &[Reference]) -> Result<Vec<IndexedPayment>, StoreError> {
        Ok(Vec::new())
    }
}
