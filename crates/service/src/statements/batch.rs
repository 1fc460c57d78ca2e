//! Books a batch of the bank as one receipt, if the file with its transfers never arrives.
//!
//! **A batch is booked as one receipt or by its transfers, never both.** Each side first stores that it is about to book, and
//! then looks for the other side. A person's request stores the state `unallocated` in the line of the batch before it looks for
//! transfers. An import stores the transfers before it looks for that state. So at least one of them sees the other and stops.
//! The state is never taken back, because a concurrent request may rely on it. After a transfer of the batch is booked, the state
//! has no effect, so the other transfers are booked too.

use std::collections::BTreeMap;

use hermes_domain::ledger::{Command, Origin, Rejection, Submission};
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{BankLine, ImportId, LineBatch, LineState, StoredLine};

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
        match &line.batch {
            LineBatch::Whole(Some(batch))
                if self.deps.store.has_booked_parts(&line.account, batch).await? =>
            {
                Err(ImportError::PartsBooked(line.number))
            }
            _ => Ok(()),
        }
    }

    /// Returns the results of those transfers whose batch is booked as one receipt. The lines must be stored.
    pub(super) async fn parts_of_booked_batches(
        &self,
        lines: &[BankLine],
    ) -> Result<Vec<LineResult>, ImportError> {
        let mut batches: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines {
            if let LineBatch::Part(Some(batch)) = &line.batch {
                batches.entry(line.account.clone()).or_default().push(batch.clone());
            }
        }
        let mut results = Vec::new();
        for (account, mut wanted) in batches {
            wanted.dedup();
            let booked = self.deps.store.booked_batches(&account, &wanted).await?;
            let is_booked = |line: &&BankLine| {
                let batch = if let LineBatch::Part(batch) = &line.batch { batch.as_ref() } else { None };
                line.account == account && batch.is_some_and(|batch| booked.contains(batch))
            };
            let covered = lines.iter().filter(is_booked);
            results.extend(covered.map(|line| LineResult {
                line: line.id,
                state: LineState::Other,
                receipt: None,
            }));
        }
        Ok(results)
    }
}
