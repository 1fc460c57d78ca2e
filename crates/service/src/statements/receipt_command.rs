//! Submits the commands of an import, and waits while the ledger is busy.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::{
    Command, NewAllocation, Origin, ReceiptCommand, ReceiptOutcome, ReceiptTarget, RefundCommand, Rejection,
    Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::StatementStore;
use hermes_domain::receipt::{NewReceipt, ReceiptDetails, ReceiptNumber};
use hermes_domain::statement::{BankLine, LineState, StoredPart};
use tokio::time::sleep;

use crate::writer::{LedgerWriter, SubmitError};

/// How often a command is tried while the ledger is busy or unavailable.
const ATTEMPTS: u32 = 100;
/// The pause between two attempts. Together they last ten seconds; later, the worker continues the import.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(100);

/// The version of a receipt that nobody has changed.
const NEW_VERSION: i64 = 1;

/// Submits commands of one actor.
#[derive(Clone)]
pub(super) struct ReceiptCommands {
    pub(super) ledger: LedgerWriter,
    pub(super) store: Arc<dyn StatementStore>,
    pub(super) origin: Origin,
}

impl ReceiptCommands {
    /// Records the receipt of a credit line, and allocates it. Repeating the call books nothing.
    ///
    /// The state is [`LineState::Unallocated`] if a payment did not accept its part, for example because it was cancelled
    /// meanwhile. The whole amount is then credit.
    pub(super) async fn record(
        &self,
        line: &BankLine,
        parts: &[StoredPart],
        reason: String,
    ) -> Result<(ReceiptNumber, LineState), SubmitError> {
        let state = if parts.is_empty() { LineState::Unallocated } else { LineState::Posted };
        match self.submit_record(line, parts, &reason).await {
            Ok(outcome) => Ok((outcome.receipt.number, state)),
            Err(SubmitError::Rejected(Rejection::StatementLineBooked(number))) => {
                Ok((number, self.allocate_booked(number, parts, reason).await?))
            }
            Err(SubmitError::Rejected(rejection))
                if !parts.is_empty() && rejection != Rejection::StatementLineUndone =>
            {
                log::info!(
                    "a statement line is recorded as credit, because its match was rejected: {rejection}"
                );
                match self.submit_record(line, &[], &reason).await {
                    Ok(outcome) => Ok((outcome.receipt.number, LineState::Unallocated)),
                    Err(SubmitError::Rejected(Rejection::StatementLineBooked(number))) => {
                        Ok((number, LineState::Unallocated))
                    }
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Allocates a receipt of an earlier attempt, unless that attempt has allocated it.
    async fn allocate_booked(
        &self,
        number: ReceiptNumber,
        parts: &[StoredPart],
        reason: String,
    ) -> Result<LineState, SubmitError> {
        if parts.is_empty() {
            return self.unless_reversed(number, LineState::Unallocated).await;
        }
        // Somebody who changed the receipt meanwhile has decided about its money.
        let target = ReceiptTarget { number, expected_version: Some(NEW_VERSION) };
        let command = ReceiptCommand::Allocate { target, allocations: allocations(parts), reason };
        match self.submit(Command::Receipt(command)).await {
            // Without credit, the earlier attempt has allocated the receipt.
            Ok(_) | Err(SubmitError::Rejected(Rejection::InsufficientCredit { .. })) => Ok(LineState::Posted),
            Err(SubmitError::Rejected(Rejection::VersionMismatch { .. })) => {
                self.unless_reversed(number, LineState::Posted).await
            }
            Err(SubmitError::Rejected(_)) => Ok(LineState::Unallocated),
            Err(error) => Err(error),
        }
    }

    /// Returns the state of a line, unless the bank has returned the transfer meanwhile.
    async fn unless_reversed(
        &self,
        number: ReceiptNumber,
        state: LineState,
    ) -> Result<LineState, SubmitError> {
        let is_reversed = self.store.is_reversed(number).await.map_err(|_| SubmitError::Unavailable)?;
        Ok(if is_reversed { LineState::Reversed } else { state })
    }

    /// Changes a receipt. Returns the rejection of the ledger, if there is one.
    pub(super) async fn change(&self, command: ReceiptCommand) -> Result<Option<Rejection>, SubmitError> {
        rejection(self.submit(Command::Receipt(command)).await)
    }

    /// Changes a refund. Returns the rejection of the ledger, if there is one.
    pub(super) async fn change_refund(
        &self,
        command: RefundCommand,
    ) -> Result<Option<Rejection>, SubmitError> {
        rejection(self.submit(Command::Refund(command)).await)
    }

    async fn submit_record(
        &self,
        line: &BankLine,
        parts: &[StoredPart],
        reason: &str,
    ) -> Result<ReceiptOutcome, SubmitError> {
        self.submit(Command::Receipt(record_line(line, parts, reason))).await
    }

    /// Submits a command until the ledger executes or rejects it.
    ///
    /// A command with an unknown outcome is submitted again: each of them changes nothing the second time.
    async fn submit(&self, command: Command) -> Result<ReceiptOutcome, SubmitError> {
        let mut attempt = 0;
        loop {
            let submission =
                Submission { command: command.clone(), origin: self.origin.clone(), idempotency: None };
            match self.ledger.submit_receipt(submission).await {
                Ok(committed) => return Ok(committed.outcome),
                Err(SubmitError::Busy | SubmitError::Unavailable | SubmitError::OutcomeUnknown)
                    if attempt < ATTEMPTS =>
                {
                    attempt += 1;
                    sleep(ATTEMPT_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the command that records the receipt of a credit line, and allocates it.
pub(super) fn record_line(line: &BankLine, parts: &[StoredPart], reason: &str) -> ReceiptCommand {
    let details = ReceiptDetails::from_statement(
        line.bank_id.as_deref().unwrap_or_default(),
        &line.payer_text(),
        line.texts.account.as_deref().unwrap_or_default(),
    );
    let receipt = NewReceipt::of_statement_line(line.id, line.amount, line.value_date, details);
    ReceiptCommand::Record { receipt, allocations: allocations(parts), reason: Some(reason.to_owned()) }
}

fn allocations(parts: &[StoredPart]) -> Vec<NewAllocation> {
    let allocation =
        |part: &StoredPart| NewAllocation::new(PaymentKey::Reference(part.reference), Some(part.amount));
    parts.iter().map(allocation).collect()
}

fn rejection(result: Result<ReceiptOutcome, SubmitError>) -> Result<Option<Rejection>, SubmitError> {
    match result {
        Ok(_) => Ok(None),
        Err(SubmitError::Rejected(rejection)) => Ok(Some(rejection)),
        Err(error) => Err(error),
    }
}
