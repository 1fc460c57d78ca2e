//! Decisions about bookings.

mod support;

use chrono::TimeDelta;
use hermes_domain::ledger::{Effect, EventKind, PaymentOutcome, Rejection, Rules, Subject};
use hermes_domain::payment::{DuplicateField, DuplicateRule};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{book, cancel, claim, correct, rules, submission, submission_with_claim};

use support::commands::{assert_rejected, duplicate, ledger_with, new_amount};

#[test]
fn a_booking_writes_a_payment_an_audit_row_and_an_event() {
    let ledger = MemoryLedger::new();
    let (outcomes, changes) = ledger.decide(&[submission(book("ana@example.org", "35000"))]);
    let outcome = PaymentOutcome::try_from(outcomes[0].clone().unwrap()).unwrap();
    let payment = &changes.booked[0];

    assert_eq!((outcome.effect, outcome.replayed), (Effect::Booked, false));
    assert_eq!(&outcome.payment, payment);
    assert_eq!(payment.reference.to_string(), "REF001");
    assert_eq!(payment.final_amount().to_string(), "35700.00");
    assert_eq!((payment.version, payment.created_at), (1, changes.head.advanced_at));
    assert_eq!(payment.updated_at, payment.created_at);
    assert_eq!(changes.audit[0].action, "PAYMENT_BOOKED");
    assert_eq!(changes.audit[0].actor, "tests");
    assert_eq!(changes.audit[0].ip_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(changes.audit[0].old_value, None);
    assert_eq!(changes.events[0].kind, EventKind::PaymentBooked);
    assert_eq!(changes.events[0].subject, Subject::Payment(payment.id));
    assert!(changes.updated.is_empty() && changes.idempotency.is_empty());
}

#[test]
fn an_event_contains_no_personal_data() {
    let ledger = ledger_with("0");
    let payload = &ledger.events[0].payload;
    assert_eq!(
        payload,
        "{\"reference\":\"REF001\",\"status\":\"PENDING\",\"validation_status\":\"PASSED\",\
         \"currency_from\":\"USD\",\"amount\":\"1000.00\",\"amount_due\":\"1030.00\",\
         \"amount_received\":\"0.00\",\"amount_outstanding\":\"1030.00\",\"version\":1}"
    );
}

#[test]
fn a_rejected_command_leaves_no_gap_in_the_references() {
    let mut ledger = MemoryLedger::new();
    // The second booking reuses the key for different content.
    let batch = [
        submission_with_claim(book("a@example.org", "1"), claim(1, 1)),
        submission_with_claim(book("b@example.org", "2"), claim(1, 2)),
        submission(book("c@example.org", "3")),
    ];
    let outcomes = ledger.execute(&batch);
    assert!(
        matches!(&outcomes[1], Err(Rejection::KeyReused { payment: Some(payment) }) if payment.reference.number() == 1)
    );
    let references: Vec<_> = ledger.payments.iter().map(|payment| payment.reference.to_string()).collect();
    assert_eq!(references, ["REF001", "REF002"]);
    assert_eq!(ledger.head.next_reference, 3);
    assert_eq!((ledger.head.audit_seq, ledger.head.event_seq), (2, 2));
}

#[test]
fn a_batch_of_rejected_commands_writes_nothing() {
    let mut ledger = ledger_with("0");
    ledger.execute(&[submission_with_claim(book("b@example.org", "1"), claim(1, 1))]);
    let (outcomes, changes) =
        ledger.decide(&[submission_with_claim(book("c@example.org", "1"), claim(1, 2))]);
    assert!(outcomes[0].is_err());
    assert!(changes.is_empty());
}

#[test]
fn a_payers_second_payment_is_flagged_in_the_same_batch_and_in_later_ones() {
    let mut ledger = MemoryLedger::new();
    let outcomes = ledger.execute(&[
        submission(book("ana@example.org", "1")),
        submission(book("bob@example.org", "1")),
        submission(book("ANA@Example.org", "2")),
    ]);
    let found: Vec<_> =
        outcomes.iter().map(|outcome| duplicate(&outcome.as_ref().unwrap().payment)).collect();
    assert_eq!(found, [None, None, Some("the payer already has the live payment REF001")]);
    let later = ledger.execute_one(book("ana@example.org", "3"));
    assert_eq!(duplicate(&later), Some("the payer already has the live payment REF003"));
}

#[test]
fn a_cancelled_payment_is_not_a_duplicate() {
    let mut ledger = ledger_with("0");
    ledger.execute_one(cancel(1, None));
    assert_eq!(duplicate(&ledger.execute_one(book("ana@example.org", "1"))), None);
}

#[test]
fn duplicates_agree_in_the_configured_fields_within_the_configured_days() {
    let fields = vec![DuplicateField::Email, DuplicateField::Amount];
    let duplicates = DuplicateRule::new(fields, Some(30)).unwrap();
    let mut ledger = MemoryLedger::with_rules(Rules { duplicates, ..Rules::clone(&rules()) });
    ledger.execute_one(book("ana@example.org", "1"));
    assert_eq!(duplicate(&ledger.execute_one(book("ana@example.org", "2"))), None);

    ledger.clock += TimeDelta::days(29);
    assert!(duplicate(&ledger.execute_one(book("ana@example.org", "1"))).is_some());
    ledger.clock += TimeDelta::days(31);
    assert_eq!(duplicate(&ledger.execute_one(book("ana@example.org", "1"))), None);
}

#[test]
fn a_payment_that_overflows_the_totals_is_rejected() {
    let mut ledger = ledger_with("0");
    for totals in ledger.totals.values_mut() {
        totals.outstanding_minor = i64::MAX - 100;
    }
    assert_rejected(&ledger, book("bob@example.org", "1"), &Rejection::OutOfRange);
    assert_rejected(&ledger, correct(1, 1, new_amount("1002")), &Rejection::OutOfRange);
    ledger.execute_one(book("bob@example.org", "0.10"));
}

#[test]
fn a_booking_after_the_last_reference_is_rejected() {
    let mut ledger = MemoryLedger::new();
    ledger.head.next_reference = 999_999_999_999_999_999;
    let outcomes =
        ledger.execute(&[submission(book("a@example.org", "1")), submission(book("b@example.org", "1"))]);
    assert_eq!(outcomes[1], Err(Rejection::OutOfRange));
    assert_eq!(ledger.payments.len(), 1);
}
