//! What a payer must know about the status of a payment: what is missing, why it is cancelled, and what is held.

use hermes_domain::ledger::AuditEntry;
use hermes_domain::money::Money;
use hermes_domain::payment::{Payment, Status};
use hermes_domain::ports::{PaymentReader, reader_limits};

use super::movements::Movements;
use crate::pages::frame::Frame;

/// Says what is missing or held.
pub(super) fn explanation(
    frame: &Frame<'_>,
    payment: &Payment,
    movements: &Movements,
    cancellation: Option<&AuditEntry>,
) -> Vec<String> {
    let t = frame.t;
    let money = |amount: Money| frame.language.money(amount);
    let received = payment.amount_received;
    let texts = match payment.status() {
        Status::Pending => vec![],
        Status::Underpayment => vec![t.payment_part(money(received), money(payment.amount_outstanding()))],
        // The rest of the amount was waived, so not all of it has arrived.
        Status::Exact if payment.shortfall_written_off.is_some() => vec![t.payment_nothing_left()],
        Status::Exact => vec![t.payment_paid()],
        Status::Overpayment => vec![t.payment_overpaid(money(payment.excess()))],
        Status::Cancelled => {
            // The sentence ends after the reason.
            let reason = cancellation.and_then(|row| row.reason.as_deref());
            let reason =
                reason.map(|reason| t.payment_cancelled_reason(reason.trim_end_matches('.').to_owned()));
            let held = movements.held(payment).ok().filter(|held| !held.is_zero());
            let held = held.map(|held| t.payment_held(money(held)));
            let released = cancellation.and_then(|row| released(row, movements));
            let released = released.map(|released| t.payment_released(money(released)));
            let first = reason.unwrap_or_else(|| t.payment_do_not_send());
            [Some(first), held, released].into_iter().flatten().collect()
        }
    };
    texts.iter().map(ToString::to_string).collect()
}

/// Returns the money that the cancellation of a payment kept as credit, unless there is none.
pub(super) fn released(cancellation: &AuditEntry, movements: &Movements) -> Option<Money> {
    let received = cancellation.payment_before()?.amount_received;
    (!movements.is_refunded && received.minor() > 0).then_some(received)
}

/// Returns the audit row of a payment's cancellation, unless its texts are erased.
///
/// If the log cannot be read, the page is shown without the row.
pub(super) async fn cancellation(reader: &dyn PaymentReader, payment: &Payment) -> Option<AuditEntry> {
    payment.cancelled_at?;
    let rows = match reader.audit_of(payment.id, 0, reader_limits::PAGE_MAX).await {
        Ok(rows) => rows,
        Err(error) => {
            log::warn!("a payment page is shown without the reason of its cancellation: {error}");
            return None;
        }
    };
    rows.into_iter().rev().find(AuditEntry::is_cancellation).filter(|row| !row.is_erased())
}
