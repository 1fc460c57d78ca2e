//! Corrections, and assertions on their effect.

use hermes_domain::ledger::{Command, LedgerHead, Rejection};
use hermes_domain::payment::{BookingField, CheckKind, CorrectionRequest, Edit, Payment};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{book, claim, submission_with_claim};

pub fn set(text: &str) -> Edit {
    Edit::Set(text.to_owned())
}

pub fn new_amount(text: &str) -> CorrectionRequest {
    CorrectionRequest::from([(BookingField::Amount, set(text))])
}

/// Returns a ledger with one payment of 1,000 dollars, of which an amount has arrived.
pub fn ledger_with(received: &str) -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(book("ana@example.org", "1000"));
    ledger.receive(1, received);
    ledger
}

/// Returns the message of the duplicate check if it has a flag.
pub fn duplicate(payment: &Payment) -> Option<&str> {
    let check = payment.checks.iter().find(|check| check.kind == CheckKind::DuplicatedPayment).unwrap();
    check.is_flagged().then_some(&*check.message)
}

/// Asserts that a command is rejected and writes nothing.
pub fn assert_rejected(ledger: &MemoryLedger, command: Command, rejection: &Rejection) {
    let (outcomes, changes) = ledger.decide(&[submission_with_claim(command, claim(200, 0))]);
    assert_eq!(outcomes.first().unwrap().as_ref().unwrap_err(), rejection);
    assert!(changes.is_empty());
    assert!(changes.audit.is_empty() && changes.events.is_empty() && changes.totals.is_empty());
    let unchanged = LedgerHead {
        seq: changes.head.seq,
        token: changes.head.token,
        advanced_at: changes.head.advanced_at,
        ..ledger.head
    };
    assert_eq!(changes.head, unchanged);
}
