//! Lines that record no receipt: debits, returned transfers, refunds that left the account, and batches.
//!
//! A line that returns a transfer reverses the receipt of the transfer. If it fits no receipt or several, or if the receipt
//! cannot be reversed, the line stays open ([`LineState::Return`]) until a person names the receipt.

use hermes_domain::ledger::{
    Origin, ReceiptCommand, ReceiptTarget, RefundCommand, RefundTarget, Rejection, Reversal,
};
use hermes_domain::matching::AutoPost;
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::{ReceiptNumber, ReceiptStatus};
use hermes_domain::statement::{BankLine, Direction, ImportId, LineBatch, LineState, StoredLine};

use super::posting::Posting;
use super::receipt_command::ReceiptCommands;
use super::{BATCH_LINES, ImportError, StatementImporter};
use crate::writer::SubmitError;

/// The most open returns that the state of an import lists.
const MAX_OPEN_RETURNS: u64 = 100;

impl Posting<'_> {
    /// Tries the open returns of the import again: the transfers can follow them in the file.
    pub(super) async fn post_open_returns(&self) -> Result<(), ImportError> {
        let store = &self.importer.deps.store;
        let limit = u64::try_from(BATCH_LINES).unwrap_or(1);
        let mut after = 0;
        loop {
            let open = store.lines_of_import(self.id, LineState::Return, after, limit).await?;
            let Some(last) = open.last() else { return Ok(()) };
            after = last.line.number;
            for stored in open {
                if self.importer.reverse(&self.commands, self.id, &stored.line).await? == LineState::Other {
                    store.change_line(stored.line.id, LineState::Return, LineState::Other).await?;
                }
            }
        }
    }
}

