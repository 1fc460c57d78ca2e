//! Lines that record no receipt: debits, transfers that bounced, refunds that left the account, and batches.

use hermes_domain::ledger::{ReceiptCommand, ReceiptTarget, RefundCommand, RefundTarget, Reversal};
use hermes_domain::matching::AutoPost;
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{BankLine, Direction, LineBatch, LineState};

use super::receipt_command::ReceiptCommands;
use super::{ImportError, StatementImporter};

impl StatementImporter {
    /// Processes lines that record no receipt, in the order of the file.
    pub(super) async fn post_others(
        &self,
        commands: &ReceiptCommands,
        mut lines: Vec<BankLine>,
    ) -> Result<Vec<LineResult>, ImportError> {
        lines.sort_by_key(|line| line.number);
        let mut results = Vec::new();
        for line in lines {
            let mut state = LineState::Other;
            if is_batch(&line) {
                state = LineState::Batch;
            } else if line.is_reversal && self.config.auto_post != AutoPost::Off {
                self.reverse(commands, &line).await?;
            } else if line.direction == Direction::Debit {
                mark_refund_sent(commands, &line).await?;
            }
            results.push(LineResult { line: line.id, state, receipt: None });
        }
        Ok(results)
    }

    /// Reverses the receipt of the transfer that this line returns, if it is the only one that fits.
    async fn reverse(&self, commands: &ReceiptCommands, line: &BankLine) -> Result<(), ImportError> {
        let candidates = self.deps.store.lines_like(line).await?;
        // A transfer that is reversed already counts, so that an interrupted run does not reverse another one.
        let mut returned = line.returned_among(&candidates);
        returned.retain(|stored| matches!(stored.state, LineState::Posted | LineState::Unallocated));
        let [only] = returned.as_slice() else {
            log::warn!(
                "line {} returns a transfer that fits {} receipts instead of one; reverse the right one by hand",
                line.number,
                returned.len()
            );
            return Ok(());
        };
        let Some(number) = only.receipt else { return Ok(()) };
        let reason = "the bank returned the transfer";
        if self.reverse_receipt(commands, number, Reversal::Bounced, reason).await? {
            let reversed =
                LineResult { line: only.line.id, state: LineState::Reversed, receipt: Some(number) };
            // The line comes last: until then, an interrupted run is repeated.
            self.deps.store.undo_matches(only.import, &[only.line.id]).await?;
            self.deps.store.finish_lines(only.import, &[reversed], None, None).await?;
        }
        Ok(())
    }

    /// Reverses a receipt. Returns whether it is reversed now: a receipt whose money was refunded cannot be.
    pub(super) async fn reverse_receipt(
        &self,
        commands: &ReceiptCommands,
        number: ReceiptNumber,
        kind: Reversal,
        reason: &str,
    ) -> Result<bool, ImportError> {
        use hermes_domain::ledger::Rejection::IllegalReceiptState;
        let target = ReceiptTarget { number, expected_version: None };
        let command = ReceiptCommand::Reverse { target, kind, reason: reason.to_owned() };
        let rejection = commands.change(command).await?;
        // An interrupted run may have reversed the receipt.
        let is_reversed = matches!(
            &rejection,
            None | Some(IllegalReceiptState { status: hermes_domain::receipt::ReceiptStatus::Reversed, .. })
        );
        if let Some(rejection) = rejection.filter(|_| !is_reversed) {
            log::warn!("receipt {number} cannot be reversed: {rejection}");
        }
        Ok(is_reversed)
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
