//! Books a batch of the bank as one receipt, if the file with its transfers never arrives.
//!
//! **A batch is booked as one receipt or by its transfers, never both.** Each side first stores that it is about to book, and
//! then looks for the other side. A person's request stores the state `unallocated` in the line of the batch before it looks for
//! transfers. An import stores the transfers before it looks for that state. So at least one of them sees the other and stops.
//! The state is never taken back, because a concurrent request may rely on it. After a transfer of the batch is booked, the state
//! has no effect, so the other transfers are booked too.
//!
//! Some banks do not say in a camt.053 that an entry is a batch. Such an entry is booked like a transfer, and its transfers in a
//! camt.054 are then booked by it. If the transfers come first, the entry is booked by them. Some banks give several entries the
//! same id, so an entry that is smaller than a transfer is not its batch.

use std::collections::BTreeMap;

use hermes_domain::ledger::{Command, Origin, Rejection, Submission};
use hermes_domain::ports::{BookedBatch, LineResult};
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{BankLine, Direction, ImportId, LineBatch, LineState, StoredLine};

use super::receipt_command::record_line;
use super::reversals::is_batch;
use super::{ImportError, StatementImporter};
use crate::writer::SubmitError;

/// The most batches that the state of an import lists.
const MAX_OPEN_BATCHES: u64 = 100;

impl StatementImporter {
    /// Returns the first batches of an import that are booked neither as one receipt nor by their transfers.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn open_batches(&self, id: ImportId) -> Result<Vec<StoredLine>, ImportError> {
        Ok(self.deps.store.open_batches(id, MAX_OPEN_BATCHES).await?)
    }

    /// Books a batch as one receipt, all of it credit, and returns its number. Repeating the call books nothing.
    ///
    /// # Errors
    /// Returns an error if the line is not a batch, its transfers are booked, or its receipt is reversed.
    pub async fn book_batch(
        &self,
        id: ImportId,
        number: i64,
        origin: Origin,
        reason: &str,
    ) -> Result<ReceiptNumber, ImportError> {
        let store = &self.deps.store;
        if store.find_import(id).await?.is_none() {
            return Err(ImportError::NotFound(id));
        }
        let stored = store.find_line(id, number).await?.ok_or(ImportError::LineNotFound(id, number))?;
        if !is_batch(&stored.line) {
            return Err(ImportError::NotABatch(number));
        }
        let line = stored.line.id;
        match (stored.state, stored.receipt) {
            (LineState::Posted | LineState::Unallocated, Some(receipt)) => {
                self.check_receipt(number, receipt).await?;
                return Ok(receipt);
            }
            (LineState::Batch, _) => {
                self.check_parts(&stored.line).await?;
                store.change_line(line, LineState::Batch, LineState::Unallocated).await?;
            }
            // An earlier request was interrupted at the next step.
            (LineState::Unallocated, None) => {}
            _ => return Err(ImportError::NotABatch(number)),
        }
        self.check_parts(&stored.line).await?;
        let command = Command::Receipt(record_line(&stored.line, &[], reason));
        let submission = Submission { command, origin, idempotency: None };
        let receipt = match self.deps.ledger.submit_receipt(submission).await {
            Ok(committed) => committed.outcome.receipt.number,
            Err(SubmitError::Rejected(Rejection::StatementLineBooked(receipt))) => receipt,
            Err(error) => return Err(error.into()),
        };
        let result = LineResult { line, state: LineState::Unallocated, receipt: Some(receipt) };
        store.finish_lines(id, &[result], Some(LineState::Unallocated), None).await?;
        // The receipt of an earlier import can be reversed.
        self.check_receipt(number, receipt).await?;
        Ok(receipt)
    }

    /// # Errors
    /// [`ImportError::BatchReversed`] if the receipt of a batch is reversed.
    async fn check_receipt(&self, number: i64, receipt: ReceiptNumber) -> Result<(), ImportError> {
        if self.deps.store.is_reversed(receipt).await? {
            return Err(ImportError::BatchReversed(number, receipt));
        }
        Ok(())
    }

    /// # Errors
    /// [`ImportError::PartsBooked`] if the transfers of a batch are booked, or about to be.
    async fn check_parts(&self, line: &BankLine) -> Result<(), ImportError> {
        let LineBatch::Whole(Some(batch)) = &line.batch else { return Ok(()) };
        let batches = std::slice::from_ref(batch);
        let booked = self.deps.store.batches_with_booked_parts(&line.account, batches).await?;
        if booked.is_empty() { Ok(()) } else { Err(ImportError::PartsBooked(line.number)) }
    }

    /// Returns the results of those lines whose money is booked by other lines: transfers whose batch is booked as one receipt,
    /// and credits that turn out to be a batch whose transfers are booked. The lines must be stored.
    pub(super) async fn lines_booked_by_others(
        &self,
        lines: &[BankLine],
    ) -> Result<Vec<LineResult>, ImportError> {
        let store = &self.deps.store;
        let mut others = Vec::new();
        for (account, ids) in ids_by_account(lines, batch_of_part) {
            let booked = store.booked_batches(&account, &ids).await?;
            // A batch is not smaller than its transfers.
            let is_in = |part: &BankLine, batch: &BookedBatch| part.amount.minor() <= batch.minor;
            others.extend(results_of(lines, &account, &booked, batch_of_part, is_in));
        }
        for (account, ids) in ids_by_account(lines, id_of_credit) {
            let booked = store.batches_with_booked_parts(&account, &ids).await?;
            let is_batch = |credit: &BankLine, largest: &BookedBatch| credit.amount.minor() >= largest.minor;
            others.extend(results_of(lines, &account, &booked, id_of_credit, is_batch));
        }
        Ok(others)
    }
}

/// Returns the id of the batch to which a transfer belongs.
fn batch_of_part(line: &BankLine) -> Option<&String> {
    if let LineBatch::Part(batch) = &line.batch { batch.as_ref() } else { None }
}

/// Returns the bank's id of a credit that does not say whether it is a batch.
fn id_of_credit(line: &BankLine) -> Option<&String> {
    let is_credit = line.direction == Direction::Credit && line.batch == LineBatch::Single;
    line.bank_id.as_ref().filter(|_| is_credit)
}

fn ids_by_account(lines: &[BankLine], id: fn(&BankLine) -> Option<&String>) -> BTreeMap<String, Vec<String>> {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        if let Some(id) = id(line) {
            ids.entry(line.account.clone()).or_default().push(id.clone());
        }
    }
    ids
}

fn results_of(
    lines: &[BankLine],
    account: &str,
    booked: &[BookedBatch],
    id: fn(&BankLine) -> Option<&String>,
    fits: fn(&BankLine, &BookedBatch) -> bool,
) -> Vec<LineResult> {
    let is_booked = |line: &&BankLine| {
        let is_of = |batch: &BookedBatch| id(line) == Some(&batch.id) && fits(line, batch);
        line.account == account && booked.iter().any(is_of)
    };
    let result = |line: &BankLine| LineResult { line: line.id, state: LineState::Other, receipt: None };
    lines.iter().filter(is_booked).map(result).collect()
}