impl StatementImporter {
    /// Returns the first lines of an import that return a transfer, and whose receipt a person must name.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn open_returns(&self, id: ImportId) -> Result<Vec<StoredLine>, ImportError> {
        Ok(self.deps.store.lines_of_import(id, LineState::Return, 0, MAX_OPEN_RETURNS).await?)
    }

    /// Reverses the receipt that a person names for an open return. Without a receipt, the line is closed: the money of the
    /// transfer is not in the books, or its receipt is reversed already. Repeating the call changes nothing.
    ///
    /// # Errors
    /// Returns an error if the line is not an open return, the receipt is not of a line of its account and amount, or the ledger
    /// rejects the reversal.
    pub async fn resolve_return(
        &self,
        id: ImportId,
        number: i64,
        receipt: Option<ReceiptNumber>,
        origin: Origin,
        reason: &str,
    ) -> Result<(), ImportError> {
        let store = &self.deps.store;
        if store.find_import(id).await?.is_none() {
            return Err(ImportError::NotFound(id));
        }
        let open = store.find_line(id, number).await?.ok_or(ImportError::LineNotFound(id, number))?;
        let line = open.line;
        match open.state {
            LineState::Return => {}
            LineState::Other if line.is_reversal => return Ok(()),
            _ => return Err(ImportError::NotAReturn(number)),
        }
        if let Some(receipt) = receipt {
            let candidates = store.lines_like(&line).await?;
            let returned = candidates.into_iter().find(|stored| stored.receipt == Some(receipt));
            let returned = returned.ok_or(ImportError::NotReturned(number, receipt))?;
            let commands = self.commands_from(origin);
            let reversed = self.reverse_receipt(&commands, receipt, Reversal::Bounced, reason).await?;
            reversed.map_err(SubmitError::Rejected)?;
            self.finish_returned(&returned, receipt).await?;
        }
        store.change_line(line.id, LineState::Return, LineState::Other).await?;
        Ok(())
    }

    /// Processes lines that record no receipt, in the order of the file.
    pub(super) async fn post_others(
        &self,
        commands: &ReceiptCommands,
        import: ImportId,
        mut lines: Vec<BankLine>,
    ) -> Result<Vec<LineResult>, ImportError> {
        lines.sort_by_key(|line| line.number);
        let mut results = Vec::new();
        for line in lines {
            let mut state = LineState::Other;
            if is_batch(&line) {
                state = LineState::Batch;
            } else if line.is_reversal {
                state = self.reverse(commands, import, &line).await?;
            } else if line.direction == Direction::Debit {
                mark_refund_sent(commands, &line).await?;
            }
            results.push(LineResult { line: line.id, state, receipt: None });
        }
        Ok(results)
    }

    /// Reverses the receipt of the transfer that this line returns, if it is the only one that fits. Returns the state of the
    /// line.
    async fn reverse(
        &self,
        commands: &ReceiptCommands,
        import: ImportId,
        line: &BankLine,
    ) -> Result<LineState, ImportError> {
        if self.config.auto_post == AutoPost::Off {
            return Ok(LineState::Return);
        }
        let candidates = self.deps.store.lines_like(line).await?;
        // A transfer that is reversed already counts, so that an interrupted run does not reverse another one.
        let mut returned = line.returned_among(&candidates);
        returned.retain(|stored| matches!(stored.state, LineState::Posted | LineState::Unallocated));
        let (number, problem) = (line.number, "returns a transfer, and a person must name its receipt");
        let [only] = returned.as_slice() else {
            log::warn!("line {number} of import {import} {problem}: it fits {} receipts", returned.len());
            return Ok(LineState::Return);
        };
        let Some(receipt) = only.receipt else { return Ok(LineState::Return) };
        let reason = "the bank returned the transfer";
        if let Err(rejection) = self.reverse_receipt(commands, receipt, Reversal::Bounced, reason).await? {
            log::warn!(
                "line {number} of import {import} {problem}: {receipt} cannot be reversed: {rejection}"
            );
            return Ok(LineState::Return);
        }
        self.finish_returned(only, receipt).await?;
        Ok(LineState::Other)
    }

    /// Stores that the receipt of a line is reversed. The line comes last: until then, an interrupted run is repeated.
    async fn finish_returned(
        &self,
        returned: &StoredLine,
        receipt: ReceiptNumber,
    ) -> Result<(), ImportError> {
        let line = returned.line.id;
        let reversed = LineResult { line, state: LineState::Reversed, receipt: Some(receipt) };
        self.deps.store.undo_matches(returned.import, &[line]).await?;
        Ok(self.deps.store.finish_lines(returned.import, &[reversed], None, None).await?)
    }

    /// Reverses a receipt, or finds that it is reversed. Returns the rejection of the ledger, for example because money was
    /// refunded.
    pub(super) async fn reverse_receipt(
        &self,
        commands: &ReceiptCommands,
        number: ReceiptNumber,
        kind: Reversal,
        reason: &str,
    ) -> Result<Result<(), Rejection>, ImportError> {
        let target = ReceiptTarget { number, expected_version: None };
        let command = ReceiptCommand::Reverse { target, kind, reason: reason.to_owned() };
        Ok(match commands.change(command).await? {
            // An interrupted run may have reversed the receipt.
            None | Some(Rejection::IllegalReceiptState { status: ReceiptStatus::Reversed, .. }) => Ok(()),
            Some(rejection) => Err(rejection),
        })
    }
}

/// Returns whether a line is a batch of the bank, whose transfers may follow.
pub(super) fn is_batch(line: &BankLine) -> bool {
    line.direction == Direction::Credit
        && line.amount.minor() > 0
        && matches!(line.batch, LineBatch::Whole(_))
}

/// Marks the refund that a debit line names as sent. A line of another amount, such as a charge, leaves it approved.
async fn mark_refund_sent(commands: &ReceiptCommands, line: &BankLine) -> Result<(), ImportError> {
    let named = line.named_refunds();
    let [number] = *named.as_slice() else { return Ok(()) };
    let target = RefundTarget { number, expected_version: None };
    let bank_id = line.bank_id.clone().unwrap_or_else(|| format!("statement line {}", line.number));
    let command = RefundCommand::MarkSent { target, bank_id, amount: Some(line.amount) };
    if let Some(rejection) = commands.change_refund(command).await? {
        log::info!("a debit line names refund {number}, which cannot be marked as sent: {rejection}");
    }
    Ok(())
}
