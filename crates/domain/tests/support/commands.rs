//! Commands on a ledger, and what they must do to it.

use hermes_domain::ledger::{Cancellation, Command, LedgerHead, Rejection};
use hermes_domain::payment::{
    BookingField, CheckKind, CorrectionRequest, Edit, Payment, PaymentKey, Reference,
};

use super::builders::{booking, claim, submission_with_claim};
use super::ledger::MemoryLedger;

pub fn book(email: &str, amount: &str) -> Command {
    Command::Book(booking(email, amount))
}

pub fn cancel(reference: i64, expected_version: Option<i64>) -> Command {
    Command::Cancel(Cancellation {
        target: payment_key(reference),
        expected_version,
        reason: "booked twice".to_owned(),
    })
}

pub fn payment_key(reference: i64) -> PaymentKey {
    PaymentKey::Reference(Reference::new(reference).unwrap())
}

pub fn set(text: &str) -> Edit {
    Edit::Set(text.to_owned())
}

pub fn amount(text: &str) -> CorrectionRequest {
    CorrectionRequest::from([(BookingField::Amount, set(text))])
}

pub fn new_name(text: &str) -> CorrectionRequest {
    CorrectionRequest::from([(BookingField::Name, set(text))])
}

/// A ledger with one payment of a thousand dollars, of which something has arrived.
pub fn ledger_with(received: &str) -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(book("ana@example.org", "1000"));
    ledger.receive(1, received);
    ledger
}

/// The message of the check for duplicates, when it has a flag.
pub fn duplicate(payment: &Payment) -> Option<&str> {
    let check = payment.checks.iter().find(|check| check.kind == CheckKind::DuplicatedPayment).unwrap();
    check.is_flagged().then_some(&*check.message)
}

/// Asserts that a command is refused and that nothing would be written.
pub fn assert_rejected(ledger: &MemoryLedger, command: Command, refusal: &Rejection) {
    let (answers, changes) = ledger.decide(&[submission_with_claim(command, claim(200, 0))]);
    assert_eq!(answers.first().unwrap().as_ref().unwrap_err(), refusal);
    assert!(changes.is_empty());
    assert!(changes.audit.is_empty() && changes.events.is_empty() && changes.totals.is_empty());
    let untouched = LedgerHead {
        seq: changes.head.seq,
        token: changes.head.token,
        advanced_at: changes.head.advanced_at,
        ..ledger.head
    };
    assert_eq!(changes.head, untouched);
}
