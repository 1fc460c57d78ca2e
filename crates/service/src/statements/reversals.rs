//! Lines that record no receipt: debits, transfers that bounced, refunds that left the account, and batches.

use hermes_domain::ledger::{ReceiptCommand, ReceiptTarget, RefundCommand, RefundTarget, Reversal};
use hermes_domain::matching::AutoPost;
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::{ReceiptNumber, RefundNumber};
use hermes_domain::statement::{BankLine, Direction, LineBatch, LineState, StoredLine};

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
        let is_returned = |stored: &&StoredLine| {
            let is_booked = matches!(stored.state, LineState::Posted | LineState::Unallocated);
            let has_bank_id = stored.line.bank_id.is_some() && stored.line.bank_id == line.bank_id;
            is_booked && (has_bank_id || stored.line.texts == line.texts)
        };
        let returned: Vec<&StoredLine> = candidates.iter().filter(is_returned).collect();
        let [only] = returned.as_slice() else { return Ok(()) };
        let Some(number) = only.receipt else { return Ok(()) };
        let reason = "the bank returned the transfer";
        if self.reverse_receipt(commands, number, Reversal::Bounced, reason).await? {
            let reversed =
                LineResult { line: only.line.id, state: LineState::Reversed, receipt: Some(number) };
            self.deps.store.finish_lines(only.import, &[reversed], None).await?;
            self.deps.store.undo_matches(&[only.line.id]).await?;
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
    let Some(number) = named_refund(line) else { return Ok(()) };
    let target = RefundTarget { number, expected_version: None };
    let bank_id = line.bank_id.clone().unwrap_or_else(|| format!("statement line {}", line.number));
    let command = RefundCommand::MarkSent { target, bank_id, amount: Some(line.amount) };
    if let Some(rejection) = commands.change_refund(command).await? {
        log::info!("a debit line names refund {number}, which cannot be marked as sent: {rejection}");
    }
    Ok(())
}

/// Returns the refund that the texts name, if it is only one.
fn named_refund(line: &BankLine) -> Option<RefundNumber> {
    let texts = &line.texts;
    let joined = texts.texts.concat();
    let texts = texts.texts.iter().chain([&joined]).chain(&texts.end_to_end_id).chain(&texts.additional);
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    let mut numbers: Vec<RefundNumber> = words.filter_map(|word| RefundNumber::parse(word).ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    match numbers.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}
